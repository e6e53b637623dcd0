from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.enums import Resampling

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window, blocks, whole
from tilefold.sensors.alignment import (
    pixel_offset,
    read_shifted,
    read_warped,
    same_crs,
    source_grid,
    source_steps,
    warped,
)


def at(size: float, left: float, top: float, side: int = 60, crs: str = "EPSG:32631") -> Grid:
    return Grid(crs, (size, 0.0, left, 0.0, -size, top), side, side)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (at(10, 300000, 4800000), (0, 0)),
        (at(10, 299980, 4800030), (3, 2)),
        (at(10, 300000.0001, 4800000), (0, 0)),
        (at(10, 300005, 4800000), None),
        (at(20, 300000, 4800000), None),
        (at(10.001, 300000, 4800000), None),
        (at(10, 300000, 4800000, crs="EPSG:32632"), None),
    ],
)
def test_offset(source: Grid, expected: tuple[int, int] | None) -> None:
    assert pixel_offset(source, at(10, 300000, 4800000)) == expected


def test_one_crs_by_code_and_by_text() -> None:
    assert same_crs("EPSG:32631", rasterio.CRS.from_epsg(32631).to_wkt())
    assert not same_crs("EPSG:32631", "EPSG:2154")


@pytest.mark.parametrize("window", [Window(0, 5, 0, 5), Window(2, 8, 3, 9), Window(20, 25, 20, 25)])
def test_what_lies_outside_is_filled(
    tmp_path: Path, raster_writer: Callable[..., None], window: Window
) -> None:
    values = np.arange(48, dtype=np.int16).reshape(6, 8)
    raster_writer(tmp_path / "a.tif", values, 10)
    padded = np.full((40, 40), -1, np.int16)
    padded[3:9, 1:9] = values
    with rasterio.open(tmp_path / "a.tif") as dataset:
        found = read_shifted(dataset, window, (-3, -1), indexes=[1], fill=-1)
    rows, cols = window.to_ranges()
    np.testing.assert_array_equal(found[0], padded[slice(*rows), slice(*cols)])


def test_a_raster_without_crs(tmp_path: Path, raster_writer: Callable[..., None]) -> None:
    raster_writer(tmp_path / "a.tif", np.zeros((2, 2), np.uint8), 10, crs=None)
    with (
        rasterio.open(tmp_path / "a.tif") as dataset,
        pytest.raises(ValueError, match="no coordinate reference system"),
    ):
        source_grid(dataset)


def test_steps_in_the_source() -> None:
    source = at(10, 300000, 4800000)
    assert source_steps(source, at(10, 300003, 4800000)) == (1, 1)
    assert source_steps(source, at(25, 300000, 4800000)) == (2.5, 2.5)
    oblong = Grid("EPSG:32631", (20.0, 0.0, 300000.0, 0.0, -5.0, 4800000.0), 30, 30)
    assert source_steps(source, oblong) == (2, 0.5)
    # By Pythagoras, a metre here is nearly a metre there.
    x, y = Transformer.from_crs("EPSG:32631", "EPSG:2154", always_xy=True).transform(300000, 4800000)
    np.testing.assert_allclose(source_steps(source, at(20, x, y, crs="EPSG:2154")), 2, rtol=2e-3)
    # No place on earth has this latitude.
    assert source_steps(source, at(0.1, 0, 400, crs="EPSG:4326")) == (1, 1)


@pytest.mark.parametrize("resampling", ["cubic", "bilinear", "nearest", "average", "mode"])
@pytest.mark.parametrize(
    ("size", "crs"),
    [(20, "EPSG:32631"), (13, "EPSG:32631"), (7, "EPSG:32631"), (10, "EPSG:2154"), (25, "EPSG:2154")],
)
def test_a_window_of_a_view_is_a_part_of_the_whole_bit_by_bit(
    tmp_path: Path, raster_writer: Callable[..., None], resampling: str, size: int, crs: str
) -> None:
    values = np.random.default_rng(0).gamma(4, 200, (900, 1100)).astype(np.float32)
    raster_writer(tmp_path / "a.tif", values, 10)
    x, y = Transformer.from_crs("EPSG:32631", crs, always_xy=True).transform(300003, 4799997)
    target = Grid(crs, (size, 0.0, x, 0.0, -size, y), 300, 1050 if size < 20 else 600)
    with (
        rasterio.open(tmp_path / "a.tif") as dataset,
        warped(dataset, target, Resampling[resampling], src_nodata=0, nodata=0) as view,
    ):
        complete = read_warped(view, whole(*target.shape), [1])[0]
    assert (complete != 0).mean() > 0.5
    for side in (100, 256):
        with (
            rasterio.open(tmp_path / "a.tif") as dataset,
            warped(dataset, target, Resampling[resampling], src_nodata=0, nodata=0) as view,
        ):
            for window in reversed(list(blocks(whole(*target.shape), side))):
                rows, cols = (slice(*limits) for limits in window.to_ranges())
                np.testing.assert_array_equal(read_warped(view, window, [1])[0], complete[rows, cols])
