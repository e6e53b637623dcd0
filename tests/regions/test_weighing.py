"""Weights near the borders of regions, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import shapely

from tilefold.grids.grid import Grid
from tilefold.regions.preparing import prepare_regions
from tilefold.regions.weighing import MIXED, border_weights, weigh_regions

CRS = "EPSG:32631"


def test_weights_go_linearly_across_a_straight_border():
    numbers = np.repeat([[1, 1, 1, 1, 2, 2, 2, 2]], 5, axis=0).astype(np.uint8)
    found = border_weights(numbers, 25.0, (10.0, 10.0))
    # Centres lie 35, 25, 15, 5 m inside region 1, then as far inside region 2.
    own = [10000, 10000, 8000, 6000, 6000, 8000, 10000, 10000]
    np.testing.assert_array_equal(found[MIXED], np.repeat([own], 5, axis=0))
    np.testing.assert_array_equal(found[MIXED + 1], np.repeat([[10000 - w for w in own]], 5, axis=0))
    np.testing.assert_array_equal(found[0], numbers)
    other = np.where(found[MIXED + 1] > 0, 3 - numbers, 0)
    np.testing.assert_array_equal(found[1], other)
    assert not found[2].any()


def test_distances_are_in_units_of_the_crs():
    numbers = np.array([[1], [1], [2], [2]], np.uint8)
    found = border_weights(numbers, 30.0, (10.0, 20.0))
    # Rows of 20 m: centres 40 and 20 m from the nearest of the other region, less half of the smaller side.
    np.testing.assert_array_equal(found[MIXED, :, 0], [10000, 7500, 7500, 10000])


def test_where_three_regions_meet_each_has_its_own_weight():
    numbers = np.zeros((40, 40), np.uint8)
    numbers[:20, :20], numbers[:20, 20:], numbers[20:] = 1, 2, 3
    found = border_weights(numbers, 100.0, (10.0, 10.0))
    # Row 17, column 18: 25 m above region 3, 15 m left of region 2; region 1's own border is 15 m away.
    assert found[:, 17, 18].tolist() == [1, 2, 3, 5750, 4250, 3750]
    assert (found[0] == numbers).all()


def test_one_region_counts_alone():
    found = border_weights(np.full((3, 3), 7, np.uint8), 100.0, (10.0, 10.0))
    assert found[:, 1, 1].tolist() == [7, 0, 0, 10000, 0, 0]


@pytest.mark.parametrize("filled", [False, True])
def test_regions_beyond_the_edge_of_the_tile_count(write_regions, tmp_path, filled):
    rows = [("a", shapely.box(0, -9000, 3000, 9000)), ("b", shapely.box(3100, -9000, 9000, 9000))]
    path = tmp_path / "regions.gpkg"
    prepare_regions(
        write_regions(rows),
        {"layer": None, "field": "zone", "names": ["a", "b"], "crs": CRS},
        regions=path,
        neighbours=tmp_path / "neighbours.csv",
    )
    found = {}
    for name, cols, left in (("whole", 700, 0.0), ("left", 295, 0.0), ("right", 300, 3200.0)):
        grid = Grid(CRS, (10.0, 0.0, left, 0.0, -10.0, 3000.0), 20, cols)
        settings = {"tile": name, "grid": grid.to_dict(), "crs": CRS, "blend_m": 400.0, "filled": filled}
        weigh_regions(path, settings, raster=tmp_path / f"{name}.tif")
        with rasterio.open(tmp_path / f"{name}.tif") as raster:
            found[name] = raster.read()
    np.testing.assert_array_equal(found["left"], found["whole"][:, :, :295])
    np.testing.assert_array_equal(found["right"], found["whole"][:, :, 320:620])
    # With the ground between them given to the nearest, the border lies at 3050 m.
    border, other = (3050, 2) if filled else (3000, 0)
    distance = border - (10 * 294 + 5)
    assert found["left"][:2, 5, 294].tolist() == [1, other]
    own = round(10000 * (0.5 + distance / 800))
    # Outside all regions is narrower than the width: b counts too.
    assert found["left"][MIXED, 5, 294] == own
    if not filled:
        assert found["left"][2, 5, 294] == 2
        assert found["left"][MIXED + 2, 5, 294] == round(10000 * (0.5 - (3100 - 2945) / 800))
