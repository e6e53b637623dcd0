"""A run with indices, expressions, a static raster and external features of every kind."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import rasterio
from engine import ROOT, engine, merged, planned, run, write_config
from netCDF4 import Dataset
from safetensors import safe_open

from tilefold.grids.windows import Window
from tilefold.plan.plan import Plan
from tilefold.plan.settings import rule_settings
from tilefold.series.features import input_tensor
from tilefold.series.inputs import component_names
from tilefold.series.stack import open_inputs
from tilefold.storage.samples import stored_variables
from tilefold.storage.whole import read_json

TILES = ["T31TCJ", "T31TCK"]
STATIC = "scene/truth/{tile}.tif"
MODULE = "my_features.py"
FUNCTIONS = [
    "red_edge_slope",
    {"name": "greenness_rise", "parameters": {"smallest": 0.02}},
    "season",
    "times_seen",
    "smoothed_nir",
]


@pytest.fixture(scope="module")
def chosen(content):
    """The config of the runs."""
    changes = {
        "tiles": {"train": TILES, "map": TILES},
        "features": {"sentinel2": ["ndvi", "NDVI705", {"name": "ratio", "expression": "B8 / red"}]},
        "user_features": {"known": {"path": STATIC, "resampling": "nearest"}},
        "external_features": {"module": MODULE, "functions": FUNCTIONS, "margin": 1},
        "folds": {"scheme": "none"},
        "training": {"epochs": 2},
    }
    return merged(content, changes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, scene, chosen):
    """A folder with a finished run."""
    folder = tmp_path_factory.mktemp("external")
    shutil.copytree(scene, folder / "scene")
    shutil.copy(ROOT / "config" / "examples" / "external_features.py", folder / MODULE)
    run(folder, write_config(folder / "config.yaml", chosen))
    return folder


@pytest.fixture(scope="module")
def plan(folder):
    (snapshot,) = (folder / "results" / "plan").glob("*.json")
    return Plan.from_dict(read_json(snapshot))


@pytest.fixture(scope="module")
def inputs(plan):
    wildcards = {"fold": "all", "seed": "0", "region": "all"}
    return rule_settings(plan, "assemble_samples", wildcards)["inputs"]


def test_the_network_has_every_input(folder, inputs):
    model = folder / "results" / "runs" / "all" / "seed_0" / "region_all" / "model.safetensors"
    with safe_open(model, "numpy") as file:
        said = json.loads(file.metadata()["tilefold"])
    assert said["inputs"] == inputs
    assert list(inputs) == ["sentinel2", "known", "rise", "season"]
    assert component_names(inputs["sentinel2"])[-4:] == ["ndvi", "NDVI705", "ratio", "slope"]
    assert component_names(inputs["season"]) == ["least", "greatest", "seen", "smoothed"]
    statistics = said["statistics"]
    dates = len(inputs["sentinel2"]["dates"])
    assert len(statistics["sentinel2"]["mean"]) == dates * 14
    assert len(statistics["rise"]["mean"]) == dates - 1
    assert len(statistics["season"]["mean"]) == 4


def test_a_sampled_pixels_tensors_equal_its_tensors_in_a_chunk(folder, plan, inputs):
    tile, results = "T31TCK", folder / "results"
    index = pd.read_parquet(results / "pools" / f"{tile}_index.parquet")
    with Dataset(results / "pools" / f"{tile}.nc") as pool:
        pool.set_auto_maskandscale(False)
        stored = {name: pool[name][:] for name in stored_variables(inputs)}
    series = {"sentinel2": results / "series" / tile / "sentinel2.tif"}
    static = {"known": folder / STATIC.format(tile=tile)}
    external = results / "external_features" / f"{tile}.tif"
    window = Window(7, 40, 3, 50)
    with open_inputs(series=series, static=static, inputs=inputs, external=external) as stack:
        values = stack.read(window)
    inside = (index["row"].between(7, 39) & index["col"].between(3, 49)).to_numpy()
    assert inside.sum() > 50
    rows, cols = index["row"][inside] - 7, index["col"][inside] - 3
    for name, spec in inputs.items():
        sampled = input_tensor(stored, name, spec)[inside]
        chunk = input_tensor(values, name, spec).reshape(33, 47, *sampled.shape[1:])[rows, cols]
        np.testing.assert_array_equal(chunk, sampled, strict=True)
        assert np.isfinite(sampled).mean() > 0.5, name


def test_the_example_functions_have_the_values_of_their_formulas(folder, inputs):
    tile, results = "T31TCK", folder / "results"
    bands, dates = inputs["sentinel2"]["bands"], inputs["sentinel2"]["dates"]
    with rasterio.open(results / "series" / tile / "sentinel2.tif") as raster:
        stored = raster.read().reshape(len(dates), len(bands), raster.height, raster.width)
    series = np.where(stored == -32768, np.nan, stored)
    with rasterio.open(results / "series" / tile / "sentinel2_clear.tif") as raster:
        clear = raster.read(1)
    with rasterio.open(results / "external_features" / f"{tile}.tif") as raster:
        found = dict(zip(raster.descriptions, raster.read(), strict=True))
    date = dates[3].replace("-", "")
    slope = series[3, bands.index("B6")] - series[3, bands.index("B5")]
    np.testing.assert_array_equal(found[f"sentinel2 slope {date}"], slope)
    np.testing.assert_array_equal(found["season least"], series[:, bands.index("B8")].min(axis=0))
    days = {
        product.name.split("_")[1][:8]
        for tile in TILES
        for product in (folder / "scene" / "sentinel2" / tile).iterdir()
    }
    own = {product.name.split("_")[1][:8] for product in (folder / "scene" / "sentinel2" / tile).iterdir()}
    assert own < days
    np.testing.assert_allclose(found["season seen"], clear / len(own), rtol=1e-6)


def test_predicted_pixels_equal_the_map(folder):
    results = folder / "results"
    pixels = pd.read_parquet(results / "runs" / "all" / "seed_0" / "predicted.parquet")
    for tile in TILES:
        rows = pixels[pixels["tile"] == tile]
        places = pd.read_parquet(results / "pools" / f"{tile}_index.parquet").iloc[rows["pool_row"]]
        with rasterio.open(
            results / "maps" / "all" / "seed_0" / "tiles" / f"{tile}_classification.tif"
        ) as map_:
            labels = map_.read(1)[places["row"], places["col"]]
        clear = (places["clear_dates"] > 0).to_numpy()
        assert clear.sum() > 50
        np.testing.assert_array_equal(labels[clear], rows["predicted"].to_numpy()[clear])


AFTER = {
    "extract_pool",
    "gather_indexes",
    "select_samples",
    "assemble_samples",
    "train_candidate",
    "select_model",
    "predict_samples",
    "validate_run",
    "classify_chunk",
    "merge_chunks",
    "mosaic_tiles",
    "describe_map",
    "measure_seams",
    "summarise_runs",
    "summarise_candidates",
    "estimate_polygon_areas",
    "write_report",
}


def rules(folder, content):
    return {rule for rule, _ in planned(folder, write_config(folder / "changed.yaml", content))}


def test_nothing_changed_nothing_to_do(folder, chosen):
    done = engine(folder, folder / "config.yaml", "--dry-run")
    assert "Nothing to be done" in done.stdout + done.stderr


def test_a_changed_function_computes_its_features_and_all_after_again(folder, chosen):
    module = folder / MODULE
    before = module.read_text()
    try:
        module.write_text("# A comment.\n" + before)
        assert rules(folder, chosen) == set()
        module.write_text(before.replace("nir.min(axis=2)", "np.median(nir, axis=2)"))
        assert rules(folder, chosen) == {"compute_external_features"} | AFTER
    finally:
        module.write_text(before)


def test_a_changed_parameter_computes_the_features_and_all_after_again(folder, chosen):
    functions = [
        {"name": "greenness_rise", "parameters": {"smallest": 0.5}} if isinstance(f, dict) else f
        for f in FUNCTIONS
    ]
    changed = merged(chosen, {"external_features": {"functions": functions}})
    assert rules(folder, changed) == {"compute_external_features"} | AFTER


def test_without_external_features_none_are_computed(folder, chosen):
    content = {key: value for key, value in chosen.items() if key != "external_features"}
    assert rules(folder, content) == AFTER


def test_expressions_are_features_of_samples_and_not_of_pools(folder, chosen):
    changed = merged(
        chosen, {"features": {"sentinel2": ["ndvi", "NDVI705", {"name": "ratio", "expression": "B8 / B3"}]}}
    )
    assert rules(folder, changed) == AFTER - {"extract_pool", "gather_indexes", "select_samples"}


def refused(folder, content):
    done = engine(folder, write_config(folder / "bad.yaml", content), "--dry-run")
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Building DAG" not in text
    assert "Traceback" not in text
    return text


def test_functions_that_fail_are_told_before_any_job(folder, chosen):
    (folder / "bad_features.py").write_text(
        "def f(self):\n    return self.get_interpolated_Sentinel2_B9(), []\n"
    )
    changes = {"external_features": {"module": "bad_features.py", "functions": ["f"]}}
    text = refused(folder, merged(chosen, changes))
    assert "bad_features.py: function f on a made-up block" in text
    assert "line 2: AttributeError: there is no accessor get_interpolated_Sentinel2_B9" in text


def test_unknown_indices_and_bands_are_told_before_any_job(folder, chosen):
    features = {"sentinel2": ["evi", {"name": "ratio", "expression": "B8 / B9"}]}
    text = refused(folder, merged(chosen, {"features": features, "external_features": {"module": "none.py"}}))
    for part in ("no feature evi (did you mean EVI", "names B9, which is no band", "no file none.py"):
        assert part in text, text
