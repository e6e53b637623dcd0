"""Preprocessing of the real Landsat 8 products, all bands in one file."""

import numpy as np
import pytest
import rasterio
from preprocess_job import job_settings

from tilefold.grids.grid import Grid
from tilefold.sensors.catalogue import SENSORS
from tilefold.sensors.listing import list_products, reference_file
from tilefold.series.preprocess import preprocess_tile

CALENDAR = ["2016-03-25", "2016-04-01", "2016-04-10", "2016-04-20"]


@pytest.mark.parametrize("tile", ["D0005H0002", "D0005H0003"])
def test_the_series_is_numpys(tile, tmp_path, real_data):
    root = real_data("theia_landsat8")
    definition = SENSORS["landsat8old"]
    products = list_products(root, tile, definition)
    images = []
    for product in products:
        with rasterio.open(reference_file(root, tile, definition, product)) as dataset:
            images.append(dataset.read().astype(float))
            grid = Grid(dataset.crs.to_string(), tuple(dataset.transform)[:6], *dataset.shape)
    settings = job_settings(root, tile, definition, grid, CALENDAR)
    paths = {name: tmp_path / f"{name}.tif" for name in ("series", "clear_dates")}
    preprocess_tile(root, settings, **paths, skipped=tmp_path / "skipped.csv", threads=2)
    days = np.array(CALENDAR, "datetime64[D]")
    first, last = (np.datetime64(product.date) for product in products)
    share = np.clip((days - first) / (last - first), 0, 1)[:, None, None, None]
    expected = images[0] + (images[1] - images[0]) * share
    with rasterio.open(paths["series"]) as series, rasterio.open(paths["clear_dates"]) as clear:
        found = series.read().reshape(expected.shape)
        # Every pixel is clear on both days; the mask NODATA, which is 1 everywhere in one tile, has no say.
        assert (clear.read(1) == 2).all()
    np.testing.assert_array_equal(found, np.floor(expected + 0.5))
