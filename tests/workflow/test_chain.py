"""What a finished run holds, compared with other ways of computing it."""

import json

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from engine import engine
from netCDF4 import Dataset
from rio_cogeo import cog_validate
from sklearn.metrics import cohen_kappa_score, f1_score

from tilefold.grids.windows import Window
from tilefold.plan.plan import Plan
from tilefold.plan.settings import rule_settings
from tilefold.series.features import tensor
from tilefold.series.stack import open_inputs
from tilefold.storage.whole import read_json


@pytest.fixture(scope="module")
def results(finished):
    return finished / "results"


@pytest.fixture(scope="module")
def plan(results):
    # Dry runs of other tests may have left theirs beside it.
    snapshot = min((results / "plan").glob("*.json"), key=lambda path: path.stat().st_mtime)
    return Plan.from_dict(read_json(snapshot))


@pytest.fixture(scope="module")
def folds(results):
    return pd.read_csv(results / "summary" / "folds.csv")


def predicted(results, fold):
    return pd.read_parquet(results / "runs" / fold / "seed_0" / "predicted.parquet")


def test_fold_table_has_every_side_of_every_fold(folds):
    sides = folds.groupby("fold")["side"].apply(set).to_dict()
    four = {"in_area", "out_of_area", "out_of_area_test", "reference"}
    assert sides == {
        "all": {"in_area"},
        "without_T31TCJ": four,
        "without_T31TCK": four,
        "pooled": {"pooled"},
    }


def test_metrics_are_those_of_scikit_learn(results, folds):
    pixels = predicted(results, "without_T31TCJ")
    pixels = pixels[pixels["held_out_pixel"] & (pixels["predicted"] != 0)]
    row = folds[(folds["fold"] == "without_T31TCJ") & (folds["side"] == "out_of_area")].iloc[0]
    present = sorted(pixels["code"].unique())
    assert row["n_pixels"] == len(pixels)
    assert row["n_polygons"] == pixels["group"].nunique()
    assert row["oa"] == pytest.approx((pixels["code"] == pixels["predicted"]).mean())
    assert row["kappa"] == pytest.approx(cohen_kappa_score(pixels["code"], pixels["predicted"]))
    expected = f1_score(pixels["code"], pixels["predicted"], labels=present, average="macro", zero_division=0)
    assert row["mean_f1"] == pytest.approx(expected)


def test_predicted_pixels_equal_the_map(results, plan):
    for fold in ("all", "without_T31TCJ"):
        pixels = predicted(results, fold)
        for tile in plan.run(fold, 0).map_tiles:
            index = pd.read_parquet(results / "pools" / f"{tile}_index.parquet")
            rows = pixels[pixels["tile"] == tile]
            places = index.iloc[rows["pool_row"]]
            for product, column in (("classification", "predicted"), ("confidence", "confidence")):
                path = results / "maps" / fold / "seed_0" / "tiles" / f"{tile}_{product}.tif"
                with rasterio.open(path) as dataset:
                    labels = dataset.read(1)[places["row"], places["col"]]
                clear = (places["clear_dates"] > 0).to_numpy()
                np.testing.assert_array_equal(labels[clear], rows[column].to_numpy()[clear])
            assert len(rows) > 50


def test_a_sampled_pixels_tensor_equals_its_tensor_in_a_chunk(results, plan):
    tile = "T31TDJ"
    settings = rule_settings(plan, "assemble_samples", {"fold": "all", "seed": "0", "region": "all"})
    spec = settings["inputs"]["sentinel2"]
    index = pd.read_parquet(results / "pools" / f"{tile}_index.parquet")
    with Dataset(results / "pools" / f"{tile}.nc") as pool:
        pool.set_auto_maskandscale(False)
        sampled = tensor(pool["sentinel2"][:], spec)
    series = {"sentinel2": results / "series" / tile / "sentinel2.tif"}
    clear = {"sentinel2": results / "series" / tile / "sentinel2_clear.tif"}
    with open_inputs(series=series, static={}, inputs={"sentinel2": spec}, clear=clear) as stack:
        window = Window(7, 40, 3, 50)
        chunk = tensor(stack.read(window)["sentinel2"], spec).reshape(33, 47, *sampled.shape[1:])
    inside = index["row"].between(7, 39) & index["col"].between(3, 49)
    places = index[inside]
    assert inside.sum() > 50
    np.testing.assert_array_equal(chunk[places["row"] - 7, places["col"] - 3], sampled[inside.to_numpy()])


def test_the_reference_sides_pixels_are_those_of_out_of_area_test(results, folds):
    for fold in ("without_T31TCJ", "without_T31TCK"):
        rows = folds[folds["fold"] == fold].set_index("side")
        for column in ("n_pixels", "n_polygons", "n_classes", "n_classes_common"):
            assert rows.loc["reference", column] == rows.loc["out_of_area_test", column]
        tile = fold.removeprefix("without_")
        key = ["tile", "pool_row"]
        own = predicted(results, fold)
        own = own[own["held_out_pixel"] & (own["role"] == "test")]
        of_all = predicted(results, "all")
        of_all = of_all[of_all["tile"] == tile]
        pd.testing.assert_frame_equal(own[key].reset_index(drop=True), of_all[key].reset_index(drop=True))


