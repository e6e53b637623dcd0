"""Seams between shifted tiles through the whole chain, with and without blending."""

import numpy as np
import pandas as pd
import pytest
import rasterio
from engine import merged, run, workspace, write_config

from tilefold.simulation.dials import small
from tilefold.simulation.paths import scene_paths
from tilefold.simulation.scene import simulate_scene

TILES = ["T31TCJ", "T31TCK", "T31TDJ", "T31TDK"]


@pytest.fixture(scope="module")
def maps(tmp_path_factory, content):
    """Labels and seams of the map of a scene whose tiles differ, by whether it is blended; and the scene."""
    base = tmp_path_factory.mktemp("seams")
    simulate_scene(base / "scene", small(shift=2.0, size=128, overlap=40))
    config = merged(
        content,
        {
            "tiles": {"train": TILES, "map": TILES},
            "folds": {"scheme": "none"},
            "classification": {"enable_probability_map": False},
        },
    )
    folder = base / "work"
    folder.mkdir()
    path = workspace(folder, base / "scene", config)
    found = {}
    for blend in (False, True):
        path = write_config(folder / "config.yaml", merged(config, {"maps": {"blend": blend}}))
        run(folder, path, "maps")
        home = folder / "results" / "maps" / "all" / "seed_0"
        with rasterio.open(home / "classification.tif") as raster:
            found[blend] = raster.read(1), raster.bounds, pd.read_csv(home / "seams.csv")
        assert not (home / "probabilities.tif").exists()
    return found, base / "scene"


def accuracy(scene, labels, bounds):
    """Share of right pixels by the truth of all tiles."""
    right = []
    for tile in TILES:
        with rasterio.open(scene_paths(scene).truth_map(tile)) as raster:
            truth, box = raster.read(1), raster.bounds
        top, left = round((bounds.top - box.top) / 10), round((box.left - bounds.left) / 10)
        found = labels[top : top + truth.shape[0], left : left + truth.shape[1]]
        right.append((found == truth)[truth > 0])
    return np.concatenate(right).mean()


def seam(table):
    """Excess of changes on all tile lines together."""
    line = (table["line_share"] * table["line_pairs"]).sum() / table["line_pairs"].sum()
    inside = (table["inside_share"] * table["inside_pairs"]).sum() / table["inside_pairs"].sum()
    return line / inside


@pytest.mark.slow
def test_blending_lowers_the_seam_and_not_the_accuracy(maps):
    found, scene = maps
    before, after = (seam(found[blend][2]) for blend in (False, True))
    assert before > 1.1
    assert abs(after - 1) < abs(before - 1)
    assert accuracy(scene, *found[True][:2]) >= accuracy(scene, *found[False][:2]) - 0.001


@pytest.mark.slow
def test_the_overlaps_are_compared_on_what_each_tile_sees(maps):
    found, _ = maps
    one, other = (found[blend][2] for blend in (False, True))
    pd.testing.assert_frame_equal(
        one[["overlap_pixels", "overlap_share"]], other[["overlap_pixels", "overlap_share"]]
    )
    assert (one["overlap_share"] > 0.02).any()
