"""Sentinel-2, Sentinel-1, elevation and a user's feature together, through the whole chain."""

import json

import numpy as np
import pandas as pd
import pytest
import rasterio
from engine import merged, run, workspace
from netCDF4 import Dataset
from safetensors import safe_open

from tilefold.simulation.dials import small
from tilefold.simulation.scene import simulate_scene

TILES = ["T31TCJ", "T31TCK"]
RADAR = ["sentinel1_desvv", "sentinel1_desvh"]
FUNCTIONS = '''
from tilefold.series.labels import I2Label


def ratio(self):
    """Mean of the year of VV less VH, in hundredths of a decibel."""
    difference = self.get_interpolated_Sentinel1_DES_vv() - self.get_interpolated_Sentinel1_DES_vh()
    return difference.mean(axis=2)[:, :, None], [I2Label("radar", "ratio")]
'''


@pytest.fixture(scope="module")
def results(tmp_path_factory, content):
    """Results of a run with one fold."""
    folder = tmp_path_factory.mktemp("two")
    scene = tmp_path_factory.mktemp("scene") / "scene"
    simulate_scene(scene, small(tiles=TILES, sensors=("sentinel2", "sentinel1"), dem=True))
    sensors = {"sentinel2": {"path": "{data}/sentinel2"}}
    sensors |= {name: {"path": "{data}/sentinel1", "step": 45} for name in RADAR}
    changes = {
        "tiles": {"train": TILES, "map": TILES},
        "sensors": sensors,
        "user_features": {"dem": {"path": "{data}/dem/{tile}.tif"}},
        "external_features": {"module": "my_features.py", "functions": ["ratio"]},
        "folds": {"scheme": TILES[:1]},
        "training": {"epochs": 3},
        "classification": {"number_of_chunks": 1},
    }
    config = workspace(folder, scene, merged(content, changes))
    (folder / "my_features.py").write_text(FUNCTIONS)
    run(folder, config)
    return folder / "results"


def test_the_network_gets_every_input(results):
    model = results / "runs" / "all" / "seed_0" / "region_all" / "model.safetensors"
    with safe_open(model, "numpy") as opened:
        said = json.loads(opened.metadata()["tilefold"])
    assert list(said["inputs"]) == ["sentinel2", *RADAR, "dem", "radar"]
    assert len(said["inputs"]["sentinel2"]["dates"]) == 13
    assert len(said["inputs"][RADAR[0]]["dates"]) == 9
    assert set(said["statistics"]) == set(said["inputs"])


def test_samples_hold_what_the_rasters_hold(results):
    tile = TILES[1]
    index = pd.read_parquet(results / "pools" / f"{tile}_index.parquet")
    rows, cols = index["row"], index["col"]
    with Dataset(results / "pools" / f"{tile}.nc") as pool:
        pool.set_auto_maskandscale(False)
        stored = {name: pool[name][:] for name in (*RADAR, "dem", "radar")}
    for name in RADAR:
        with rasterio.open(results / "series" / tile / f"{name}.tif") as dataset:
            np.testing.assert_array_equal(stored[name][:, :, 0], dataset.read()[:, rows, cols].T)
    with rasterio.open(results.parent / "scene" / "dem" / f"{tile}.tif") as dataset:
        np.testing.assert_array_equal(stored["dem"][:, 0], dataset.read(1)[rows, cols])
    difference = stored[RADAR[0]][:, :, 0].astype(float) - stored[RADAR[1]][:, :, 0]
    np.testing.assert_allclose(stored["radar"][:, 0], difference.mean(axis=1), rtol=1e-6)
    assert difference.std() > 10


def test_every_fold_is_mapped_and_scored(results):
    folds = pd.read_csv(results / "summary" / "folds.csv")
    assert set(folds["fold"]) == {"all", f"without_{TILES[0]}", "pooled"}
    assert folds["oa"].notna().all()
    with rasterio.open(results / "maps" / "all" / "seed_0" / "classification.tif") as dataset:
        assert len(np.unique(dataset.read(1))) > 4
