import numpy as np
import pandas as pd
import pytest

from tilefold.folds.split import split_polygons
from tilefold.folds.strata import regions_of_polygons
from tilefold.storage.rasters import create_raster
from tilefold.storage.tables import read_table

NAMES = ["east", "north", "west"]


@pytest.fixture
def rasters(tmp_path, grids):
    """West of x = 200 is `west` (3), from 200 on `east` (1); rows from 20 on are in no region."""
    paths = {}
    for tile, grid in grids.items():
        x, _ = grid.centres(np.zeros(grid.width, int), np.arange(grid.width))
        numbers = np.tile(np.where(x < 200, 3, 1).astype(np.uint8), (grid.height, 1))
        numbers[20:] = 0
        paths[tile] = tmp_path / f"regions_{tile}.tif"
        with create_raster(
            paths[tile], grid, dtype="uint8", nodata=0, descriptions=["region"], tags={}
        ) as dataset:
            dataset.write(numbers, 1)
    return paths


ROWS = [
    ("a", 1, (0, 0, 3, 2)),  # west
    ("b", 1, (17, 5, 5, 1)),  # 3 px west, 2 east
    ("c", 1, (18, 7, 4, 1)),  # 2 px each: the first by name
    ("d", 1, (50, 0, 4, 4)),  # east, in tile B
    ("e", 1, (0, 18, 1, 4)),  # 2 px west, 2 outside: the region before none
    ("f", 1, (0, 30, 2, 2)),  # outside
    ("g", 1, (80, 0, 2, 2)),  # in no tile
    ("h", 1, (32, 10, 5, 1)),  # astride the owners, each with its pixels
]


def test_the_region_of_most_owned_pixels(write_reference, grids, ownership, rasters):
    found = regions_of_polygons(write_reference(ROWS), grids, ownership, rasters, NAMES)
    assert found.to_dict() == {
        **{1: "west", 2: "west", 3: "east", 4: "east", 5: "west", 6: "", 8: "east"},
    }


def test_reference_outside_all_tiles(write_reference, grids, ownership, rasters):
    found = regions_of_polygons(write_reference([("a", 1, (90, 90, 2, 2))]), grids, ownership, rasters, NAMES)
    assert found.empty


def test_regions_are_strata_of_the_split(write_reference, grids, ownership, rasters, tmp_path):
    rows = [(f"w{n:02}", 1, (2 * (n % 6), n // 6, 2, 1)) for n in range(8)]
    rows += [(f"e{n:02}", 1, (20 + 2 * (n % 4), 5 + n // 4, 2, 1)) for n in range(8)]
    settings = {
        "seed": 0,
        "ratio": 0.75,
        "validation_ratio": 0.2,
        "imposed": "none",
        "field_values": {},
        "singletons": "learn",
        "fusion_holdout_ratio": 0.0,
        "regions": NAMES,
        "grids": {tile: grid.to_dict() for tile, grid in grids.items()},
        "ownership": ownership.to_dict(),
    }
    path = tmp_path / "split.parquet"
    split_polygons(write_reference(rows), settings, split=path, regions=rasters)
    table = read_table(path)
    assert table.columns[5] == "region"
    assert set(table["region"]) == {"east", "west"}
    assert (table["region"].str[0] == table["id"].str[0]).all()
    # 8 polygons: 2 test, 1 validation, 5 learn, in each region.
    counts = table.groupby(["region", "role"]).size()
    pd.testing.assert_series_equal(counts["east"], counts["west"])
    assert counts["east"].to_dict() == {"learn": 5, "test": 2, "validation": 1}
