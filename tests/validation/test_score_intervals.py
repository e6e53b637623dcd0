import numpy as np
import pandas as pd
import pytest

from tilefold.validation.fold_sides import FoldSide
from tilefold.validation.matrices import UnitCounts
from tilefold.validation.metrics import f1, overall_accuracy
from tilefold.validation.score_intervals import side_intervals

CODES = (1, 2, 5)


def side(rng, polygons, spread=0.12, common=(True, True, False)):
    """Polygons of 50 pixels of each class, the share of right ones drawn for each polygon."""
    classes = np.repeat(np.arange(3), polygons)
    share = np.clip(0.75 + spread * rng.standard_normal(len(classes)), 0.02, 0.98)
    right = rng.binomial(50, share)
    table = np.zeros((len(classes), 3), np.int64)
    table[np.arange(len(classes)), classes] = right
    table[np.arange(len(classes)), (classes + 1) % 3] = 50 - right
    units = UnitCounts(CODES, np.arange(len(classes)), classes, table, np.zeros(len(classes), np.int64))
    every = np.ones(3, bool)
    return FoldSide("all/seed_0", "all", 0, "in_area", units, every, np.array(common))


def rows(found, **key):
    return found[np.logical_and.reduce([found[name] == value for name, value in key.items()])]


def test_values_are_those_of_the_tables():
    given = side(np.random.default_rng(0), [12, 20, 7])
    found = side_intervals(given, replicates=1000, seed=0)
    assert rows(found, metric="oa")["value"].item() == overall_accuracy(given.units.matrix)
    by_class = rows(found, metric="f1").set_index("class")
    np.testing.assert_array_equal(by_class.loc[list(CODES), "value"], f1(given.units.matrix))
    assert by_class["n_polygons"].tolist() == [12, 20, 7]
    assert (found["low"] < found["value"]).all()
    assert (found["value"] < found["high"]).all()
    assert rows(found, metric="mean_f1_common")["n_polygons"].item() == 32


def test_few_polygons_give_a_reason_in_the_place_of_an_interval():
    found = side_intervals(side(np.random.default_rng(0), [3, 30, 8]), replicates=1000, seed=0)
    recall = rows(found, metric="recall").set_index("class")
    assert np.isnan(recall.loc[1, "low"])
    assert recall.loc[1, "note"] == "no interval: 3 polygon(s), at least 5 are needed"
    assert recall.loc[2, "note"] == ""
    assert recall.loc[5, "note"].startswith("optimistic: 8 polygons in all")
    whole = rows(found, metric="oa")
    assert whole["note"].item() == "optimistic: fewer than 5 polygons in class 1"


def test_a_perfect_class_has_no_interval_of_width_zero():
    given = side(np.random.default_rng(0), [20, 20, 20])
    given.units.predicted[:20] = [50, 0, 0]
    recall = rows(side_intervals(given, replicates=1000, seed=0), metric="recall").set_index("class")
    assert recall.loc[1, "value"] == 1
    assert pd.isna(recall.loc[1, ["low", "high"]]).all()
    assert "does not change" in recall.loc[1, "note"]


def test_intervals_of_recall_cover_the_truth():
    """With polygons whose shares differ, intervals over pixels cover far too rarely; these nearly as they say."""
    rng, trials = np.random.default_rng(4), 60
    large = side(rng, [4000] * 3)
    truth = large.units.matrix[0, 0] / large.units.matrix[0].sum()
    hits = binomial = 0
    for trial in range(trials):
        given = side(rng, [20] * 3)
        found = rows(side_intervals(given, replicates=1000, seed=trial), metric="recall").iloc[0]
        hits += found["low"] <= truth <= found["high"]
        error = 1.96 * np.sqrt(found["value"] * (1 - found["value"]) / 1000)
        binomial += abs(found["value"] - truth) <= error
    assert hits >= 51
    assert binomial < hits


def test_the_standard_deviation_of_recall_is_that_of_a_mean_of_polygons():
    given = side(np.random.default_rng(9), [40] * 3)
    found = rows(side_intervals(given, replicates=20000, seed=0), metric="recall").iloc[0]
    share = given.units.predicted[:40, 0] / 50
    width = 2 * 1.96 * share.std(ddof=1) / np.sqrt(40)
    assert found["high"] - found["low"] == pytest.approx(width, rel=0.04)


def test_no_pixel_gives_no_values():
    units = UnitCounts(CODES, *np.zeros((2, 0), np.int64), np.zeros((0, 3), np.int64), np.zeros(0, np.int64))
    nothing = np.zeros(3, bool)
    empty = FoldSide("all/seed_0", "all", 0, "in_area", units, nothing, nothing)
    found = side_intervals(empty, replicates=1000, seed=0)
    assert found["value"].isna().all()
    assert found["note"].str.startswith("no interval").all()
