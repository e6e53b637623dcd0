import numpy as np
import pytest
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.io import MemoryFile

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window, blocks, whole
from tilefold.sensors.alignment import warped
from tilefold.sensors.resampling import pixel_places, pixels_grow, resample, source_part

UTM, LAMBERT = "EPSG:32631", "EPSG:2154"
NODATA = -10000
SOURCE = Grid(UTM, (20.0, 0.0, 300000.0, 0.0, -20.0, 4800000.0), 70, 80)


def square(size: float, left: float, top: float, side: int, crs: str = UTM) -> Grid:
    return Grid(crs, (size, 0.0, left, 0.0, -size, top), side, side)


def in_lambert(size: float, side: int) -> Grid:
    """Grid around the middle of the source."""
    x, y = Transformer.from_crs(UTM, LAMBERT, always_xy=True).transform(300800, 4799300)
    return square(size, x - size * side / 2, y + size * side / 2, side, LAMBERT)


def noisy(seed: int = 0, gaps: float = 0.02) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.integers(-500, 9000, SOURCE.shape).astype(np.int16)
    values[rng.random(SOURCE.shape) < gaps] = NODATA
    return values


def resampled(values: np.ndarray, target: Grid, window: Window) -> np.ndarray:
    places = pixel_places(SOURCE, target, window)
    part = source_part(places, SOURCE)
    around = values[part.row_start : part.row_stop, part.col_start : part.col_stop]
    return resample(np.ascontiguousarray(around) if around.size else None, part, places, NODATA)


def by_gdal(values: np.ndarray, target: Grid) -> np.ndarray:
    height, width = values.shape
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            height=height,
            width=width,
            count=1,
            dtype="int16",
            crs=SOURCE.crs,
            transform=SOURCE.affine,
        ) as dataset:
            dataset.write(values, 1)
        with (
            memory.open() as dataset,
            warped(dataset, target, Resampling.cubic, src_nodata=NODATA, nodata=NODATA) as view,
        ):
            return view.read(1)


@pytest.mark.parametrize("gaps", [0.0, 0.02, 0.5])
@pytest.mark.parametrize(
    "target",
    [square(10, 300000, 4800000, 140), square(10, 299900, 4800050, 190), square(5, 300500, 4799500, 90)],
)
def test_a_whole_ratio_of_sizes_is_bit_by_bit_gdals(target: Grid, gaps: float) -> None:
    values = noisy(gaps=gaps)
    found = resampled(values, target, whole(*target.shape))
    np.testing.assert_array_equal(found, by_gdal(values, target))


@pytest.mark.parametrize(
    "target", [square(13, 299990, 4800009, 120), square(20, 300007, 4799997, 70), in_lambert(10, 90)]
)
def test_any_other_place_is_gdals_but_for_rounding(target: Grid) -> None:
    values = noisy(1)
    found, expected = resampled(values, target, whole(*target.shape)), by_gdal(values, target)
    np.testing.assert_array_equal(found == NODATA, expected == NODATA)
    difference = np.abs(found.astype(int) - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.001


@pytest.mark.parametrize("target", [square(13, 299990, 4800009, 120), in_lambert(10, 90)])
def test_a_window_is_a_part_of_the_whole(target: Grid) -> None:
    values = noisy(2)
    complete = resampled(values, target, whole(*target.shape))
    for window in blocks(whole(*target.shape), 37):
        rows, cols = (slice(*limits) for limits in window.to_ranges())
        np.testing.assert_array_equal(resampled(values, target, window), complete[rows, cols])


@pytest.mark.parametrize("target", [square(10, 900000, 4800000, 9), square(10, 900000, 6000000, 9, LAMBERT)])
def test_outside_is_nodata(target: Grid) -> None:
    assert (resampled(noisy(), target, whole(9, 9)) == NODATA).all()


def test_overshoots_are_clipped_and_chance_nodata_is_moved() -> None:
    target = square(10, 300000, 4800000, 140)
    values = np.full(SOURCE.shape, -32767, np.int16)
    values[:, 40:] = 32767
    found = resampled(values, target, whole(*target.shape))
    assert found.min() == -32767
    assert found.max() == 32767
    # Halfway between -10100 and -9900 lies -10000, which was measured.
    values[:, ::2], values[:, 1::2] = -10100, -9900
    between = square(20, 300010, 4800000, 60)
    found = resampled(values, between, Window(10, 50, 10, 50))
    assert (found == -9999).all()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (square(10, 300000, 4800000, 9), False),
        (square(20, 300000, 4800000, 9), False),
        (square(30, 300000, 4800000, 9), True),
        (in_lambert(20, 9), False),
        (in_lambert(25, 9), True),
    ],
)
def test_whether_pixels_grow(target: Grid, expected: bool) -> None:
    assert pixels_grow(SOURCE, target) is expected
