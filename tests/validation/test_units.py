import numpy as np
import pandas as pd
import pytest

from tilefold.storage.gathered import gather_tables
from tilefold.validation.summary import summarise_runs
from tilefold.validation.units import (
    ResamplingError,
    resampling_units,
    unit_kind,
    unit_words,
    with_units,
)

#: Polygons 1 and 2 are parts of one original, 3 shares its farm, 4 and 5 are another farm, 6 has no pixel.
SPLIT = pd.DataFrame(
    {
        "polygon": [1, 2, 3, 4, 5, 6],
        "group": [1, 1, 1, 2, 2, 3],
        "id": ["a", "a", "b", "c", "d", "e"],
        "group_id": ["farm", "farm", "farm", "yard", "yard", "e"],
    }
)
BLOCKS = {"kind": "block", "size_m": 100.0, "crs": "EPSG:32631"}


@pytest.fixture
def split(tmp_path):
    SPLIT.to_parquet(tmp_path / "split.parquet")
    return tmp_path / "split.parquet"


def partition(units):
    """Sets of polygons with one unit."""
    return {frozenset(part.index) for _, part in units.groupby(units)}


def sets(*parts):
    return {frozenset(part) for part in parts}


def test_polygons_keep_their_parts_and_groups_are_those_of_the_split(split):
    assert partition(resampling_units(split, {"kind": "polygon"})) == sets([1, 2], [3], [4], [5], [6])
    assert partition(resampling_units(split, {"kind": "group"})) == sets([1, 2, 3], [4, 5], [6])


def test_a_polygon_is_whole_in_the_block_of_its_mean(split, tmp_path):
    """The pixels of polygon 3 lie on both sides of x = 100, with their mean at 105; 1 and 2 in two tiles."""
    rows = {
        "west": [(1, 15.0, 5.0), (1, 25.0, 5.0), (3, 85.0, 5.0), (4, 115.0, 95.0)],
        "east": [(2, 95.0, 5.0), (3, 115.0, 5.0), (3, 115.0, 15.0), (5, 150.0, -5.0)],
    }
    paths = [tmp_path / f"{tile}.parquet" for tile in rows]
    for path, pixels in zip(paths, rows.values(), strict=True):
        pd.DataFrame(pixels, columns=["polygon", "x", "y"]).to_parquet(path, index=False)
    index = tmp_path / "index.parquet"
    gather_tables(paths, index)
    units = resampling_units(split, BLOCKS, index)
    assert partition(units) == sets([1, 2], [3, 4], [5])
    # Column 1, row 0 and column 1, row -1: the squares of the folds' blocks.
    assert units[3] - units[5] == 1
    # Feet: the same squares need other numbers.
    in_feet = resampling_units(split, {**BLOCKS, "crs": "EPSG:2225", "size_m": 100 * 1200 / 3937}, index)
    assert partition(in_feet) == partition(units)


def test_counts_say_what_their_units_are(split):
    counts = pd.DataFrame({"polygon": [3, 1], "pixels": [5, 6]})
    table = with_units(counts, resampling_units(split, {"kind": "group"}), {"kind": "group"})
    assert table["unit"].tolist() == [1, 1]
    assert unit_words([table, table]) == "group"
    assert (
        unit_words([with_units(counts, resampling_units(split, {"kind": "group"}), BLOCKS)]) == "100 m block"
    )
    with pytest.raises(ResamplingError, match="does not say"):
        unit_kind(counts)
    polygons = with_units(counts, resampling_units(split, {"kind": "polygon"}), {"kind": "polygon"})
    with pytest.raises(ResamplingError, match="differ"):
        unit_words([table, polygons])
    with pytest.raises(ResamplingError, match=r"1 predicted polygon\(s\).*first is 9"):
        with_units(pd.DataFrame({"polygon": [1, 9]}), resampling_units(split, {"kind": "group"}), BLOCKS)
    with pytest.raises(ResamplingError, match="no unit of resampling 'pixel'"):
        resampling_units(split, {"kind": "pixel"})
    with pytest.raises(ResamplingError, match="needs the index"):
        resampling_units(split, BLOCKS)


