import subprocess

import geopandas
import numpy as np
import pytest
import rasterio
import shapely

from tilefold.grids.grid import Grid
from tilefold.regions.burning import burn_regions, fill_regions
from tilefold.regions.preparing import prepare_regions
from tilefold.regions.reading import numbers_at

CRS = "EPSG:32631"
GRID = Grid(CRS, (10.0, 0.0, 500000.0, 0.0, -10.0, 4803000.0), 300, 280)


def wobbly(x, y, radius, seed):
    """A star-shaped polygon with many vertices, none of them on a pixel's centre."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 60))
    length = radius * rng.uniform(0.6, 1.0, 60)
    return shapely.Polygon(np.column_stack([x + length * np.cos(angle), y + length * np.sin(angle)]))


@pytest.fixture
def prepared(write_regions, tmp_path):
    """Three regions; `b` and `c` overlap."""
    rows = [
        ("b", wobbly(500900, 4801200, 700, 1)),
        ("a", wobbly(502000, 4802200, 600, 2)),
        ("c", wobbly(501500, 4801000, 700, 3)),
    ]
    path = tmp_path / "regions.gpkg"
    prepare_regions(
        write_regions(rows),
        {"layer": None, "field": "zone", "names": ["a", "b", "c"], "crs": CRS, "code": "c"},
        regions=path,
        neighbours=tmp_path / "neighbours.csv",
    )
    return path


def burn(prepared, tmp_path, grid=GRID, name="burnt.tif"):
    burn_regions(prepared, {"tile": "T", "grid": grid.to_dict(), "code": "c"}, raster=tmp_path / name)
    return tmp_path / name


def read(path):
    with rasterio.open(path) as dataset:
        return dataset.read(1)


def centres(grid):
    rows, cols = np.mgrid[: grid.height, : grid.width]
    return grid.centres(rows, cols)


def test_pixels_are_where_their_centres_are_and_the_first_by_name_wins(prepared, tmp_path):
    shapes = geopandas.read_file(prepared).set_index("region").geometry
    x, y = centres(GRID)
    expected = np.zeros(GRID.shape, np.uint8)
    for number, name in ((3, "c"), (2, "b"), (1, "a")):
        expected[shapely.contains_xy(shapes[name], x, y)] = number
    burnt = burn(prepared, tmp_path)
    np.testing.assert_array_equal(read(burnt), expected)
    assert set(np.unique(expected)) == {0, 1, 2, 3}
    assert shapes["b"].intersects(shapes["c"])
    with rasterio.open(burnt) as dataset:
        assert (dataset.dtypes, dataset.nodata, dataset.descriptions) == (("uint8",), 0, ("region",))


def test_the_same_as_gdals_command(prepared, tmp_path):
    left, bottom, right, top = GRID.bounds
    command = ["gdal_rasterize", "-q", "-a", "number", "-sql"]
    command += ["select number, geom from regions order by number desc", "-ot", "Byte"]
    command += ["-te", *map(str, (left, bottom, right, top)), "-tr", "10", "10"]
    try:
        subprocess.run([*command, str(prepared), str(tmp_path / "gdal.tif")], check=True)
    except FileNotFoundError:
        pytest.skip("no gdal_rasterize here")
    np.testing.assert_array_equal(read(burn(prepared, tmp_path)), read(tmp_path / "gdal.tif"))


def test_a_tile_of_another_crs(prepared, tmp_path):
    grid = Grid("EPSG:2154", (20.0, 0.0, 500000.0, 0.0, -20.0, 0.0), 150, 150)
    corner = geopandas.GeoSeries([shapely.Point(500500, 4802500)], crs=CRS).to_crs(grid.crs).iloc[0]
    a, b, _, d, e, _ = grid.transform
    grid = Grid(grid.crs, (a, b, round(corner.x), d, e, round(corner.y)), 150, 150)
    shapes = geopandas.read_file(prepared).to_crs(grid.crs).set_index("region").geometry
    x, y = centres(grid)
    expected = np.zeros(grid.shape, np.uint8)
    for number, name in ((3, "c"), (2, "b"), (1, "a")):
        expected[shapely.contains_xy(shapes[name], x, y)] = number
    found = read(burn(prepared, tmp_path, grid))
    # Long edges bend on their way to another CRS: nothing but pixels on an edge may differ.
    assert (found != expected).mean() < 1e-3
    assert len(np.unique(found)) == 4


def test_outside_pixels_get_the_nearest_region(prepared, tmp_path):
    burnt, filled = burn(prepared, tmp_path), tmp_path / "filled.tif"
    fill_regions(
        burnt, prepared, {"tile": "T", "grid": GRID.to_dict(), "crs": CRS, "code": "c"}, raster=filled
    )
    before, after = read(burnt), read(filled)
    inside = before > 0
    np.testing.assert_array_equal(after[inside], before[inside])
    x, y = centres(GRID)
    points = shapely.points(x[~inside], y[~inside])
    shapes = geopandas.read_file(prepared).sort_values("number").geometry.to_numpy()
    distances = np.stack([shapely.distance(shape, points) for shape in shapes])
    np.testing.assert_array_equal(after[~inside], distances.argmin(axis=0) + 1)
    assert set(np.unique(after)) == {1, 2, 3}


def test_of_equally_near_regions_the_first(write_regions, tmp_path):
    grid = Grid(CRS, (10.0, 0.0, 0.0, 0.0, -10.0, 100.0), 10, 30)
    rows = [("y", shapely.box(0, 0, 100, 100)), ("x", shapely.box(210, 0, 300, 100))]
    settings = {"layer": None, "field": "zone", "names": ["x", "y"], "crs": CRS, "code": "c"}
    prepared = tmp_path / "r.gpkg"
    prepare_regions(write_regions(rows), settings, regions=prepared, neighbours=tmp_path / "n.csv")
    burnt, filled = burn(prepared, tmp_path, grid), tmp_path / "filled.tif"
    fill_regions(
        burnt, prepared, {"tile": "T", "grid": grid.to_dict(), "crs": CRS, "code": "c"}, raster=filled
    )
    # Column 15 has its centre at 155, as far from 100 as from 210.
    assert read(filled)[3].tolist() == [2] * 15 + [1] * 15


def test_a_tile_without_regions(prepared, tmp_path):
    grid = Grid(CRS, (10.0, 0.0, 600000.0, 0.0, -10.0, 4803000.0), 40, 50)
    burnt, filled = burn(prepared, tmp_path, grid), tmp_path / "filled.tif"
    assert not read(burnt).any()
    fill_regions(
        burnt, prepared, {"tile": "T", "grid": grid.to_dict(), "crs": CRS, "code": "c"}, raster=filled
    )
    assert set(np.unique(read(filled))) == {1}


def test_numbers_of_single_pixels(prepared, tmp_path):
    burnt = burn(prepared, tmp_path)
    values = read(burnt)
    rng = np.random.default_rng(0)
    row, col = rng.integers(0, GRID.height, 5000), rng.integers(0, GRID.width, 5000)
    np.testing.assert_array_equal(numbers_at(burnt, row, col), values[row, col])
    assert numbers_at(burnt, row[:0], col[:0]).tolist() == []
    assert not numbers_at(None, row, col).any()


def test_same_bytes(prepared, tmp_path):
    first, second = burn(prepared, tmp_path), burn(prepared, tmp_path, name="again.tif")
    assert first.read_bytes() == second.read_bytes()
