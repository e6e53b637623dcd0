import json

import numpy as np
import pytest
from rasterio.transform import xy

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window

GRID = Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -20.0, 4800000.0), 30, 50)


def test_bounds_and_resolution() -> None:
    assert GRID.bounds == (300000.0, 4799400.0, 300500.0, 4800000.0)
    assert GRID.resolution == (10.0, 20.0)
    assert GRID.shape == (30, 50)


def test_centres_are_those_of_rasterio() -> None:
    rows, cols = np.array([0, 7, 29]), np.array([0, 11, 49])
    x, y = GRID.centres(rows, cols)
    expected_x, expected_y = xy(GRID.affine, rows, cols)
    np.testing.assert_array_equal(x, expected_x)
    np.testing.assert_array_equal(y, expected_y)


def test_a_crop_keeps_the_places_of_pixels() -> None:
    part = GRID.crop(Window(4, 10, 20, 50))
    assert part.shape == (6, 30)
    np.testing.assert_array_equal(
        part.centres(np.array(2), np.array(3)), GRID.centres(np.array(6), np.array(23))
    )


def test_plain_data_and_back() -> None:
    assert Grid.from_dict(json.loads(json.dumps(GRID.to_dict()))) == GRID


@pytest.mark.parametrize(
    "transform",
    [(10.0, 1.0, 0.0, 0.0, -10.0, 0.0), (10.0, 0.0, 0.0, 0.0, 10.0, 0.0), (-10.0, 0.0, 0.0, 0.0, -10.0, 0.0)],
)
def test_only_north_up_grids(transform: tuple[float, float, float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="north-up"):
        Grid("EPSG:32631", transform, 3, 3)


def test_no_empty_grid() -> None:
    with pytest.raises(ValueError, match="0 x 3"):
        Grid("EPSG:32631", (10.0, 0.0, 0.0, 0.0, -10.0, 0.0), 0, 3)
