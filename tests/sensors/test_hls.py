"""Harmonised Landsat and Sentinel-2, read from disk."""

import numpy as np
import pytest

from tilefold.grids.grid import Grid
from tilefold.grids.windows import whole
from tilefold.sensors.catalogue import SENSORS
from tilefold.sensors.listing import list_products
from tilefold.sensors.reading import read_acquisition

S30 = "HLS.S30.T31TCJ.2020190T105031.v2.0"
L30 = "HLS.L30.T31TCJ.2020197T104108.v2.0"
FILES = {
    S30: ["B01", "B02", "B03", "B04", "B8A", "B11", "B12"],
    L30: ["B01", "B02", "B03", "B04", "B05", "B06", "B07"],
}
SIDE = 36
GRID = Grid("EPSG:32631", (30.0, 0.0, 300000.0, 0.0, -30.0, 4800000.0), SIDE, SIDE)


@pytest.fixture
def make(tmp_path, raster_writer):
    def write(name):
        rng = np.random.default_rng(len(name))
        values = rng.integers(-100, 9000, (7, SIDE, SIDE)).astype(np.int16)
        values[3, 2, 2] = -9999
        for band, content in zip(FILES[name], values, strict=True):
            raster_writer(tmp_path / "T31TCJ" / name / f"{name}.{band}.tif", content, 30, nodata=-9999)
        flags = rng.choice([0, 1, 2, 4, 8, 16, 32, 64, 192, 224, 255], (SIDE, SIDE)).astype(np.uint8)
        raster_writer(tmp_path / "T31TCJ" / name / f"{name}.Fmask.tif", flags, 30, nodata=255)
        return values, flags

    return write


@pytest.mark.parametrize("name", [S30, L30])
def test_common_bands(tmp_path, make, name):
    values, flags = make(name)
    bands, valid = read_acquisition(tmp_path, "T31TCJ", SENSORS["hls"], name, GRID, whole(*GRID.shape))
    # Bits 1, 2, 3 (cloud, beside one, shadow) and fill; not 0, cirrus, nor snow, water and aerosols.
    clear = np.isin(flags, [0, 1, 16, 32, 64, 192, 224])
    clear[2, 2] = False
    np.testing.assert_array_equal(valid, clear)
    np.testing.assert_array_equal(bands[:, valid], values[:, valid])


def test_both_kinds_make_one_series(tmp_path, make):
    for name in FILES:
        make(name)
    products = list_products(tmp_path, "T31TCJ", SENSORS["hls"])
    assert [(product.name, product.date) for product in products] == [
        (S30, "2020-07-08"),
        (L30, "2020-07-15"),
    ]
