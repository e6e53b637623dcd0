"""A run on raw series: acquisitions of different dates, nothing filled, missing values left to the network."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import rasterio
from engine import merged, run, workspace

from tilefold.plan.plan import Plan
from tilefold.storage.whole import read_json

pytestmark = pytest.mark.slow
TILES = ["T31TCJ", "T31TCK"]


@pytest.fixture(scope="module")
def results(tmp_path_factory, scene, content):
    """Results of a fold whose held-out tile has dates that no training tile has."""
    folder = tmp_path_factory.mktemp("raw")
    changes = {
        "tiles": {"train": TILES, "map": TILES},
        "calendar": {"method": "raw", "start": "2018-03-01", "end": "2018-09-30"},
        "folds": {"scheme": TILES[:1]},
        "training": {"epochs": 3},
        "classification": {"number_of_chunks": 1, "enable_probability_map": False},
    }
    config = workspace(folder, scene, merged(content, changes))
    for tile, parity in zip(TILES, (0, 1), strict=True):
        for product in sorted((folder / "scene" / "sentinel2" / tile).glob("SENTINEL2*_L2A_*"))[parity::3]:
            shutil.rmtree(product)
    run(folder, config, "validation", "maps")
    return folder / "results"


@pytest.fixture(scope="module")
def plan(results):
    return Plan.from_dict(read_json(next((results / "plan").glob("*.json"))))


def test_the_calendar_is_the_union_of_the_tiles_dates(results, plan):
    dates = {tile: {item["date"] for item in plan.products[tile]["sentinel2"]} for tile in TILES}
    inside = {tile: {d for d in found if "2018-03-01" <= d <= "2018-09-30"} for tile, found in dates.items()}
    assert plan.calendars["sentinel2"] == sorted(set.union(*inside.values()))
    assert all(found < set(plan.calendars["sentinel2"]) for found in inside.values())
    for tile, found in inside.items():
        with rasterio.open(results / "series" / tile / "sentinel2.tif") as dataset:
            seen = {
                name[-8:]
                for name, band in zip(dataset.descriptions, dataset.read(), strict=True)
                if (band > -32768).any()
            }
        assert seen <= {day.replace("-", "") for day in found}


def test_statistics_leave_missing_values_out(results, plan):
    held = "without_T31TCJ"
    folder = results / "runs" / held / "seed_0" / "region_all"
    mean = json.loads((folder / "statistics.json").read_text())["sentinel2"]["mean"]
    dates = plan.calendars["sentinel2"]
    known = [value is not None for value in mean[:: len(mean) // len(dates)]]
    trained = {item["date"] for item in plan.products["T31TCK"]["sentinel2"]}
    assert any(known)
    assert all(date in trained for date, found in zip(dates, known, strict=True) if found)
    assert not all(known)


@pytest.mark.parametrize("fold", ["all", "without_T31TCJ"])
def test_predicted_pixels_equal_the_map(results, plan, fold):
    pixels = pd.read_parquet(results / "runs" / fold / "seed_0" / "predicted.parquet")
    compared = 0
    for tile in plan.run(fold, 0).map_tiles:
        index = pd.read_parquet(results / "pools" / f"{tile}_index.parquet")
        rows = pixels[pixels["tile"] == tile]
        places = index.iloc[rows["pool_row"]]
        for product, column in (("classification", "predicted"), ("confidence", "confidence")):
            path = results / "maps" / fold / "seed_0" / "tiles" / f"{tile}_{product}.tif"
            with rasterio.open(path) as dataset:
                mapped = dataset.read(1)[places["row"], places["col"]]
            np.testing.assert_array_equal(mapped, rows[column])
        compared += len(rows)
    assert compared > 50
