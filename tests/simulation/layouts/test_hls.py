import numpy as np
import pytest

from tilefold.grids.grid import Grid
from tilefold.simulation.layouts.hls import write_l30, write_s30
from tilefold.simulation.statistics import BANDS, COARSE_BANDS

LANDSAT = ("B1", "B2", "B3", "B4", "B5", "B6", "B7")


def check_mask(mask, cloud, shadow, outside):
    assert (mask[outside] == 255).all()
    inside = ~outside
    np.testing.assert_array_equal((mask[inside] & 2) > 0, cloud[inside])
    np.testing.assert_array_equal((mask[inside] & 8) > 0, shadow[inside])
    assert not (mask[inside & (cloud | shadow)] & 4).any()
    assert not (mask[inside] & 16).any()


def test_landsat_is_written_as_given(tmp_path, wide, given, read):
    made = given(wide, LANDSAT)
    made.bands["B3"][20, 3], made.bands["B5"][20, 3] = 900, 300
    write_l30(tmp_path, wide, made.acquisition, made.bands, made.sky)
    name = "HLS.L30.T31TCJ.2018131T105031.v2.0"
    for band in LANDSAT:
        found = read(tmp_path / name / f"{name}.B0{band[1]}.tif", wide, "int16", -9999)
        np.testing.assert_array_equal(found, np.where(made.outside, -9999, made.bands[band]))
    mask = read(tmp_path / name / f"{name}.Fmask.tif", wide, "uint8", 255)
    check_mask(mask, made.cloud, made.shadow, made.outside)
    assert mask[20, 3] & 32
    assert (mask[3, 4:10] & 4).all()
    assert mask[20, 10] & 0b11110 == 0


@pytest.mark.parametrize("size", [24, 20])
def test_sentinel2_is_averaged_to_30_m(tmp_path, given, read, size):
    tile = Grid("EPSG:32631", (10.0, 0.0, 360000.0, 0.0, -10.0, 4800000.0), size, size)
    made = given(tile, BANDS, COARSE_BANDS)
    write_s30(tmp_path, tile, made.acquisition, made.bands, made.sky)
    name = "HLS.S30.T31TCJ.2018131T105031.v2.0"
    count = -(-size // 3)
    grid = Grid("EPSG:32631", (30.0, 0.0, 360000.0, 0.0, -30.0, 4800000.0), count, count)
    edge = [min(pixel, size - 1) for pixel in range(3 * count)]
    for band in BANDS:
        long = band if band in ("B8A", "B11", "B12") else f"B0{band[1]}"
        found = read(tmp_path / name / f"{name}.{long}.tif", grid, "int16", -9999)
        for row, col in np.ndindex(count, count):
            step = 2 if band in COARSE_BANDS else 1
            inside = [
                int(made.bands[band][edge[3 * row + i] // step, edge[3 * col + j] // step])
                for i in range(3)
                for j in range(3)
            ]
            if -10000 in inside:
                assert found[row, col] == -9999
            else:
                assert abs(found[row, col] - np.mean(inside)) <= 0.5
    np.testing.assert_array_equal(
        read(tmp_path / name / f"{name}.B01.tif", grid, "int16", -9999),
        read(tmp_path / name / f"{name}.B02.tif", grid, "int16", -9999),
    )
    if size == 24:
        blocks = [a.reshape(8, 3, 8, 3).any(axis=(1, 3)) for a in (made.cloud, made.shadow, made.outside)]
        mask = read(tmp_path / name / f"{name}.Fmask.tif", grid, "uint8", 255)
        check_mask(mask, blocks[0], blocks[1] & ~blocks[0], blocks[2])
