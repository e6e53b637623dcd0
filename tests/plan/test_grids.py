import pytest
from pyproj import Transformer

from tilefold.grids.grid import Grid
from tilefold.plan.grids import output_grid

HEADER = Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -10.0, 4900020.0), 100, 80)


def test_without_wishes_the_grid_is_the_products():
    assert output_grid(HEADER, None, None) == HEADER


def test_another_resolution_keeps_the_origin():
    grid = output_grid(HEADER, None, 20.0)
    assert grid.transform == (20.0, 0.0, 300000.0, 0.0, -20.0, 4900020.0)
    assert grid.shape == (50, 40)


def test_output_crs_lies_on_multiples_of_the_resolution_and_holds_the_product():
    grid = output_grid(HEADER, "EPSG:2154", 10.0)
    left, bottom, right, top = grid.bounds
    assert all(value % 10 == pytest.approx(0) for value in grid.bounds)
    to_map = Transformer.from_crs("EPSG:32631", "EPSG:2154", always_xy=True)
    for x in (300000, 300800):
        for y in (4899020, 4900020):
            east, north = to_map.transform(x, y)
            assert left <= east <= right
            assert bottom <= north <= top