def summarised(folder, blocks, polygons, kind, rng):
    """Intervals of one class pair whose polygons are alike within blocks: `polygons` in each of `blocks`."""
    rows = []
    for block in range(blocks):
        share = np.clip(0.7 + 0.2 * rng.standard_normal(), 0, 1)
        for polygon in range(polygons):
            number, right = block * polygons + polygon, round(100 * share)
            unit = block if kind == BLOCKS else number
            for predicted, pixels in ((1, right), (2, 100 - right)):
                rows.append(("T", number, number, 1, "test", "T", False, predicted, pixels, unit))
    keys = [
        "tile",
        "polygon",
        "group",
        "code",
        "role",
        "cell",
        "held_out_pixel",
        "predicted",
        "pixels",
        "unit",
    ]
    counts = pd.DataFrame(rows, columns=keys)
    counts.attrs = {"unit": kind}
    counts.to_parquet(folder / "counts.parquet")
    pd.DataFrame({"code": [1, 2], "learn": [9, 9]}).to_csv(folder / "rates.csv", index=False)
    names = ("folds", "classes", "gaps", "folds_mean", "intervals", "confusion")
    settings = {
        "runs": [{"name": "all/seed_0", "fold": "all", "seed": 0, "held_out": []}],
        "classes": [{"code": code, "label": "x"} for code in (1, 2)],
        "nodata": 0,
        "bootstrap": {"replicates": 4000, "seed": 0},
    }
    summarise_runs(
        {"all/seed_0": folder / "counts.parquet"},
        {"all/seed_0": folder / "rates.csv"},
        settings,
        **{name: folder / f"{name}.csv" for name in names},
        matrices=folder / "matrices",
    )
    intervals = pd.read_csv(folder / "intervals.csv", dtype={"note": str}).fillna({"note": ""})
    shares = counts[counts["predicted"] == 1].groupby("polygon")["pixels"].sum().to_numpy() / 100
    folds = pd.read_csv(folder / "folds.csv")
    return intervals[intervals["metric"] == "oa"].iloc[0], shares, folds.iloc[0]


def test_blocks_of_alike_polygons_have_the_interval_of_a_mean_of_blocks(tmp_path):
    rng = np.random.default_rng(2)
    row, shares, folds = summarised(tmp_path, 30, 10, BLOCKS, rng)
    of_blocks = shares.reshape(30, 10).mean(axis=1)
    error = of_blocks.std(ddof=1) / np.sqrt(30)
    assert row["value"] == pytest.approx(shares.mean())
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * error, rel=0.06)
    assert (row["n_polygons"], row["unit"], row["note"]) == (30, "100 m block", "")
    # Scores by polygon and their number do not depend on what is resampled.
    assert folds["n_polygons"] == 300


def test_polygons_that_are_alike_have_too_narrow_an_interval(tmp_path):
    args = tmp_path, 30, 10
    blocks, _, _ = summarised(*args, BLOCKS, np.random.default_rng(2))
    polygons, _, _ = summarised(*args, {"kind": "polygon"}, np.random.default_rng(2))
    assert polygons["n_polygons"] == 300
    # Ten copies of each of 30 values: the standard error is too small by the root of 10.
    ratio = (blocks["high"] - blocks["low"]) / (polygons["high"] - polygons["low"])
    assert ratio == pytest.approx(np.sqrt(10), rel=0.1)


@pytest.mark.parametrize(
    ("blocks", "note"),
    [(4, "no interval: 4 block(s), at least 5 are needed"), (6, "optimistic: 6 blocks in all")],
)
def test_the_rules_count_what_is_resampled(tmp_path, blocks, note):
    row, _, _ = summarised(tmp_path, blocks, 10, BLOCKS, np.random.default_rng(0))
    assert row["note"] == note
    assert np.isnan(row["low"]) == (blocks < 5)
