"""Maps of three seeds, fused and scored, through the whole chain."""

import numpy as np
import pandas as pd
import pytest
import rasterio
from engine import merged, run, workspace
from netCDF4 import Dataset

from tilefold.inference.database import predict_database
from tilefold.validation.matrices import read_otb_matrix

TILES = ["T31TCJ", "T31TCK"]
SEEDS = [0, 1, 2]
METHODS = ["majority", "probability", "dempster_shafer"]
FOLD = f"without_{TILES[0]}"


@pytest.fixture(scope="module")
def results(tmp_path_factory, scene, content):
    """Results of three seeds of two tiles, one of which is held out."""
    folder = tmp_path_factory.mktemp("fusion")
    changed = merged(
        content,
        {
            "tiles": {"train": TILES, "map": TILES},
            "folds": {"scheme": TILES[:1]},
            "split": {"seeds": SEEDS},
            "fusion": {"methods": METHODS},
            "training": {"epochs": 4},
            "classification": {"number_of_chunks": 1, "enable_probability_map": False},
        },
    )
    run(folder, workspace(folder, scene, changed), "maps")
    return folder / "results"


def labels(path):
    with rasterio.open(path) as raster:
        return raster.read(1)


def trained(results, fold):
    tables = [pd.read_parquet(results / "runs" / fold / f"seed_{seed}" / "roles.parquet") for seed in SEEDS]
    return set().union(*(set(t.loc[t["role"].isin(["learn", "validation"]), "polygon"]) for t in tables))


@pytest.mark.slow
@pytest.mark.parametrize("fold", ["all", FOLD])
def test_the_majority_is_that_of_the_maps(results, fold):
    maps = np.stack([labels(results / "maps" / fold / f"seed_{s}" / "classification.tif") for s in SEEDS])
    fused = labels(results / "maps" / fold / "fused" / "majority.tif")
    two = (maps[0] == maps[1]) | (maps[0] == maps[2])
    expected = np.where(two, maps[0], np.where(maps[1] == maps[2], maps[1], maps[0]))
    known = (maps > 0).all(axis=0)
    np.testing.assert_array_equal(fused[known], expected[known])
    ties = pd.read_csv(results / "maps" / fold / "fused" / "majority_ties.csv").iloc[0]
    one = (maps[0] != maps[1]) & (maps[0] != maps[2]) & (maps[1] != maps[2])
    assert ties["tied"] == (one & known).sum() > 0
    assert (results / "maps" / "all" / "seed_0" / "probabilities.tif").exists()


@pytest.mark.slow
@pytest.mark.parametrize("fold", ["all", FOLD])
def test_scores_are_of_polygons_that_no_seed_trained_on(results, fold):
    table = pd.read_csv(results / "validation" / fold / "fused.csv").set_index("map")
    assert list(table.index) == [*METHODS, "seed_0", "seed_1", "seed_2"]
    tiles = TILES if fold == "all" else TILES[:1]
    indexes = pd.concat([pd.read_parquet(results / "pools" / f"{tile}_index.parquet") for tile in tiles])
    kept = indexes[~indexes["polygon"].isin(trained(results, fold))]
    assert set(table["n_pixels"] + table["n_nodata"]) == {len(kept)}
    with rasterio.open(results / "maps" / fold / "fused" / "dempster_shafer.tif") as raster:
        found = np.array([int(value[0]) for value in raster.sample(zip(kept["x"], kept["y"], strict=True))])
    seen = found > 0
    expected = (found == kept["code"].to_numpy())[seen].mean()
    assert table.loc["dempster_shafer", "oa"] == pytest.approx(expected)


@pytest.mark.slow
def test_in_a_fold_all_of_the_held_out_tile_is_scored(results):
    index = pd.read_parquet(results / "pools" / f"{TILES[0]}_index.parquet")
    table = pd.read_csv(results / "validation" / FOLD / "fused.csv")
    assert (table["n_pixels"] + table["n_nodata"] == len(index)).all()


@pytest.mark.slow
def test_polygons_are_kept_apart_for_the_score(results):
    splits = [pd.read_parquet(results / "split" / f"seed_{seed}.parquet") for seed in SEEDS]
    kept = [set(split.loc[split["role"] == "fusion_test", "polygon"]) for split in splits]
    assert kept[0] == kept[1] == kept[2]
    assert kept[0]


@pytest.mark.slow
def test_masses_come_from_the_validation_samples(results, tmp_path):
    home = results / "runs" / "all" / "seed_1" / "region_all"
    predict_database(home / "model.safetensors", home / "samples.nc", tmp_path / "table.csv", device="cpu")
    table = pd.read_csv(tmp_path / "table.csv")
    with Dataset(home / "samples.nc") as samples:
        table = table[samples["role"][:] == 1]
    codes = pd.read_csv(results.parent / "scene" / "nomenclature.csv")["code"].sort_values().tolist()
    found = read_otb_matrix(results / "validation" / "all" / "seed_1" / "validation_matrix.csv", codes)
    expected = pd.crosstab(table["label"], table["predicted"]).reindex(
        index=codes, columns=codes, fill_value=0
    )
    np.testing.assert_array_equal(found, expected.to_numpy())
    assert found.sum() == len(table) > 20