def test_canary_6_no_training_pixel_lies_in_the_held_out_footprint(results, plan):
    for tile in ("T31TCJ", "T31TCK"):
        footprint = shapely.Polygon(plan.ownership.rings[tile])
        run = results / "runs" / f"without_{tile}" / "seed_0"
        with Dataset(run / "region_all" / "samples.nc") as samples:
            x, y = samples["x"][:].data, samples["y"][:].data
        assert x.size > 100
        assert not shapely.intersects_xy(footprint, x, y).any()


def test_no_group_stands_on_both_sides(results):
    for tile in ("T31TCJ", "T31TCK"):
        run = results / "runs" / f"without_{tile}" / "seed_0"
        trained = set(pd.read_parquet(run / "selection.parquet")["group"])
        tested = set(predicted(results, f"without_{tile}")["group"])
        assert trained
        assert tested
        assert not trained & tested


def test_probabilities_sum_to_one_and_agree_with_labels(results, plan):
    folder = results / "maps" / "all" / "seed_0" / "tiles"
    with rasterio.open(folder / "T31TCJ_probabilities.tif") as dataset:
        probabilities = dataset.read().astype(int)
    with rasterio.open(folder / "T31TCJ_classification.tif") as dataset:
        labels = dataset.read(1)
    seen = labels != plan.nodata
    codes = np.array(plan.codes)
    assert np.abs(probabilities[:, seen].sum(axis=0) - 1000).max() <= len(codes) / 2
    best = probabilities[:, seen].max(axis=0)
    own = np.take_along_axis(probabilities[:, seen], np.searchsorted(codes, labels[seen])[None], axis=0)[0]
    np.testing.assert_array_equal(own, best)


def test_mosaic_is_a_cloud_optimised_map_with_colours(results, plan):
    path = results / "maps" / "all" / "seed_0" / "classification.tif"
    valid, errors, _ = cog_validate(path)
    assert valid, errors
    with rasterio.open(path) as dataset:
        assert dataset.nodata == plan.nodata
        colours = dataset.colormap(1)
        labels = dataset.read(1)
    for item in plan.classes:
        assert "#{:02x}{:02x}{:02x}".format(*colours[item.code][:3]) == item.colour.lower()
    assert set(np.unique(labels)) <= {plan.nodata, *plan.codes}


def test_the_map_is_nearer_to_the_truth_than_the_most_frequent_class(results, finished):
    with rasterio.open(
        results / "maps" / "all" / "seed_0" / "tiles" / "T31TCJ_classification.tif"
    ) as dataset:
        labels = dataset.read(1)
    with rasterio.open(finished / "scene" / "truth" / "T31TCJ.tif") as dataset:
        truth = dataset.read(1)
    frequent = np.bincount(truth.ravel()).max() / truth.size
    assert (labels == truth).mean() > frequent


def test_never_clear_pixels_are_nodata_to_the_end(results, plan):
    for tile in plan.mapped:
        with rasterio.open(results / "series" / tile / "sentinel2_clear.tif") as dataset:
            never = dataset.read(1) == 0
        with rasterio.open(
            results / "maps" / "all" / "seed_0" / "tiles" / f"{tile}_classification.tif"
        ) as data:
            np.testing.assert_array_equal(data.read(1) == plan.nodata, never)


def test_products_carry_their_settings_and_no_clock(results):
    with rasterio.open(results / "series" / "T31TCJ" / "sentinel2.tif") as dataset:
        tags = dataset.tags()
    assert len(tags["tilefold_settings"]) == 16
    assert "TIFFTAG_DATETIME" not in tags


def test_the_report_tells_every_fold_and_needs_nothing_else(results):
    page = (results / "report" / "index.html").read_text()
    for fold in ("without_T31TCJ", "without_T31TCK", "pooled"):
        assert fold in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "<script src" not in page


def test_the_engines_own_report_can_be_made(finished):
    done = engine(finished, finished / "config.yaml", "--report", "engine_report.html")
    assert done.returncode == 0, done.stderr[-2000:]
    assert (finished / "engine_report.html").stat().st_size > 10_000


def test_model_file_says_all_that_is_needed_to_use_it(results, plan):
    from safetensors import safe_open

    with safe_open(
        results / "runs" / "all" / "seed_0" / "region_all" / "model.safetensors", "numpy"
    ) as model:
        said = json.loads(model.metadata()["tilefold"])
    assert said["classes"] == plan.codes
    assert said["inputs"]["sentinel2"]["dates"] == plan.calendars["sentinel2"]
    assert {"mean", "var"} <= set(said["statistics"]["sentinel2"])
