import geopandas
import numpy as np
import pytest
import shapely
from rasterio.features import rasterize

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring
from tilefold.grids.windows import Window, blocks, whole
from tilefold.ground_truth.rasterise import burn, load_reference, reference_pixels

GRID = Grid("EPSG:32631", (10.0, 0.0, 500000.0, 0.0, -10.0, 4800000.0), 60, 50)


@pytest.fixture
def reference(tmp_path):
    """Write polygons, numbered from 1, as a cleaned reference."""

    def write(shapes, crs="EPSG:32631"):
        count = len(shapes)
        frame = geopandas.GeoDataFrame(
            {
                "polygon": np.arange(1, count + 1, dtype=np.int32),
                "group": np.arange(1, count + 1, dtype=np.int32),
                "id": [str(number) for number in range(count)],
                "code": np.arange(1, count + 1, dtype=np.int32) * 10,
            },
            geometry=list(shapes),
            crs="EPSG:32631",
        ).to_crs(crs)
        path = tmp_path / "reference.gpkg"
        frame.to_file(path, layer="reference")
        return path

    return write


def random_polygons(count, seed):
    """Convex polygons of 20 to 150 m around places in and near the grid."""
    rng = np.random.default_rng(seed)
    places = rng.uniform((499900, 4799300), (500600, 4800100), (count, 2))
    return [
        shapely.MultiPoint(place + rng.uniform(-75, 75, (12, 2))).convex_hull.simplify(1) for place in places
    ]


def test_burning_is_gdals_with_the_first_polygon_on_top(reference):
    shapes = random_polygons(40, seed=1)
    found = burn(load_reference(reference(shapes), GRID), whole(*GRID.shape))
    numbered = [(shape, number) for number, shape in enumerate(shapes, start=1)]
    expected = rasterize(numbered[::-1], out_shape=GRID.shape, transform=GRID.affine, dtype="int32")
    assert np.array_equal(found, expected)
    assert len(np.unique(found)) > 20


@pytest.mark.parametrize("size", [7, 16, 64])
def test_blocks_give_what_the_whole_gives(reference, size):
    # Edges through pixel centres, which rounding could decide one way or the other.
    ties = [shapely.box(500005, 4799405, 500155, 4799555), shapely.box(500155, 4799405, 500305, 4799785)]
    polygons = load_reference(reference([*ties, *random_polygons(30, seed=2)]), GRID)
    expected = burn(polygons, whole(*GRID.shape))
    for window in blocks(whole(*GRID.shape), size):
        part = expected[window.row_start : window.row_stop, window.col_start : window.col_stop]
        assert np.array_equal(burn(polygons, window), part)


def test_polygons_in_another_crs(reference):
    shapes = random_polygons(20, seed=3)
    there = burn(load_reference(reference(shapes, "EPSG:4326"), GRID), whole(*GRID.shape))
    here = burn(load_reference(reference(shapes), GRID), whole(*GRID.shape))
    assert np.mean(there != here) < 1e-3


def test_only_polygons_near_the_grid_are_loaded(reference):
    far = shapely.box(600000, 4700000, 600100, 4700100)
    polygons = load_reference(reference([far, shapely.box(500000, 4799900, 500030, 4799960)]), GRID)
    assert polygons.polygon.tolist() == [2]
    assert polygons.code.tolist() == [20]


def test_no_polygon_at_all_near_the_grid(reference):
    polygons = load_reference(reference([shapely.box(600000, 4700000, 600100, 4700100)]), GRID)
    assert not burn(polygons, Window(0, 5, 0, 5)).any()
    ownership = Ownership("EPSG:32631", {"A": footprint_ring(GRID, "EPSG:32631")})
    assert list(reference_pixels(polygons, "A", ownership, 16)) == []


def test_pixels_of_blocks_and_their_owner(reference):
    east = Grid(GRID.crs, (10.0, 0.0, 500300.0, 0.0, -10.0, 4800000.0), 60, 50)
    ownership = Ownership(
        "EPSG:32631", {name: footprint_ring(grid, GRID.crs) for name, grid in (("A", GRID), ("B", east))}
    )
    # Columns 30 to 49 of A are B's columns 0 to 19; A owns the left half of them.
    polygons = load_reference(reference([shapely.box(500280, 4799800, 500500, 4799900)]), GRID)
    found = list(reference_pixels(polygons, "A", ownership, 16))
    row, col, owned = (
        np.concatenate([getattr(block, name) for block in found]) for name in ("row", "col", "owned")
    )
    assert sorted(set(row)) == list(range(10, 20))
    assert sorted(set(col)) == list(range(28, 50))
    assert sorted(set(col[owned])) == list(range(28, 40))
    assert len(row) == 10 * 22
    # Both tiles together own each pixel once.
    other = list(
        reference_pixels(
            load_reference(reference([shapely.box(500280, 4799800, 500500, 4799900)]), east),
            "B",
            ownership,
            16,
        )
    )
    assert sum(int(block.owned.sum()) for block in found + other) == 10 * 22


def test_a_point_is_the_pixel_that_holds_it(reference):
    points = [
        *((500005, 4799995), (500013.9, 4799981.2)),
        *((500070, 4799930), (500160, 4799840)),  # pixel corners, the second on the corner of a block of 16
        (499999, 4799995),  # outside
    ]
    shapes = [shapely.Point(*point) for point in points]
    polygons = load_reference(reference(shapes), GRID)
    burnt = burn(polygons, whole(*GRID.shape))
    places = {number: tuple(map(int, np.argwhere(burnt == number)[0])) for number in np.unique(burnt)[1:]}
    assert places == {1: (0, 0), 2: (1, 1), 3: (7, 7), 4: (16, 16)}
    assert (burnt > 0).sum() == 4
    for window in blocks(whole(*GRID.shape), 16):
        part = burnt[window.row_start : window.row_stop, window.col_start : window.col_stop]
        assert np.array_equal(burn(polygons, window), part)


@pytest.mark.parametrize("point_first", [True, False])
def test_of_a_point_and_a_polygon_the_first_has_the_pixel(reference, point_first):
    box, point = shapely.box(500000, 4799970, 500030, 4800000), shapely.Point(500015, 4799985)
    shapes = [point, box] if point_first else [box, point]
    burnt = burn(load_reference(reference(shapes), GRID), whole(*GRID.shape))
    counts = {number: int((burnt == number).sum()) for number in (1, 2)}
    assert counts == ({1: 1, 2: 8} if point_first else {1: 9, 2: 0})
