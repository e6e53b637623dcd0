import json

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring, to_common
from tilefold.grids.windows import Window

UTM = "EPSG:32631"


def tile_grid(row: int, col: int, height: int = 20, width: int = 20, crs: str = UTM) -> Grid:
    """Grid whose upper left pixel is at a row and column of the mosaic's lattice of 10 m pixels."""
    return Grid(crs, (10.0, 0.0, 300000.0 + 10 * col, 0.0, -10.0, 4800000.0 - 10 * row), height, width)


def ownership_of(grids: dict[str, Grid], crs: str = UTM) -> Ownership:
    return Ownership(crs, {name: footprint_ring(grid, crs) for name, grid in grids.items()})


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 20), st.integers(1, 20)),
        min_size=1,
        max_size=5,
    )
)
def test_owned_pixels_partition_a_mosaic_of_overlapping_tiles(
    places: list[tuple[int, int, int, int]],
) -> None:
    grids = {f"T{index}": tile_grid(*place) for index, place in enumerate(places)}
    ownership = ownership_of(grids)
    covered = np.zeros((60, 60), bool)
    owned = np.zeros((60, 60), int)
    for (row, col, height, width), (name, grid) in zip(places, grids.items(), strict=True):
        covered[row : row + height, col : col + width] = True
        owned[row : row + height, col : col + width] += ownership.owned(name, grid)
    np.testing.assert_array_equal(owned, covered)


def test_a_pixel_belongs_to_the_nearest_centre() -> None:
    grids = {"A": tile_grid(0, 0), "B": tile_grid(0, 14)}
    owned = ownership_of(grids).owned("A", grids["A"])
    # The footprints overlap in columns 14..19; centres lie at columns 10 and 24, halfway at 17.
    assert owned[:, :17].all()
    assert not owned[:, 17:].any()


def test_of_two_equally_near_the_first_by_name() -> None:
    grids = {"B": tile_grid(0, 0), "A": tile_grid(0, 0)}
    ownership = ownership_of(grids)
    assert ownership.owned("A", grids["A"]).all()
    assert not ownership.owned("B", grids["B"]).any()


def test_nobody_owns_what_lies_outside() -> None:
    ownership = ownership_of({"A": tile_grid(0, 0)})
    np.testing.assert_array_equal(
        ownership.owners(np.array([299999.0, 300001.0]), np.array([4799900.0, 4799900.0])), [-1, 0]
    )


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(-3, 13) | st.sampled_from([np.inf, np.nan])] * 2), max_size=6),
    st.booleans(),
)
def test_points_all_inside_all_outside_and_on_borders_are_judged_one_by_one(
    places: list[tuple[float, float]], turned: bool
) -> None:
    """As GEOS judges each point by itself, whatever others are asked for with it."""
    square = np.array([(0.0, 0.0), (0.0, 10.0), (10.0, 10.0), (10.0, 0.0)])
    corners = square @ np.array([[0.6, 0.8], [-0.8, 0.6]]) if turned else square
    ring = tuple((float(x), float(y)) for x, y in corners)
    points = np.array(places, float).reshape(-1, 2)
    found = Ownership(UTM, {"A": ring}).owners(points[:, 0], points[:, 1])
    expected = [shapely.intersects(shapely.Polygon(ring), shapely.Point(point)) for point in points]
    np.testing.assert_array_equal(found == 0, np.array(expected, bool))


def test_a_window_is_a_part_of_the_whole() -> None:
    grids = {"A": tile_grid(0, 0), "B": tile_grid(5, 11), "C": tile_grid(13, 2)}
    ownership = ownership_of(grids)
    window = Window(3, 17, 6, 20)
    whole = ownership.owned("B", grids["B"])
    np.testing.assert_array_equal(ownership.owned("B", grids["B"], window), whole[3:17, 6:20])


def test_neighbours_decide_as_all_tiles_do() -> None:
    grids = {f"T{row}{col}": tile_grid(16 * row, 16 * col) for row in range(3) for col in range(3)}
    ownership = ownership_of(grids)
    near = ownership.neighbours("T00")
    assert near.names == ["T00", "T01", "T10", "T11"]
    np.testing.assert_array_equal(near.owned("T00", grids["T00"]), ownership.owned("T00", grids["T00"]))


def test_no_place_has_two_owners_across_two_zones() -> None:
    common = "EPSG:2154"
    grids = {
        "A": Grid("EPSG:32631", (1000.0, 0.0, 690000.0, 0.0, -1000.0, 4850000.0), 40, 40),
        "B": Grid("EPSG:32632", (1000.0, 0.0, 220000.0, 0.0, -1000.0, 4850000.0), 40, 40),
    }
    ownership = ownership_of(grids, common)
    for name, grid in grids.items():
        x, y = to_common(grid, common, *np.mgrid[:40, :40])
        owned = ownership.owned(name, grid)
        np.testing.assert_array_equal(ownership.owners(x, y)[owned], ownership.names.index(name))
        assert owned.any()
        assert not owned.all()


@pytest.mark.parametrize("crs", [UTM, "EPSG:2154"])
def test_plain_data_and_back(crs: str) -> None:
    ownership = ownership_of({"A": tile_grid(0, 0), "B": tile_grid(5, 11)}, crs)
    assert Ownership.from_dict(json.loads(json.dumps(ownership.to_dict()))) == ownership


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=6),
    st.integers(0, 10**6),
)
@settings(max_examples=60, deadline=None)
def test_regions_are_what_owners_say(corners, seed):
    rings = {
        f"t{i}": ((x, y + 7.0), (x + 9.0, y + 7.0), (x + 9.0, y + 0.0), (x + 0.0, y + 0.0))
        for i, (x, y) in enumerate(corners)
    }
    ownership = Ownership("EPSG:32631", rings)
    x, y = np.random.default_rng(seed).uniform(-1, 23, (2, 400))
    owners = ownership.owners(x, y)
    for index, tile in enumerate(ownership.names):
        np.testing.assert_array_equal(shapely.contains_xy(ownership.region(tile), x, y), owners == index)
