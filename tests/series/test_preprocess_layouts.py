"""Series of every optical sensor from simulated products, beside numpy's interpolation of what rasterio reads."""

import datetime

import numpy as np
import pytest
import rasterio
from preprocess_job import job_settings
from rasterio.enums import Resampling
from rasterio.warp import reproject

from tilefold.grids.windows import whole
from tilefold.sensors.catalogue import SENSORS as READ
from tilefold.sensors.listing import list_products, reader_of
from tilefold.sensors.reading import read_acquisition
from tilefold.series.preprocess import preprocess_tile
from tilefold.simulation.dials import SENSORS, small
from tilefold.simulation.layout import tile_grids
from tilefold.simulation.scene import simulate_scene
from tilefold.storage.rasters import grid_of

# Tiles of the old form of Landsat have names of their own.
OLD = ("landsat8old", "landsat5old")
TILES = {"T31TCJ": tuple(s for s in SENSORS if s not in (*OLD, "sentinel1")), "D0005H0002": OLD}
OPTICAL = [(tile, sensor) for tile, sensors in TILES.items() for sensor in sensors]
SIDE = 32
CALENDAR = ["2018-02-01", "2018-04-20", "2018-07-01", "2018-07-29", "2018-12-31"]


def dials(tile):
    return small(
        tiles=(tile,), size=SIDE, sensors=TILES[tile], acquisitions=7, double_days=0, cloud_fraction=0.3
    )


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    for tile in TILES:
        simulate_scene(folder / tile, dials(tile))
    return folder


def ordinal(day):
    return datetime.date.fromisoformat(day).toordinal()


def on_the_grid(file, nodata, grid):
    """A band on the tile's grid by rasterio alone, and where the rule that GDAL takes is in no doubt.

    GDAL convolves where all sixteen pixels around exist and is linear elsewhere; with a centre on a source pixel's
    in one direction alone, the rounding of coordinates decides which pixels are around.
    """
    result = np.zeros(grid.shape, np.float32)
    with rasterio.open(file.path) as dataset:
        native = grid_of(dataset)
        reproject(
            dataset.read(file.index).astype(np.float32),
            result,
            src_transform=dataset.transform,
            src_crs=dataset.crs,
            src_nodata=nodata,
            dst_transform=grid.affine,
            dst_crs=grid.crs,
            dst_nodata=np.nan,
            resampling=Resampling.cubic,
        )
    step = grid.resolution[0] / native.resolution[0]
    down = (native.transform[5] - grid.transform[5]) / native.resolution[1]
    right = (grid.transform[2] - native.transform[2]) / native.resolution[0]
    on_row, on_col = (
        np.isclose((start + step * (np.arange(count) + 0.5)) % 1, 0.5)
        for start, count in ((down, grid.height), (right, grid.width))
    )
    return result + file.shift, ~(on_row[:, None] ^ on_col[None, :])


def expected_acquisitions(root, tile, sensor, names, grid):
    """Values (dates, bands, rows, columns), clear pixels of each date, and pixels that are in no doubt."""
    values, clear, sure = [], [], np.ones(grid.shape, bool)
    for name in names:
        files = reader_of(READ[sensor]).acquisition_files(root, tile, READ[sensor], name)
        bands = [on_the_grid(file, files.nodata, grid) for file in files.bands]
        values.append([band for band, _ in bands])
        sure &= np.all([certain for _, certain in bands], axis=0)
        # Which pixels are clear is compared with the files of masks in the tests of the layouts.
        clear.append(read_acquisition(root, tile, READ[sensor], name, grid, whole(*grid.shape))[1])
    return np.array(values), np.array(clear), sure


@pytest.mark.parametrize(("tile", "sensor"), OPTICAL)
def test_a_series_of_each_layout_is_what_numpy_makes_of_its_files(scenes, tile, sensor, tmp_path):
    definition, grid, root = READ[sensor], tile_grids(dials(tile))[tile], scenes / tile / sensor
    products = list_products(root, tile, definition)
    settings = job_settings(root, tile, definition, grid, CALENDAR)
    paths = {key: tmp_path / f"{key}.tif" for key in ("series", "clear_dates")}
    preprocess_tile(root, settings, **paths, skipped=tmp_path / "skipped.csv", threads=2)
    with rasterio.open(paths["series"]) as dataset:
        assert (dataset.dtypes[0], dataset.nodata) == ("int16", -32768)
        assert dataset.count == len(CALENDAR) * len(definition["bands"])
        assert dataset.descriptions[0] == f"{definition['bands'][0]}_20180201"
        found = dataset.read().reshape(len(CALENDAR), -1, *grid.shape)
    with rasterio.open(paths["clear_dates"]) as dataset:
        counts = dataset.read(1)

    names = [product.name for product in products]
    values, clear, sure = expected_acquisitions(root, tile, sensor, names, grid)
    days = np.array([ordinal(product.date) for product in products])
    assert len(set(products)) >= {"sentinel2l3a": 12, "hls": 20}.get(sensor, 7)
    # Two instruments of HLS may see the tile on one day: the first name wins where it is clear.
    first = np.append(True, np.diff(days) > 0)
    for place in np.flatnonzero(~first):
        added = clear[place] & ~clear[place - 1]
        values[place - 1][:, added] = values[place][:, added]
        clear[place - 1] |= added
    values, clear, days = values[first], clear[first], days[first]
    np.testing.assert_array_equal(counts, clear.sum(axis=0))
    assert (found[:, :, ~clear.any(axis=0)] == -32768).all()
    compared = 0
    for row, col in np.argwhere(sure & clear.any(axis=0))[::3]:
        seen = clear[:, row, col]
        for band in range(values.shape[1]):
            expected = np.interp([ordinal(day) for day in CALENDAR], days[seen], values[seen, band, row, col])
            assert np.abs(found[:, band, row, col] - expected).max() <= 1.01
        compared += seen.sum() > 1
    assert compared > 30
