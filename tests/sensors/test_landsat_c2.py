"""Landsat Collection 2 of the USGS, read from disk."""

import numpy as np
import pytest

from tilefold.grids.grid import Grid
from tilefold.grids.windows import whole
from tilefold.sensors.catalogue import SENSORS
from tilefold.sensors.errors import BadAcquisitionError
from tilefold.sensors.listing import list_products, reference_file
from tilefold.sensors.reading import read_acquisition

L8 = "LC08_L2SP_198030_20200715_20200912_02_T1"
L9 = "LC09_L2SP_198030_20220713_20230407_02_T1"
L7 = "LE07_L2SP_198030_20200707_20200913_02_T1"
L5 = "LT05_L2SP_198030_20110714_20200820_02_T1"
#: Numbers of the bands blue, green, red, near infrared and two of short-wave infrared.
NUMBERS = {L8: (2, 3, 4, 5, 6, 7), L9: (2, 3, 4, 5, 6, 7), L7: (1, 2, 3, 4, 5, 7), L5: (1, 2, 3, 4, 5, 7)}
SIDE = 36
GRID = Grid("EPSG:32631", (30.0, 0.0, 300000.0, 0.0, -30.0, 4800000.0), SIDE, SIDE)


def read(root, name, grid, **choices):
    definition = {**SENSORS["landsat_c2"], **choices}
    return read_acquisition(root, "T31TCJ", definition, name, grid, whole(*grid.shape))


@pytest.fixture
def make(tmp_path, raster_writer):
    """Function that writes a scene with all numbers that there are; returns them and the quality flags."""

    def write(name, origin=(300000.0, 4800000.0), top=65535):
        rng = np.random.default_rng(int(name[2:4]))
        last = 8 if name in (L8, L9) else 6
        numbers = rng.integers(1, top, (8, SIDE, SIDE)).astype(np.uint16)
        numbers[:, 0, :3] = [0, 1, top]
        quality = rng.choice([21824, 21888, 5440, 1, 2, 4, 8, 16, 22280, 32], (SIDE, SIDE)).astype(np.uint16)
        for number in range(1, last):
            raster_writer(
                tmp_path / "T31TCJ" / name / f"{name}_SR_B{number}.TIF",
                numbers[number],
                30,
                origin=origin,
                nodata=0,
            )
        if last == 6:
            raster_writer(
                tmp_path / "T31TCJ" / name / f"{name}_SR_B7.TIF", numbers[7], 30, origin=origin, nodata=0
            )
        raster_writer(
            tmp_path / "T31TCJ" / name / f"{name}_QA_PIXEL.TIF", quality, 30, origin=origin, nodata=1
        )
        return numbers, quality

    return write


@pytest.mark.parametrize("name", list(NUMBERS))
def test_reflectance_is_that_of_the_guide(tmp_path, make, name):
    numbers, quality = make(name)
    entry = SENSORS["landsat_c2"]
    bands, valid = read(tmp_path, name, GRID)
    chosen = numbers[list(NUMBERS[name])]
    # Bits 0 to 4: fill, dilated cloud, cirrus, cloud, shadow.
    clear = quality % 32 == 0
    np.testing.assert_array_equal(valid, clear & (chosen != 0).all(axis=0))
    found = bands[:, valid].astype(np.float64) * entry["scale"] + entry["offset"]
    np.testing.assert_allclose(found, chosen[:, valid] * 0.0000275 - 0.2, atol=1e-12)
    # Nothing is lost.
    np.testing.assert_array_equal(bands[:, valid].astype(int) + 32768, chosen[:, valid])


def test_platforms_make_one_series(tmp_path, make):
    for name in NUMBERS:
        make(name)
    products = list_products(tmp_path, "T31TCJ", SENSORS["landsat_c2"])
    assert [product.date for product in products] == ["2011-07-14", "2020-07-07", "2020-07-15", "2022-07-13"]
    path = reference_file(tmp_path, "T31TCJ", SENSORS["landsat_c2"], products[0])
    assert path.name == f"{L5}_SR_B1.TIF"


def test_the_coastal_band_is_there_for_those_that_have_it(tmp_path, make):
    numbers, _ = make(L8)
    bands, valid = read(tmp_path, L8, GRID, bands=["coastal", "red"])
    np.testing.assert_array_equal(bands[:, valid].astype(int) + 32768, numbers[[1, 4]][:, valid])
    make(L7)
    with pytest.raises(BadAcquisitionError, match=f"{L7}.*has no band coastal; leave it out"):
        read(tmp_path, L7, GRID, bands=["coastal", "red"])


def test_bits_of_choice(tmp_path, make):
    numbers, quality = make(L8)
    masks = [{"path": "{name}_QA_PIXEL.TIF", "bits": [0, 3]}]
    _, valid = read(tmp_path, L8, GRID, masks=masks)
    clear = (quality % 2 == 0) & (quality // 8 % 2 == 0)
    np.testing.assert_array_equal(valid, clear & (numbers[2:8] != 0).all(axis=0))


def test_a_scene_of_another_extent(tmp_path, make):
    """Scenes of one path and row differ by some pixels from date to date."""
    numbers, quality = make(L8, origin=(300000.0 - 90, 4800000.0 + 60))
    bands, valid = read(tmp_path, L8, GRID)
    clear = (quality % 32 == 0) & (numbers[2:8] != 0).all(axis=0)
    expected = np.zeros(GRID.shape, bool)
    expected[: SIDE - 2, : SIDE - 3] = clear[2:, 3:]
    np.testing.assert_array_equal(valid, expected)
    shifted = np.zeros((6, *GRID.shape), int)
    shifted[:, : SIDE - 2, : SIDE - 3] = numbers[2:8, 2:, 3:]
    np.testing.assert_array_equal(bands[:, valid].astype(int) + 32768, shifted[:, valid])


def test_on_a_finer_grid_as_gdal_does_it(tmp_path, make, by_gdal, untouched):
    numbers, quality = make(L8, top=43636)
    grid = Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -10.0, 4800000.0), 108, 108)
    bands, valid = read(tmp_path, L8, grid)
    expected = np.stack([by_gdal(band.astype(np.int32), 30, grid, nodata=0) for band in numbers[2:8]])
    measured = np.stack([by_gdal(b, 30, grid, nodata=0, resampling="nearest") for b in numbers[2:8]]) != 0
    np.testing.assert_array_equal(valid, untouched(quality % 32 == 0, 30, grid) & measured.all(axis=0))
    # GDAL keeps overshoots that no number of the product can have.
    kept = np.clip(expected, 1, 65535)
    # Where centres coincide, rounding decides whether a pixel beside nodata or the border has all of its neighbours,
    # and GDAL is linear where it has not.
    whole = np.zeros((SIDE, SIDE), bool)
    around = np.lib.stride_tricks.sliding_window_view((numbers[2:8] != 0).all(axis=0), (5, 5))
    whole[2:-2, 2:-2] = around.all(axis=(2, 3))
    compared = valid & by_gdal(whole.astype(np.uint8), 30, grid, nodata=None, resampling="nearest").astype(
        bool
    )
    assert compared.sum() > 500
    assert np.abs(bands[:, compared].astype(int) + 32768 - kept[:, compared]).max() <= 1
