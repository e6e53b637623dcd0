"""Calibrated Sentinel-1 images, read from disk."""

import numpy as np
import pytest

from tilefold.grids.grid import Grid
from tilefold.grids.windows import whole
from tilefold.sensors.catalogue import SENSORS
from tilefold.sensors.errors import BadAcquisitionError
from tilefold.sensors.listing import find_products, list_products, reference_file
from tilefold.sensors.reading import open_acquisition, read_acquisition

NAME = "s1a_31TCJ_vv_DES_110_20180505t055946"
SENSOR = SENSORS["sentinel1_desvv"]
SIDE = 40
GRID = Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -10.0, 4800000.0), SIDE, SIDE)


def speckled(seed=0, side=SIDE):
    """Linear power with a border of zeros."""
    power = np.random.default_rng(seed).gamma(4, 0.02, (side, side)).astype(np.float32)
    power[:, :3] = 0
    return power


def read(root, grid=GRID, tile="31TCJ", **choices):
    return read_acquisition(root, tile, {**SENSOR, **choices}, NAME, grid, whole(*grid.shape))


def decibels(power):
    return 10 * np.log10(power.astype(np.float64))


def test_decibels(tmp_path, raster_writer):
    power = speckled()
    raster_writer(tmp_path / "31TCJ" / f"{NAME}.tif", power, 10)
    bands, valid = read(tmp_path)
    assert bands.shape == (1, SIDE, SIDE)
    np.testing.assert_array_equal(valid, power > 0)
    found = bands[0, valid] * SENSOR["scale"] + SENSOR["offset"]
    assert np.abs(found - decibels(power[valid])).max() <= 0.005 + 1e-9


@pytest.mark.parametrize("resampling", ["bilinear", "cubic", "nearest"])
def test_power_is_interpolated_not_decibels(tmp_path, raster_writer, by_gdal, untouched, resampling):
    power = speckled()
    raster_writer(tmp_path / "31TCJ" / f"{NAME}.tif", power, 10)
    grid = Grid("EPSG:32631", (10.0, 0.0, 300006.0, 0.0, -10.0, 4799996.0), SIDE - 2, SIDE - 2)
    bands, valid = read(tmp_path, grid, resampling=resampling)
    expected = by_gdal(power, 10, grid, nodata=0, resampling=resampling)
    np.testing.assert_array_equal(valid, untouched(power > 0, 10, grid) & (expected > 0))
    assert valid[:, 3:].mean() > 0.99
    assert np.abs(bands[0, valid] * 0.01 - decibels(expected[valid])).max() <= 0.006
    assert SENSOR["resampling"] == "bilinear"


def test_linear_power_for_the_speckle_filter(tmp_path, raster_writer):
    power = speckled()
    power[9, 9] = np.nan
    raster_writer(tmp_path / "31TCJ" / f"{NAME}.tif", power, 10)
    with open_acquisition(tmp_path, "31TCJ", SENSOR, NAME, GRID) as acquisition:
        found, valid = acquisition.read_power(whole(*GRID.shape))
    np.testing.assert_array_equal(valid, power > 0)
    np.testing.assert_array_equal(found[0, valid], power[valid])


@pytest.mark.parametrize(
    ("sensor", "names"),
    [
        ("sentinel1_desvv", [NAME, "s1b_31TCJ_vv_DES_008_20180507txxxxxx"]),
        ("sentinel1_desvh", ["s1a_31TCJ_vh_DES_110_20180505t055946"]),
        ("sentinel1_ascvv", ["s1a_31TCJ_vv_ASC_132_20180506txxxxxx"]),
        ("sentinel1_ascvh", ["s1b_31TCJ_vh_ASC_030_20180506t174602"]),
    ],
)
@pytest.mark.parametrize("tile", ["31TCJ", "T31TCJ"])
def test_each_sense_and_polarisation_is_a_sensor(tmp_path, raster_writer, sensor, names, tile):
    others = ["s1a_31TCJ_vv_DES_110_20180505t055946_BorderMask", "quicklook"]
    every = {
        NAME,
        "s1b_31TCJ_vv_DES_008_20180507txxxxxx",
        "s1a_31TCJ_vh_DES_110_20180505t055946",
        "s1a_31TCJ_vv_ASC_132_20180506txxxxxx",
        "s1b_31TCJ_vh_ASC_030_20180506t174602",
    }
    for name in (*every, *others):
        raster_writer(tmp_path / tile / f"{name}.tif", np.ones((2, 2), np.float32), 10)
    products = list_products(tmp_path, tile, SENSORS[sensor])
    assert [product.name for product in products] == names
    assert products[0].date == {"des": "2018-05-05", "asc": "2018-05-06"}[sensor[10:13]]
    path = tmp_path / tile / f"{names[0]}.tif"
    assert reference_file(tmp_path, tile, SENSORS[sensor], products[0]) == path
    assert products[0].stamp == (path.stat().st_size, path.stat().st_mtime_ns)


def test_a_bad_date_and_another_tile_are_refused(tmp_path, raster_writer):
    names = ["s1a_31TCJ_vv_DES_110_20180532t055946", "s1a_31TDJ_vv_DES_110_20180505t055946"]
    for name in names:
        raster_writer(tmp_path / "31TCJ" / f"{name}.tif", np.ones((2, 2), np.float32), 10)
    found = find_products(tmp_path, "31TCJ", SENSOR)
    assert found.products == []
    assert [error.product for error in found.refused] == names
    assert "20180532" in str(found.refused[0])
    assert "tile 31TDJ in the folder of tile 31TCJ" in str(found.refused[1])


def test_a_truncated_image_is_named(tmp_path, raster_writer):
    path = tmp_path / "31TCJ" / f"{NAME}.tif"
    raster_writer(path, speckled(), 10)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(BadAcquisitionError, match=f"{NAME}.*cannot be read"):
        read(tmp_path)
