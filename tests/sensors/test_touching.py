import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.io import MemoryFile

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window, whole
from tilefold.sensors.alignment import warped
from tilefold.sensors.touching import all_usable, source_window, touched_pixels

UTM = "EPSG:32631"


def square(size: float, left: float, top: float, side: int, crs: str = UTM) -> Grid:
    return Grid(crs, (size, 0.0, left, 0.0, -size, top), side, side)


def usable_on(source: Grid, target: Grid, window: Window, usable: np.ndarray) -> np.ndarray:
    touched = touched_pixels(source, target, window)
    read = source_window(touched, source)
    part = usable[read.row_start : read.row_stop, read.col_start : read.col_stop]
    return all_usable(part, read, touched)


def brute_force(source: Grid, target: Grid, usable: np.ndarray) -> np.ndarray:
    """Rectangle by rectangle, by areas of overlap."""
    expected = np.ones(target.shape, bool)
    rows, cols = np.nonzero(~usable)
    size_x, size_y = source.resolution
    left, _, _, top = source.bounds
    bad = [
        shapely.box(left + c * size_x, top - (r + 1) * size_y, left + (c + 1) * size_x, top - r * size_y)
        for r, c in zip(rows, cols, strict=True)
    ]
    area = shapely.box(*source.bounds)
    for row in range(target.height):
        for col in range(target.width):
            pixel = shapely.box(*target.crop(Window(row, row + 1, col, col + 1)).bounds)
            inside = area.buffer(0.1).contains(pixel)
            expected[row, col] = inside and not any(pixel.intersection(other).area > 1 for other in bad)
    return expected


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([5, 10, 20, 30, 60]), st.integers(-6, 6), st.integers(-6, 6), st.integers(0, 99))
def test_touched_in_one_crs(size: int, shift_x: int, shift_y: int, seed: int) -> None:
    source = square(20, 300000, 4800000, 9)
    target = square(size, 300000 + 5 * shift_x, 4800000 + 5 * shift_y, 10)
    usable = np.random.default_rng(seed).random(source.shape) > 0.1
    found = usable_on(source, target, whole(10, 10), usable)
    np.testing.assert_array_equal(found, brute_force(source, target, usable))


@pytest.mark.parametrize("seed", range(3))
def test_a_window_is_a_part_of_the_whole_in_another_crs(seed: int) -> None:
    source = square(10, 300000, 4800000, 80)
    x, y = Transformer.from_crs(UTM, "EPSG:2154", always_xy=True).transform(300400, 4799600)
    target = square(10, x - 300, y + 300, 60, "EPSG:2154")
    usable = np.random.default_rng(seed).random(source.shape) > 0.02
    found = usable_on(source, target, whole(60, 60), usable)
    window = Window(13, 41, 7, 60)
    np.testing.assert_array_equal(usable_on(source, target, window, usable), found[13:41, 7:60])
    assert 0.5 < found.mean() < 1


def test_another_crs_is_as_strict_as_geometry_and_gdal() -> None:
    source = square(10, 300000, 4800000, 50)
    x, y = Transformer.from_crs(UTM, "EPSG:2154", always_xy=True).transform(300250, 4799750)
    target = square(10, x - 150, y + 150, 30, "EPSG:2154")
    usable = np.random.default_rng(3).random(source.shape) > 0.03
    found = usable_on(source, target, whole(30, 30), usable)

    rows, cols = np.nonzero(~usable)
    left, top = 300000 + 10 * cols, 4800000 - 10 * rows
    bad = shapely.STRtree(shapely.box(left, top - 10, left + 10, top))
    col, row = np.meshgrid(np.arange(30), np.arange(30))
    pixels = shapely.box(x - 150 + 10 * col, y + 140 - 10 * row, x - 140 + 10 * col, y + 150 - 10 * row)
    to_source = Transformer.from_crs("EPSG:2154", UTM, always_xy=True)
    pixels = shapely.transform(pixels, to_source.transform, interleaved=False)
    touching = bad.query(shapely.buffer(pixels.ravel(), -0.02), "intersects")[0]
    around = bad.query(shapely.envelope(pixels.ravel()), "intersects")[0]
    unusable = set(np.flatnonzero(~found).tolist())
    assert set(touching.tolist()) <= unusable <= set(around.tolist())

    with (
        MemoryFile() as memory,
        memory.open(
            driver="GTiff", height=50, width=50, count=1, dtype="uint8", crs=UTM, transform=source.affine
        ) as dataset,
    ):
        dataset.write((~usable).astype(np.uint8), 1)
        with memory.open() as again, warped(again, target, Resampling.max) as view:
            assert not (found & (view.read(1) != 0)).any()


def test_outside_is_not_usable() -> None:
    source = square(10, 300000, 4800000, 4)
    far = square(15, 900000, 4800000, 5)
    assert not usable_on(source, far, whole(5, 5), np.ones(source.shape, bool)).any()
