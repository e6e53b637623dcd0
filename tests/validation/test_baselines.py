"""Baselines on the network's own pixels, against scikit-learn called by hand."""

import json

import numpy as np
import pandas as pd
import pytest
from netCDF4 import Dataset
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, cohen_kappa_score

from tilefold.storage.tables import read_table
from tilefold.validation.baselines import majority_class, predict_baselines, summarise_baselines
from tilefold.validation.summary import summarise_runs
from tilefold.validation.validate import count_pixels

INPUTS = {"soil": {"kind": "static", "bands": 2}}
CODES = [1, 2, 5]


def write_values(path, values, labels=None):
    with Dataset(path, "w") as dataset:
        dataset.createDimension("sample", len(values))
        dataset.createDimension("soil_band", 2)
        dataset.createVariable("soil", "f4", ("sample", "soil_band"), fill_value=False)[:] = values
        if labels is not None:
            dataset.inputs = json.dumps(INPUTS)
            dataset.createVariable("label", "i4", ("sample",), fill_value=False)[:] = labels


def signal(codes, rng):
    values = codes[:, None] + rng.normal(0, 0.8, (codes.size, 2))
    values[rng.random(codes.size) < 0.05, 1] = np.nan
    return values.astype(np.float32)


@pytest.fixture
def run(tmp_path):
    """Two regions' samples, pools of two tiles, and what a network made of their test pixels."""
    rng = np.random.default_rng(0)
    training = {}
    for region in ("east", "west"):
        labels = rng.choice(CODES, 200)
        training[region] = signal(labels, rng), labels
        write_values(tmp_path / f"{region}.nc", *training[region])
    tables, values = [], {}
    for tile in ("A", "B"):
        codes = rng.choice(CODES, 150)
        values[tile] = signal(codes, rng)
        write_values(tmp_path / f"{tile}.nc", values[tile])
        rows = np.sort(rng.choice(150, 90, replace=False))
        table = pd.DataFrame({"tile": tile, "pool_row": rows, "code": codes[rows], "polygon": rows // 5})
        tables.append(table.assign(predicted=rng.choice([0, *CODES], rows.size)))
    predicted = pd.concat(tables, ignore_index=True)
    predicted = predicted.assign(group=predicted["polygon"], role="test", cell="", held_out_pixel=False)
    predicted.to_parquet(tmp_path / "predicted.parquet")
    rates = {"region": ["east"] * 3 + ["west"] * 3, "code": CODES * 2, "learn": [3, 9, 9, 7, 1, 1]}
    pd.DataFrame(rates).to_csv(tmp_path / "rates.csv", index=False)
    return tmp_path, training, values, predicted


def predict(folder, name="counts.parquet", **changes):
    settings = {"seed": 3, "nodata": 0, "baselines": ["majority", "random_forest"], **changes}
    predict_baselines(
        [folder / "east.nc", folder / "west.nc"],
        folder / "predicted.parquet",
        folder / "rates.csv",
        {tile: folder / f"{tile}.nc" for tile in ("A", "B")},
        settings,
        counts=folder / name,
        jobs=changes.pop("jobs", 1),
    )
    return folder / name


def by_hand(training, values, predicted):
    features = np.concatenate([training["east"][0], training["west"][0]])
    labels = np.concatenate([training["east"][1], training["west"][1]])
    means = np.nanmean(features.astype(np.float64), axis=0)
    forest = RandomForestClassifier(100, random_state=3)
    forest.fit(np.where(np.isnan(features), means, features), labels)
    pixels = [values[tile][row] for tile, row in zip(predicted["tile"], predicted["pool_row"], strict=True)]
    return forest.predict(np.where(np.isnan(pixels), means, pixels))


def test_counts_are_those_of_scikit_learn(run):
    folder, training, values, predicted = run
    found = read_table(predict(folder))
    known = predicted["predicted"] != 0
    forest = np.where(known, by_hand(training, values, predicted), 0)
    for name, labels in (("random_forest", forest), ("majority", np.where(known, 1, 0))):
        expected = count_pixels(predicted.assign(predicted=labels))
        mine = found[found["model"] == name].drop(columns="model").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, expected)
    assert list(found["model"].unique()) == ["majority", "random_forest"]


def test_the_majority_is_counted_over_regions_and_the_lowest_code_of_equal_ones():
    # 1 and 2 have 10 samples each, 5 as well.
    rates = pd.DataFrame({"code": [5, 1, 2, 1], "learn": [10, 4, 10, 6]})
    assert majority_class(rates) == 1
    assert majority_class(rates.assign(learn=[11, 4, 10, 6])) == 5


def test_threads_change_no_byte(run):
    folder = run[0]
    assert predict(folder, "one.parquet").read_bytes() == predict(folder, "two.parquet", jobs=2).read_bytes()


def test_one_baseline_alone(run):
    found = read_table(predict(run[0], baselines=["majority"]))
    assert set(found["model"]) == {"majority"}


def test_scores_stand_beside_the_networks(run):
    folder, training, values, predicted = run
    counts = count_pixels(predicted)
    counts["unit"] = counts["group"]
    counts.attrs = {"unit": {"kind": "polygon"}}
    counts.to_parquet(folder / "network.parquet")
    settings = {
        "runs": [{"name": "all/seed_3", "fold": "all", "seed": 3, "held_out": []}],
        "classes": [{"code": code, "label": str(code)} for code in CODES],
        "nodata": 0,
        "bootstrap": {"replicates": 1000, "seed": 0},
    }
    rates = {"all/seed_3": folder / "rates.csv"}
    tables = ("folds", "classes", "gaps", "folds_mean", "intervals", "confusion")
    outputs = {name: folder / f"{name}.csv" for name in tables} | {"matrices": folder / "matrices"}
    summarise_runs({"all/seed_3": folder / "network.parquet"}, rates, settings, **outputs)
    summarise_baselines(
        {"all/seed_3": predict(folder)},
        rates,
        outputs["folds"],
        {**settings, "baselines": ["majority", "random_forest"]},
        baselines=folder / "baselines.csv",
    )
    table = pd.read_csv(folder / "baselines.csv").set_index("model")
    assert table.index.tolist() == ["network", "majority", "random_forest"]
    known = (predicted["predicted"] != 0).to_numpy()
    codes = predicted["code"][known]
    labels = {
        "network": predicted["predicted"][known],
        "majority": np.full(known.sum(), 1),
        "random_forest": by_hand(training, values, predicted)[known],
    }
    for name, mine in labels.items():
        assert table.loc[name, "oa"] == pytest.approx(accuracy_score(codes, mine))
        assert table.loc[name, "kappa"] == pytest.approx(cohen_kappa_score(codes, mine))
        assert table.loc[name, "n_nodata"] == (~known).sum()
        assert table.loc[name, "n_classes_common"] == 3
    assert table.loc["random_forest", "oa"] > table.loc["majority", "oa"]
