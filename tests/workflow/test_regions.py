"""Two regions through the whole chain, one of which a fold has no samples of."""

import os
import re
import shutil

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from engine import engine, merged, planned, run, workspace, write_config
from netCDF4 import Dataset

from tilefold.inference.model import load_model
from tilefold.series.features import tensor
from tilefold.training.model_file import read_model_description

TILES = ["T31TCJ", "T31TCK"]
FOLD = f"without_{TILES[0]}"
#: What follows a change of regions, before the ends.
AFTER_REGIONS = {
    *("burn_regions", "split_polygons", "select_samples", "assemble_samples", "train_candidate"),
    *("select_model", "predict_samples", "validate_run", "score_distances", "measure_neighbours"),
    *("classify_chunk", "merge_chunks", "mosaic_tiles", "describe_map", "measure_seams"),
    *("summarise_runs", "summarise_candidates", "estimate_polygon_areas", "write_report"),
}


def bounds(scene, tile):
    with rasterio.open(next((scene / "sentinel2" / tile).rglob("*.tif"))) as dataset:
        return shapely.box(*dataset.bounds), dataset.crs


def write_regions(path, scene, width=60, **more):
    """`first` is the held-out tile's footprint, `rest` all else but a strip along one side."""
    first, crs = bounds(scene, TILES[0])
    both = shapely.union(first, bounds(scene, TILES[1])[0])
    left, bottom, right, top = both.bounds
    rest = shapely.box(left + width, bottom, right, top).difference(first)
    frame = geopandas.GeoDataFrame({"zone": ["rest", "first"], **more}, geometry=[rest, first], crs=crs)
    path.unlink(missing_ok=True)
    frame.to_crs("EPSG:4326").to_file(path)


@pytest.fixture(scope="module")
def regional(tmp_path_factory, scene, content):
    """A folder with a finished run of two regions, where the nearest model stands in; and its config."""
    folder = tmp_path_factory.mktemp("regional")
    changed = merged(
        content,
        {
            "tiles": {"train": TILES, "map": TILES},
            "regions": {"path": "{data}/regions.gpkg", "field": "zone", "fallback": "nearest"},
            "folds": {"scheme": TILES[:1]},
            "training": {"epochs": 4},
            "classification": {"number_of_chunks": 1},
        },
    )
    config = workspace(folder, scene, changed)
    write_regions(folder / "scene" / "regions.gpkg", folder / "scene")
    run(folder, config)
    return folder, changed


@pytest.fixture
def regional_copy(tmp_path, regional):
    folder, content = regional
    shutil.copytree(folder, tmp_path / "copy", symlinks=True)
    return tmp_path / "copy", content


def jobs(folder, content, changes):
    return planned(folder, write_config(folder / "changed.yaml", merged(content, changes)))


def rules(found):
    return {rule for rule, _ in found}


def numbers(results, tile, name=""):
    with rasterio.open(results / "regions" / f"{tile}{name}.tif") as dataset:
        return dataset.read(1)


def predicted(results, fold):
    return pd.read_parquet(results / "runs" / fold / "seed_0" / "predicted.parquet")


def model(results, fold, region):
    return results / "runs" / fold / "seed_0" / f"region_{region}" / "model.safetensors"


def test_every_pixel_is_in_a_region_or_in_none(regional):
    results = regional[0] / "results"
    assert set(np.unique(numbers(results, TILES[0]))) <= {1}
    assert set(np.unique(numbers(results, TILES[1]))) == {0, 1, 2}
    filled = numbers(results, TILES[1], "_filled")
    assert set(np.unique(filled)) == {1, 2}
    inside = numbers(results, TILES[1]) > 0
    np.testing.assert_array_equal(filled[inside], numbers(results, TILES[1])[inside])


def test_samples_are_drawn_where_they_lie(regional):
    results = regional[0] / "results"
    folder = results / "runs" / "all" / "seed_0"
    selection = pd.read_parquet(folder / "selection.parquet")
    for tile, rows in selection.groupby("tile"):
        places = pd.read_parquet(results / "pools" / f"{tile}_index.parquet").iloc[rows["pool_row"]]
        found = numbers(results, tile)[places["row"], places["col"]]
        assert (np.array(["", "first", "rest"])[found] == rows["region"].to_numpy()).all()
    rates = pd.read_csv(folder / "rates.csv").groupby("region")["taken"].sum()
    assert rates.to_dict() == selection["region"].value_counts().to_dict()
    assert min(rates) > 100
    for region in rates.index:
        with Dataset(folder / f"region_{region}" / "samples.nc") as samples:
            assert samples.dimensions["sample"].size == rates[region]


def test_a_region_without_samples_has_no_model(regional):
    results = regional[0] / "results"
    assert "untrained" not in read_model_description(model(results, "all", "first"))
    assert "untrained" not in read_model_description(model(results, FOLD, "rest"))
    assert read_model_description(model(results, FOLD, "first"))["untrained"] == "no learn sample"
    page = (results / "report" / "index.html").read_text()
    assert f"{FOLD}/seed_0: first (no learn pixel). The model of the nearest region" in page
    assert "all/seed_0, region rest" in page


def by_model(results, tile, path, rows):
    """Labels of pixels of a pool, by one model alone."""
    predictor = load_model(path, device="cpu")
    with Dataset(results / "pools" / f"{tile}.nc") as pool:
        pool.set_auto_maskandscale(False)
        values = tensor(pool["sentinel2"][:][rows], predictor.inputs["sentinel2"])
    return np.array(predictor.classes)[predictor.predict({"sentinel2": values}).argmax(axis=1)]


