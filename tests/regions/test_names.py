import re

import pytest
import shapely

from tilefold.regions.names import MOST, read_region_names, region_numbers, safe_name

SQUARE = shapely.box(0, 0, 10, 10)


def names(path, field="zone", layer=None):
    return read_region_names(str(path), layer, field)


def test_distinct_names_in_order(write_regions):
    path = write_regions([("south", SQUARE), ("north", SQUARE), ("south", SQUARE)])
    assert names(path) == (["north", "south"], [])


def test_integers_are_names_too(write_regions):
    path = write_regions([(12, SQUARE), (3, SQUARE)])
    assert names(path) == (["12", "3"], [])


def test_other_formats(write_regions):
    path = write_regions([("a", SQUARE), ("b", SQUARE)], "given.geojson", crs="EPSG:4326")
    assert names(path) == (["a", "b"], [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Massif Central", "Massif_Central"),
        ("Pyrénées", "Pyrenees"),
        ("a/b: c", "a_b_c"),
        ("zone-2", "zone-2"),
    ],
)
def test_names_are_safe_in_paths(text, expected):
    assert safe_name(text) == expected


def test_numbers_follow_the_names_and_leave_out_the_model_of_all():
    assert region_numbers(["south", "north", "all"]) == {"north": 1, "south": 2}
    assert region_numbers(["all"]) == {}


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([("a b", SQUARE), ("a_b", SQUARE)], "'a b' and 'a_b' would have the same file names"),
        ([("North", SQUARE), ("north", SQUARE)], "'North' and 'north' would have the same file names"),
        ([("All", SQUARE)], "'All' is the name of the model of all regions"),
        ([("北", SQUARE)], "'北' holds no letter or digit"),
        ([("a", SQUARE), (None, SQUARE), (" ", SQUARE)], "zone of .* is empty in 2 feature"),
        ([(number, SQUARE) for number in range(MOST + 1)], "has 201 values, at most 200"),
    ],
)
def test_names_that_cannot_be(write_regions, rows, fault):
    (found,) = names(write_regions(rows))[1]
    assert found.startswith("regions.field: zone of ")
    assert re.search(fault, found)


def test_faults_of_the_file(write_regions, tmp_path):
    assert names(tmp_path / "none.gpkg")[1] == [f"regions.path: no file {tmp_path / 'none.gpkg'}"]
    (tmp_path / "text.gpkg").write_text("no vector")
    assert "cannot be read as a vector file" in names(tmp_path / "text.gpkg")[1][0]
    path = write_regions([("a", SQUARE)])
    assert names(path, "zones")[1] == [f"regions.field: {path} has no field zones; did you mean zone?"]
    assert names(path, layer="b")[1] == [f"regions.layer: {path} has no layer b; it has given"]
    lines = write_regions([("a", SQUARE.boundary)], "lines.gpkg")
    assert "holds geometries of type LineString; expected polygons" in names(lines)[1][0]
    points = write_regions([("a", SQUARE.centroid)], "points.gpkg", crs=None)
    without_crs, of_points = names(points)[1]
    assert "has no coordinate reference system" in without_crs
    assert "type Point" in of_points
    real = write_regions([(1.5, SQUARE)], "real.gpkg")
    assert "has type Real; expected text or an integer" in names(real)[1][0]
