"""Tiles in two UTM zones through the whole chain, each in its own, with one map."""

import numpy as np
import pandas as pd
import pytest
import rasterio
from engine import merged, run, workspace
from pyproj import Transformer

from tilefold.grids.ownership import Ownership, footprint_ring
from tilefold.simulation.dials import small
from tilefold.simulation.layout import tile_grids
from tilefold.simulation.scene import simulate_scene

CRS = "EPSG:2154"


@pytest.mark.slow
def test_two_zones_give_one_map_and_no_place_counts_twice(tmp_path, content):
    dials = small(second_crs="EPSG:32632", size=96, overlap=24)
    scene = simulate_scene(tmp_path / "scene", dials)
    tiles = list(dials.tiles)
    config = merged(
        content,
        {
            "tiles": {"train": tiles, "map": tiles},
            "folds": {"scheme": tiles[:1]},
            "maps": {"crs": CRS, "blend": True, "vector": "gpkg"},
            "classification": {"enable_probability_map": False, "enable_margin_map": False},
        },
    )
    work = tmp_path / "work"
    work.mkdir()
    run(work, workspace(work, tmp_path / "scene", config))
    results = work / "results"
    grids = tile_grids(dials)
    assert {grid.crs for grid in grids.values()} == {"EPSG:32631", "EPSG:32632"}
    rings = {tile: footprint_ring(grid, CRS) for tile, grid in grids.items()}
    ownership = Ownership(CRS, rings)
    for place, tile in enumerate(ownership.names):
        index = pd.read_parquet(results / "pools" / f"{tile}_index.parquet")
        x, y = grids[tile].centres(index["row"].to_numpy(), index["col"].to_numpy())
        x, y = Transformer.from_crs(grids[tile].crs, CRS, always_xy=True).transform(x, y)
        assert len(index) > 100
        assert (ownership.owners(x, y) == place).all()
    home = results / "maps" / "all" / "seed_0"
    with rasterio.open(home / "classification.tif") as raster:
        labels, transform = raster.read(1), raster.transform
        assert raster.crs.to_string() == CRS
    rows, cols = np.mgrid[: labels.shape[0], : labels.shape[1]]
    x, y = transform * (cols + 0.5, rows + 0.5)
    right, seen = [], np.zeros(labels.shape, bool)
    owner = ownership.owners(x, y)
    for place, tile in enumerate(ownership.names):
        there = Transformer.from_crs(CRS, grids[tile].crs, always_xy=True).transform(x, y)
        with rasterio.open(scene.truth_map(tile)) as raster:
            col, row = (np.floor(value).astype(int) for value in ~raster.transform * there)
            truth = raster.read(1)
        inside = (owner == place) & (row >= 0) & (row < 96) & (col >= 0) & (col < 96)
        right.append((labels[inside] == truth[row[inside], col[inside]]) & (labels[inside] > 0))
        seen |= inside
    # Pixels without any clear date apart, the map covers what the tiles cover, once.
    assert (labels > 0)[seen].mean() > 0.98
    assert not (labels > 0)[~seen].any()
    assert np.concatenate(right).mean() > 0.5
    assert len(pd.read_csv(home / "seams.csv")) >= 4