@pytest.mark.parametrize("fold", ["all", FOLD])
def test_pixels_are_predicted_by_their_regions_model_or_the_nearest(regional, fold):
    results = regional[0] / "results"
    table = predicted(results, fold)
    for tile, rows in table.groupby("tile"):
        index = pd.read_parquet(results / "pools" / f"{tile}_index.parquet").iloc[rows["pool_row"]]
        region = numbers(results, tile, "_filled")[index["row"], index["col"]]
        clear = index["clear_dates"].to_numpy() > 0
        assert clear.sum() > 50
        for number, name in ((1, "first"), (2, "rest")):
            mine = clear & (region == number)
            used = "rest" if fold == FOLD else name
            if mine.any():
                found = by_model(results, tile, model(results, fold, used), rows["pool_row"].to_numpy()[mine])
                np.testing.assert_array_equal(rows["predicted"].to_numpy()[mine], found)


def equals_map(results, fold, tile):
    rows = predicted(results, fold)
    rows = rows[rows["tile"] == tile]
    index = pd.read_parquet(results / "pools" / f"{tile}_index.parquet").iloc[rows["pool_row"]]
    for product, column in (("classification", "predicted"), ("confidence", "confidence")):
        path = results / "maps" / fold / "seed_0" / "tiles" / f"{tile}_{product}.tif"
        with rasterio.open(path) as dataset:
            np.testing.assert_array_equal(dataset.read(1)[index["row"], index["col"]], rows[column])
    return rows


def test_predicted_pixels_equal_the_map(regional):
    results = regional[0] / "results"
    for fold, tiles in (("all", TILES), (FOLD, TILES[:1])):
        for tile in tiles:
            assert len(equals_map(results, fold, tile)) > 50


def test_jobs_of_a_changed_fallback(regional):
    folder, content = regional
    ends = {"predict_samples", "validate_run", "classify_chunk", "merge_chunks", "mosaic_tiles"}
    ends |= {
        "describe_map",
        "measure_seams",
        "score_distances",
        "measure_neighbours",
        "estimate_polygon_areas",
        "summarise_runs",
        "summarise_candidates",
        "write_report",
    }
    assert rules(jobs(folder, content, {"regions": {"fallback": "none"}})) == ends
    found = jobs(folder, content, {"regions": {"fallback": "global"}})
    more = {"select_samples", "assemble_samples", "train_candidate", "select_model"}
    assert rules(found) == ends | more
    trained = {
        re.search(r"region=(\w+)", wildcards)[1] for rule, wildcards in found if rule == "select_model"
    }
    assert trained == {"first", "rest", "all"}


def test_without_regions_paths_are_as_ever(regional):
    folder, content = regional
    plain = {key: value for key, value in content.items() if key != "regions"}
    found = planned(folder, write_config(folder / "plain.yaml", {**plain, "results": "plain"}))
    assert not {"prepare_regions", "burn_regions", "fill_regions"} & rules(found)
    assert {wildcards for rule, wildcards in found if rule == "select_model"} == {
        f"fold={fold},region=all,seed=0" for fold in ("all", FOLD)
    }


def test_a_changed_file_of_regions_touches_no_series(regional):
    folder, _ = regional
    path = folder / "scene" / "regions.gpkg"
    before, times = path.read_bytes(), path.stat()
    try:
        write_regions(path, folder / "scene", width=80)
        found = planned(folder, folder / "config.yaml")
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert rules(found) == AFTER_REGIONS | {"prepare_regions", "fill_regions"}


def test_another_attribute_of_the_file_changes_nothing_after_the_regions(regional_copy):
    folder, _ = regional_copy
    write_regions(folder / "scene" / "regions.gpkg", folder / "scene", note=["x", "y"])
    done = run(folder, folder / "config.yaml", "regions")
    assert "prepare_regions" in done.stdout + done.stderr
    assert planned(folder, folder / "config.yaml") == set()


@pytest.mark.slow
def test_without_a_fallback_the_region_is_left_without_a_class(regional_copy):
    folder, content = regional_copy
    path = write_config(folder / "none.yaml", merged(content, {"regions": {"fallback": "none"}}))
    run(folder, path)
    results = folder / "results"
    rows = equals_map(results, FOLD, TILES[0])
    assert (rows["predicted"] == 0).all()
    table = pd.read_csv(results / "summary" / "folds.csv")
    row = table[(table["fold"] == FOLD) & (table["side"] == "out_of_area")].iloc[0]
    assert (row["n_nodata"], row["n_pixels"], row["oa_with_nodata"]) == (len(rows), 0, 0)
    with rasterio.open(
        results / "maps" / "all" / "seed_0" / "tiles" / f"{TILES[1]}_classification.tif"
    ) as dataset:
        outside = numbers(results, TILES[1]) == 0
        assert not dataset.read(1)[outside].any()
        assert dataset.read(1)[~outside].any()
    page = (results / "report" / "index.html").read_text()
    assert f"{FOLD}/seed_0: first (no learn pixel). The map has no class there" in page


def test_faults_are_told_before_any_job(regional):
    folder, content = regional
    changes = {"regions": {"field": "zonne"}}
    done = engine(folder, write_config(folder / "wrong.yaml", merged(content, changes)), "--dry-run")
    assert done.returncode != 0
    assert "has no field zonne; did you mean zone?" in done.stdout + done.stderr


def test_a_smooth_change_at_borders_trains_nothing_again(regional):
    folder, content = regional
    training = {"split_polygons", "select_samples", "assemble_samples", "train_candidate", "select_model"}
    found = jobs(folder, content, {"regions": {**content["regions"], "blend_m": 30.0}})
    assert rules(found) == (AFTER_REGIONS - training - {"burn_regions"}) | {"weigh_regions"}
