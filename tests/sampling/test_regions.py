"""Selection by regions: pixels train where they lie, counts are per region and class."""

import numpy as np
import pandas as pd
import pytest

from tilefold.sampling.selection import SelectionError
from tilefold.storage.rasters import create_raster
from tilefold.storage.tables import read_table

NAMES = ["east", "west"]


@pytest.fixture
def prepared(world):
    """West of x = 400 is `west` (2), from 600 on `east` (1), nothing between."""
    reference = world.write_reference(world.random_rows())
    rasters = {}
    for tile, grid in world.grids.items():
        x, _ = grid.centres(np.zeros(grid.width, int), np.arange(grid.width))
        numbers = np.where(x < 400, 2, np.where(x > 600, 1, 0)).astype(np.uint8)
        rasters[tile] = world.path("regions", f"{tile}.tif")
        with create_raster(
            rasters[tile], grid, dtype="uint8", nodata=0, descriptions=["region"], tags={}
        ) as dataset:
            dataset.write(np.tile(numbers, (grid.height, 1)), 1)
    return world, world.split(reference), world.indexes(reference), rasters


def available(indexes, roles):
    """Pixels that may train, with their region, by plain joins."""
    tables = [read_table(path).assign(tile=tile) for tile, path in indexes.items()]
    table = pd.concat([table.assign(pool_row=range(len(table))) for table in tables])
    table = table.merge(roles[["polygon", "role"]], on="polygon")
    table = table[table["role"].isin(["learn", "validation"]) & (table["clear_dates"] > 0)]
    return table.assign(region=np.where(table["x"] < 400, "west", np.where(table["x"] > 600, "east", "")))


def test_counts_are_per_region_and_class(prepared):
    world, split, indexes, rasters = prepared
    paths = world.select(
        split, indexes, regions=rasters, names=NAMES, strategy={"name": "constant", "count": 60}
    )
    table = available(indexes, read_table(paths["roles"]))
    rates = pd.read_csv(paths["rates"])
    assert rates[["region", "code"]].to_numpy().tolist() == [[r, c] for r in NAMES for c in (1, 2, 3, 4)]
    picked = read_table(paths["selection"])
    for row in rates.itertuples():
        mine = table[(table["region"] == row.region) & (table["code"] == row.code)]
        assert row.available == len(mine) > 60
        assert row.polygons == mine["group"].nunique()
        assert row.taken == 60 == row.learn + row.validation
        chosen = picked[(picked["region"] == row.region) & (picked["code"] == row.code)]
        assert len(chosen) == 60
        assert (chosen["role"] == "learn").sum() == row.learn
    # Each picked pixel lies in the region that it trains, whatever the region of its polygon.
    placed = picked.merge(table, on=["tile", "pool_row"], suffixes=("", "_true"))
    assert len(placed) == len(picked)
    for column in ("region", "polygon", "group", "code", "role"):
        assert (placed[column] == placed[f"{column}_true"]).all()
    assert picked["tile"].is_monotonic_increasing


def test_the_model_of_all_regions_is_drawn_as_without_regions(prepared):
    world, split, indexes, rasters = prepared
    without = world.select(split, indexes, "without")
    paths = world.select(split, indexes, "with", regions=rasters, names=[*NAMES, "all"])
    picked, rates = read_table(paths["selection"]), pd.read_csv(paths["rates"])
    pd.testing.assert_frame_equal(
        picked[picked["region"] == "all"].reset_index(drop=True), read_table(without["selection"])
    )
    pd.testing.assert_frame_equal(
        rates[rates["region"] == "all"].reset_index(drop=True), pd.read_csv(without["rates"])
    )
    assert rates["region"].unique().tolist() == [*NAMES, "all"]


def test_a_region_without_training_pixels_has_zeros(prepared):
    world, split, indexes, rasters = prepared
    # Without B and D, nothing east of x = 600 is left.
    paths = world.select(split, indexes, held_out=("B", "D"), regions=rasters, names=NAMES)
    rates = pd.read_csv(paths["rates"])
    east = rates[rates["region"] == "east"]
    assert len(east) == 4
    assert not east.drop(columns=["region", "code"]).to_numpy().any()
    assert set(read_table(paths["selection"])["region"]) == {"west"}


def test_regions_without_any_training_pixel_are_refused(prepared):
    world, split, indexes, rasters = prepared
    for tile, grid in world.grids.items():
        with create_raster(
            rasters[tile], grid, dtype="uint8", nodata=0, descriptions=["region"], tags={}
        ) as dataset:
            dataset.write(np.zeros(grid.shape, np.uint8), 1)
    with pytest.raises(SelectionError, match="or the regions hold none of them"):
        world.select(split, indexes, regions=rasters, names=NAMES)
