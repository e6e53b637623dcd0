import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray
from rasterio.features import rasterize

from tilefold.storage.tables import read_table


def expected_index(world, reference, tile):
    """Index made with one rasterisation of the whole tile and plain loops."""
    import geopandas

    polygons = geopandas.read_file(reference).sort_values("polygon")
    grid = world.grids[tile]
    shapes = list(zip(polygons.geometry, polygons["polygon"], strict=True))
    burnt = rasterize(shapes[::-1], out_shape=grid.shape, transform=grid.affine, dtype="int32")
    centres = {name: (g.bounds[0] + 300, g.bounds[1] + 300) for name, g in world.grids.items()}
    rows = []
    for row, col in zip(*np.nonzero(burnt), strict=True):
        x, y = grid.affine @ (col + 0.5, row + 0.5)
        inside = {
            name: (x - centres[name][0]) ** 2 + (y - centres[name][1]) ** 2
            for name, g in world.grids.items()
            if g.bounds[0] <= x <= g.bounds[2] and g.bounds[1] <= y <= g.bounds[3]
        }
        if min(sorted(inside), key=inside.get) == tile:
            rows.append((int(burnt[row, col]), int(row), int(col), x, y))
    table = pd.DataFrame(sorted(rows), columns=["polygon", "row", "col", "x", "y"])
    return table.merge(polygons[["polygon", "group", "code"]], on="polygon", how="left")


@pytest.mark.parametrize("tile", ["A", "D"])
def test_every_owned_reference_pixel_once_with_its_values(world, tile):
    reference = world.write_reference(world.random_rows())
    pool, path = world.pool(reference, tile)
    index = read_table(path)
    expected = expected_index(world, reference, tile)
    assert len(index) == len(expected) > 500
    assert index.columns.tolist() == ["row", "col", "x", "y", "polygon", "group", "code", "clear_dates"]
    for name in ("row", "col", "x", "y", "polygon", "group", "code"):
        np.testing.assert_array_equal(index[name], expected[name])
    row, col = index["row"], index["col"]
    with rasterio.open(world.raster(tile, "clear")) as clear:
        np.testing.assert_array_equal(index["clear_dates"], clear.read(1)[row, col])
    assert (index["clear_dates"] == 0).any()
    values = xarray.load_dataset(pool, mask_and_scale=False)
    assert values["s2"].dims == ("sample", "s2_date", "s2_band")
    with rasterio.open(world.raster(tile, "s2")) as series:
        stored = series.read()
    for date in range(3):
        for band in range(2):
            np.testing.assert_array_equal(values["s2"][:, date, band], stored[2 * date + band][row, col])
    np.testing.assert_array_equal(values["dem"][:, 0], world.values[tile]["dem"][0][row, col])
    assert str(values["s2"].dtype) == "int16"
    assert str(values["dem"].dtype) == "float32"


def test_pools_of_all_tiles_hold_each_place_once(world):
    indexes = world.indexes(world.write_reference(world.random_rows()))
    places = pd.concat([read_table(path, ["x", "y", "polygon"]) for path in indexes.values()])
    assert not places.duplicated(["x", "y"]).any()


def test_pools_hold_the_pixels_that_the_split_counts(world):
    reference = world.write_reference(world.random_rows())
    split = read_table(world.split(reference))
    pixels = pd.concat([read_table(path, ["polygon"]) for path in world.indexes(reference).values()])
    counts = pixels["polygon"].value_counts()
    np.testing.assert_array_equal(counts.reindex(split["polygon"], fill_value=0), split["pixels"])


def test_tile_without_reference(world):
    reference = world.write_reference([("a", 1, (100, 100, 3, 3))])
    pool, index = world.pool(reference, "A")
    assert read_table(index).empty
    values = xarray.load_dataset(pool, mask_and_scale=False)
    assert values["s2"].shape == (0, 3, 2)


def test_same_bytes_and_nothing_left_behind(world):
    reference = world.write_reference(world.random_rows())
    first = [path.read_bytes() for path in world.pool(reference, "B", "one")]
    second = [path.read_bytes() for path in world.pool(reference, "B", "two")]
    assert first == second
    assert sorted(path.name for path in world.path("one").iterdir()) == ["B.nc", "B_index.parquet"]
