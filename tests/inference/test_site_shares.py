"""Shares of classes of sites, counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tilefold.grids.grid import Grid
from tilefold.inference.site_shares import summarise_sites
from tilefold.storage.rasters import create_raster


def write(path: Path, values: list[list[int]]) -> Path:
    labels = np.array(values, np.uint8)
    grid = Grid("EPSG:32631", (10.0, 0.0, 500000.0, 0.0, -10.0, 4800000.0), *labels.shape)
    with create_raster(path, grid, dtype="uint8", nodata=0, descriptions=["c"], tags={}) as raster:
        raster.write(labels, 1)
    return path


def test_shares_by_hand(tmp_path: Path) -> None:
    sites = {
        "delta": {
            "all/seed_0": write(tmp_path / "a.tif", [[3, 3, 0], [5, 11, 3]]),
            "without_A/seed_0": write(tmp_path / "b.tif", [[0, 0, 0], [0, 0, 0]]),
        },
        "hills": {
            "all/seed_0": write(tmp_path / "c.tif", [[11]]),
            "without_A/seed_0": write(tmp_path / "d.tif", [[5]]),
        },
    }
    settings = {"codes": [3, 5, 11], "nodata": 0, "tiles": {"delta": "A", "hills": "B"}}
    summarise_sites(sites, settings, shares=tmp_path / "sites.csv")
    table = pd.read_csv(tmp_path / "sites.csv")
    assert table["site"].tolist() == ["delta"] * 8 + ["hills"] * 8
    assert table["tile"].tolist() == ["A"] * 8 + ["B"] * 8
    assert table["run"].tolist() == (["all/seed_0"] * 4 + ["without_A/seed_0"] * 4) * 2
    assert table["class"].fillna(-1).tolist() == [3, 5, 11, -1] * 4
    assert table["pixels"].tolist() == [3, 1, 1, 1, 0, 0, 0, 6, 0, 0, 1, 0, 0, 1, 0, 0]
    nothing = [np.nan] * 4
    expected = [0.6, 0.2, 0.2, np.nan, *nothing, 0, 0, 1, np.nan, 0, 1, 0, np.nan]
    np.testing.assert_allclose(table["share"], expected)
