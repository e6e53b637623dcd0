import geopandas
import numpy as np
import pytest
import shapely

from tilefold.ground_truth.shapes import narrower


@pytest.fixture
def thin(square):
    strip = shapely.box(50, 0, 51, 400)
    return [
        {"field": "a", "code": 1, "geometry": square(0, 0)},
        {"field": "b", "code": 1, "geometry": strip},
        {"field": "c", "code": 2, "geometry": shapely.box(100, 0, 107, 7)},
        {"field": "d", "code": 2, "geometry": shapely.Point(305, 305)},
    ]


def test_slivers_are_told_and_kept(write_source, clean, thin):
    reference, _, table, paths = clean(write_source(thin), fields={"id": "field"})
    assert reference["id"].tolist() == list("abcd")
    noted = table[table["step"] == "noted"]
    assert noted[["code", "reason", "features", "hectares"]].to_numpy().tolist() == [
        [1, "narrower than a pixel", 1, 0.04],
        [2, "smaller than a pixel", 1, 0.0049],
    ]
    layer = geopandas.read_file(paths["rejected"], layer="noted")
    assert layer[["reason", "id"]].to_numpy().tolist() == [
        ["narrower than a pixel", "b"],
        ["smaller than a pixel", "c"],
    ]


def test_slivers_are_rejected_on_request(write_source, clean, thin, balanced):
    source = write_source(thin)
    _, rejected, table, _ = clean(source, fields={"id": "field"}, min_area=50.0)
    assert rejected[["id", "reason"]].to_numpy().tolist() == [["c", "smaller than min_area"]]
    balanced(table)
    _, rejected, table, _ = clean(source, folder="b", fields={"id": "field"}, min_width=2.0)
    assert rejected[["id", "reason"]].to_numpy().tolist() == [["b", "narrower than min_width"]]
    balanced(table)


def test_without_a_pixel_nothing_is_told_of_it(write_source, clean, thin):
    table = clean(write_source(thin), pixel=None)[2]
    assert "noted" not in set(table["step"])
    assert table["pixels"].isna().all()


def test_a_part_of_a_polygon_may_be_a_sliver(write_source, clean, square):
    rows = [
        {"code": 1, "geometry": shapely.MultiPolygon([square(0, 0), shapely.box(50, 0, 50.5, 10)])},
        {"code": 2, "geometry": square(9, 9)},
    ]
    reference, rejected, _, _ = clean(write_source(rows), min_area=50.0)
    assert reference.area.tolist() == pytest.approx([100, 100])
    assert rejected.area[0] == pytest.approx(5)
    assert rejected["id"][0] in set(reference["id"])


def test_what_clipping_leaves_may_be_a_sliver(write_source, clean, balanced):
    rows = [
        {"field": "a", "code": 1, "geometry": shapely.box(0, 0, 20, 10)},
        {"field": "b", "code": 2, "geometry": shapely.box(1, 0, 40, 10)},
    ]
    reference, rejected, table, _ = clean(
        write_source(rows), fields={"id": "field"}, overlaps="clip", min_width=2.0
    )
    assert reference["id"].tolist() == ["b"]
    assert sorted(rejected["reason"].tolist()) == [
        *("ground of several classes", "ground of several classes", "narrower than min_width")
    ]
    balanced(table)


def test_width_is_that_of_the_largest_circle():
    rng = np.random.default_rng(0)
    clouds = [shapely.MultiPoint(rng.uniform(0, 30, (6, 2))).convex_hull for _ in range(300)]
    rings = [
        shapely.Point(0, 0).buffer(r).difference(shapely.Point(1, 0).buffer(r / 2)) for r in range(4, 40)
    ]
    shapes = np.array([*clouds, *rings], object)
    diameters = 2 * shapely.length(shapely.maximum_inscribed_circle(shapes, tolerance=1e-4))
    found = narrower(shapes, "EPSG:32631", 10.0)
    clear = np.abs(diameters - 10) > 0.05
    assert np.array_equal(found[clear], diameters[clear] < 10)
    assert 20 < found.sum() < len(found) - 20


def test_holes_may_make_a_polygon_narrow():
    lattice = [(x, y) for x in range(5, 100, 10) for y in range(5, 100, 10)]
    holed = shapely.difference(
        shapely.box(0, 0, 100, 100), shapely.union_all(shapely.points(lattice).tolist()).buffer(1)
    )
    circle = shapely.length(shapely.maximum_inscribed_circle(holed)) * 2
    shapes = np.array([holed], object)
    assert not narrower(shapes, "EPSG:32631", circle - 0.2)[0]
    assert narrower(shapes, "EPSG:32631", circle + 0.2)[0]


def test_widths_in_degrees_are_metres():
    # 10 m east-west at 60 degrees north is 20 m's worth of degrees at the equator.
    degree = 111319.49
    east = 10 / degree / np.cos(np.radians(60))
    strip = np.array([shapely.box(3, 60, 3 + east, 60.01)], object)
    assert not narrower(strip, "EPSG:4326", 9.8)[0]
    assert narrower(strip, "EPSG:4326", 10.2)[0]
