"""Theia's syntheses and Landsat products, read from disk."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from pyproj import Transformer

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window, whole
from tilefold.sensors.catalogue import SENSORS
from tilefold.sensors.errors import BadAcquisitionError
from tilefold.sensors.listing import list_products, reference_file
from tilefold.sensors.reading import read_acquisition

L3A = "SENTINEL2X_20180515-000000-000_L3A_T31TCJ_C_V1-0"
L8 = "LANDSAT8-OLITIRS-XS_20180416-105134-112_L2A_T31TCJ_C_V2-2"
OLD = "LANDSAT8_OLITIRS_XS_20160330_N2A_France-MetropoleD0005H0003"
TM = "LANDSAT5_TM_XS_20100405_N2A_France-MetropoleD0005H0003"
SIDE = 40


def reflectances(bands, side=SIDE, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.integers(-50, 5000, (bands, side, side)).astype(np.int16)
    values[:, 5, 6] = -10000
    return values


def grid_of_30_m(side=SIDE):
    return Grid("EPSG:32631", (30.0, 0.0, 300000.0, 0.0, -30.0, 4800000.0), side, side)


def read(root, tile, sensor, name, grid, **choices):
    definition = {**SENSORS[sensor], **choices}
    return read_acquisition(root, tile, definition, name, grid, whole(*grid.shape))


@pytest.fixture
def landsat8(tmp_path, raster_writer):
    values = reflectances(7)
    folder = tmp_path / "T31TCJ" / L8
    for number, band in enumerate(values, start=1):
        raster_writer(folder / f"{L8}_FRE_B{number}.tif", band, 30)
    masks = (np.random.default_rng(1).random((3, SIDE, SIDE)) < 0.02) * np.array([2, 1, 1])[:, None, None]
    for mask, content in zip(("CLM", "SAT", "EDG"), masks.astype(np.uint8), strict=True):
        raster_writer(folder / "MASKS" / f"{L8}_{mask}_XS.tif", content, 30)
    (folder / f"{L8}_MTD_ALL.xml").write_text("<xml/>")
    clear = (masks == 0).all(axis=0)
    return values, clear


def test_landsat8(tmp_path, landsat8):
    values, clear = landsat8
    product = list_products(tmp_path, "T31TCJ", SENSORS["landsat8"])[0]
    assert (product.name, product.date) == (L8, "2018-04-16")
    bands, valid = read(tmp_path, "T31TCJ", "landsat8", L8, grid_of_30_m())
    np.testing.assert_array_equal(valid, clear & (values != -10000).all(axis=0))
    np.testing.assert_array_equal(bands[:, valid], values[:, valid])


@pytest.mark.parametrize("resampling", ["cubic", "bilinear", "nearest"])
def test_landsat8_on_a_finer_grid_of_another_origin(tmp_path, landsat8, by_gdal, untouched, resampling):
    values, clear = landsat8
    grid = Grid("EPSG:32631", (10.0, 0.0, 299985.0, 0.0, -10.0, 4799895.0), 90, 100)
    bands, valid = read(tmp_path, "T31TCJ", "landsat8", L8, grid, resampling=resampling)
    expected = np.stack([by_gdal(b, 30, grid, nodata=-10000, resampling=resampling) for b in values])
    measured = (expected != -10000).all(axis=0)
    np.testing.assert_array_equal(valid, untouched(clear, 30, grid) & measured)
    difference = np.abs(bands[:, valid].astype(int) - expected[:, valid])
    assert difference.max() <= (0 if resampling == "nearest" else 1)
    assert (difference > 0).mean() < 0.005
    assert 0.3 < valid.mean() < 1


@pytest.mark.parametrize("resampling", ["cubic", "nearest"])
def test_landsat8_in_another_crs_with_larger_pixels(tmp_path, landsat8, by_gdal, resampling):
    values, _clear = landsat8
    x, y = Transformer.from_crs("EPSG:32631", "EPSG:2154", always_xy=True).transform(300000, 4800000)
    grid = Grid("EPSG:2154", (60.0, 0.0, x - 300, 0.0, -60.0, y + 300), 30, 30)
    bands, valid = read(tmp_path, "T31TCJ", "landsat8", L8, grid, resampling=resampling)
    expected = np.stack([by_gdal(b, 30, grid, nodata=-10000, resampling=resampling) for b in values])
    difference = np.abs(bands[:, valid].astype(int) - expected[:, valid])
    assert valid.any()
    assert (expected[:, valid] != -10000).all()
    assert (difference > 1).mean() < 0.01


def test_a_synthesis(tmp_path, raster_writer):
    folder = tmp_path / "T31TCJ" / L3A
    sizes = SENSORS["sentinel2l3a"]["resolutions"]
    for number, (band, size) in enumerate(sizes.items()):
        side = 60 * 10 // size
        raster_writer(folder / f"{L3A}_FRC_{band}.tif", np.full((side, side), 100 * number, np.int16), size)
    flags = np.random.default_rng(0).integers(0, 5, (60, 60)).astype(np.uint8)
    raster_writer(folder / "MASKS" / f"{L3A}_FLG_R1.tif", flags, 10)
    (folder / f"{L3A}_MTD_ALL.xml").write_text("<xml/>")
    assert list_products(tmp_path, "T31TCJ", SENSORS["sentinel2l3a"])[0].date == "2018-05-15"
    grid = Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -10.0, 4800000.0), 60, 60)
    bands, valid = read(tmp_path, "T31TCJ", "sentinel2l3a", L3A, grid)
    np.testing.assert_array_equal(valid, flags >= 2)
    np.testing.assert_array_equal(bands, np.broadcast_to(100 * np.arange(10)[:, None, None], bands.shape))


def write_old(root, name, values, raster_writer, masks=None, tile="D0005H0003", **options):
    """A product in the old form; masks by name."""
    folder = root / tile / name
    head, zone = name.split("_N2A_")
    raster_writer(folder / f"{head}_N2A_ORTHO_SURF_CORR_PENTE_{zone}.TIF", values, 30, **options)
    side = values.shape[-1]
    for mask in ("NUA", "SAT", "DIV", "NODATA"):
        content = (masks or {}).get(mask, np.zeros((side, side), np.uint8))
        raster_writer(folder / "MASK" / f"{name}_{mask}.TIF", content, 30, **options)
    return folder


@pytest.mark.parametrize(("sensor", "name", "count"), [("landsat8old", OLD, 7), ("landsat5old", TM, 6)])
@pytest.mark.parametrize("mask_dtype", ["uint8", "uint16", "float32"])
def test_all_bands_in_one_file(tmp_path, raster_writer, sensor, name, count, mask_dtype):
    values = reflectances(count)
    rng = np.random.default_rng(2)
    masks = {
        "NUA": rng.choice([0, 1, 64], (SIDE, SIDE), p=[0.9, 0.05, 0.05]),
        "SAT": rng.choice([0, 8], (SIDE, SIDE), p=[0.98, 0.02]),
        # Odd is no data; water, snow and a low sun are not.
        "DIV": rng.choice([0, 1, 2, 4, 7, 8], (SIDE, SIDE)),
        "NODATA": np.ones((SIDE, SIDE)),
    }
    masks = {mask: content.astype(mask_dtype) for mask, content in masks.items()}
    write_old(tmp_path, name, values, raster_writer, masks, interleave="pixel")
    product = list_products(tmp_path, "D0005H0003", SENSORS[sensor])[0]
    assert product.name == name
    bands, valid = read(tmp_path, "D0005H0003", sensor, name, grid_of_30_m())
    clear = (masks["NUA"] == 0) & (masks["SAT"] == 0) & (masks["DIV"] % 2 == 0)
    np.testing.assert_array_equal(valid, clear & (values != -10000).all(axis=0))
    np.testing.assert_array_equal(bands[:, valid], values[:, valid])
    chosen, _ = read(tmp_path, "D0005H0003", sensor, name, grid_of_30_m(), bands=["B5", "B2"])
    np.testing.assert_array_equal(chosen[:, valid], values[[4, 1]][:, valid])


def test_all_bands_in_one_file_on_a_finer_grid(tmp_path, raster_writer, by_gdal):
    values = reflectances(7)
    write_old(tmp_path, OLD, values, raster_writer)
    grid = Grid("EPSG:32631", (20.0, 0.0, 300010.0, 0.0, -20.0, 4800010.0), 50, 55)
    bands, valid = read(tmp_path, "D0005H0003", "landsat8old", OLD, grid)
    expected = np.stack([by_gdal(band, 30, grid, nodata=-10000) for band in values])
    assert np.abs(bands[:, valid].astype(int) - expected[:, valid]).max() <= 1
    # The row above and the column before the product are only half in it.
    measured = (expected != -10000).all(axis=0)
    measured[0] = False
    np.testing.assert_array_equal(valid, measured)


def test_unsigned_files_hold_the_bits_of_nodata(tmp_path, raster_writer):
    values = np.abs(reflectances(7)).astype(np.uint16)
    values[:, 5, 6] = np.array(-10000, np.int16).astype(np.uint16)
    assert values[0, 5, 6] == 55536
    write_old(tmp_path, OLD, values, raster_writer)
    for grid in (grid_of_30_m(), Grid("EPSG:32631", (30.0, 0.0, 300015.0, 0.0, -30.0, 4800015.0), 30, 30)):
        bands, valid = read(tmp_path, "D0005H0003", "landsat8old", OLD, grid)
        assert not valid.all()
        assert valid.any()
        assert bands[:, valid].max() < 9000


def test_a_file_with_too_few_bands_is_named(tmp_path, raster_writer):
    write_old(tmp_path, OLD, reflectances(6), raster_writer)
    with pytest.raises(BadAcquisitionError, match=r"PENTE.*\.TIF: .*found 6 bands, expected at least 7"):
        read(tmp_path, "D0005H0003", "landsat8old", OLD, grid_of_30_m())


@pytest.mark.parametrize("tile", ["D0005H0002", "D0005H0003"])
def test_real_products(theia_landsat8: Path, tile: str):
    definition = SENSORS["landsat8old"]
    products = list_products(theia_landsat8, tile, definition)
    assert [product.date for product in products] == ["2016-03-30", "2016-04-15"]
    for product in products:
        with rasterio.open(reference_file(theia_landsat8, tile, definition, product)) as dataset:
            values = dataset.read()
            grid = Grid(dataset.crs.to_string(), tuple(dataset.transform)[:6], *dataset.shape)
        window = Window(3, 30, 2, 41)
        bands, valid = read_acquisition(theia_landsat8, tile, definition, product.name, grid, window)
        # No mask has anything set in these products, but for the one of nodata, which says all or nothing.
        assert valid.all()
        np.testing.assert_array_equal(bands, values[:, 3:30, 2:41])
        # Reflectance * 1000: vegetation in spring is bright in the near infrared and dark in the red.
        ndvi = (bands[4] - bands[3]) / (bands[4] + bands[3])
        assert 0.3 < np.median(ndvi) < 0.9
        assert 0.1 < np.median(bands[4]) * definition["scale"] < 0.5
