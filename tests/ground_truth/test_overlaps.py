import geopandas
import pytest
import shapely

WIDE = {"id": "field"}


def at(x, y, width, height=10):
    return shapely.box(x, y, x + width, y + height)


def claims(table, reason):
    found = table[table["reason"] == reason]
    return found[["code", "step", "features", "hectares"]].to_numpy().tolist()


@pytest.fixture
def contested():
    """Class 1 and 2 share 4 x 10 m, 2 and 3 share 5 x 10 m; two of class 3 share 2 x 10 m."""
    return [
        {"field": "a", "code": 1, "geometry": at(0, 0, 20)},
        {"field": "b", "code": 2, "geometry": at(16, 0, 20)},
        {"field": "c", "code": 3, "geometry": at(31, 0, 20)},
        {"field": "d", "code": 3, "geometry": at(49, 0, 20)},
        {"field": "e", "code": 2, "geometry": at(69, 0, 20)},  # touches d
    ]


def test_overlaps_are_told_and_kept(write_source, clean, contested, balanced):
    reference, rejected, table, paths = clean(write_source(contested), fields=WIDE)
    assert reference["id"].tolist() == list("abcde")
    assert rejected.empty
    assert claims(table, "overlaps class 1") == [[2, "noted", 1, 0.004]]
    assert claims(table, "overlaps class 2") == [[1, "noted", 1, 0.004], [3, "noted", 1, 0.005]]
    # Of one class: two polygons, and their common ground once.
    assert claims(table, "overlaps class 3") == [[2, "noted", 1, 0.005], [3, "noted", 2, 0.002]]
    noted = geopandas.read_file(paths["rejected"], layer="noted")
    assert noted[["reason", "id", "detail"]].to_numpy().tolist() == [
        ["overlaps class 2", "a", "with b"],
        ["overlaps class 3", "b", "with c"],
        ["overlaps class 3", "c", "with d"],
    ]
    assert noted.area.tolist() == pytest.approx([40, 50, 20])
    balanced(table)


def test_contested_ground_is_cut_from_both(write_source, clean, contested, balanced):
    reference, rejected, table, _ = clean(write_source(contested), fields=WIDE, overlaps="clip")
    assert reference["id"].tolist() == list("abcde")
    assert reference.area.tolist() == pytest.approx([160, 110, 150, 200, 200])
    assert rejected[["id", "reason", "detail"]].to_numpy().tolist() == [
        ["a", "ground of several classes", "classes 2"],
        ["b", "ground of several classes", "classes 1; 3"],
        ["b", "ground of several classes", "classes 1; 3"],
        ["c", "ground of several classes", "classes 2"],
    ]
    assert sorted(rejected.area) == pytest.approx([40, 40, 50, 50])
    by_class = reference.dissolve("code").geometry
    assert by_class[1].intersection(by_class[2]).area == 0
    assert by_class[2].intersection(by_class[3]).area == 0
    balanced(table)


def test_what_overlaps_is_rejected(write_source, clean, contested, balanced):
    reference, rejected, table, _ = clean(write_source(contested), fields=WIDE, overlaps="reject")
    assert reference["id"].tolist() == ["d", "e"]
    assert rejected["id"].tolist() == ["a", "b", "c"]
    assert rejected.area.tolist() == [200, 200, 200]
    balanced(table)


def test_a_polygon_cut_in_two_by_several(write_source, clean, balanced):
    rows = [
        {"field": "long", "code": 1, "geometry": at(0, 0, 100)},
        {"field": "across", "code": 2, "geometry": shapely.box(40, -20, 60, 30)},
        {"field": "end", "code": 3, "geometry": shapely.box(90, -20, 120, 30)},
        {"field": "inside", "code": 3, "geometry": shapely.box(45, 2, 50, 8)},
    ]
    reference, rejected, table, _ = clean(write_source(rows), fields=WIDE, overlaps="clip")
    parts = reference[reference["id"] == "long"]
    assert sorted(parts.area) == pytest.approx([300, 400])
    assert parts["group"].nunique() == 1
    assert "inside" not in set(reference["id"])
    assert rejected[rejected["id"] == "inside"].area.tolist() == pytest.approx([30])
    balanced(table)


def test_rounding_is_no_overlap(write_source, clean):
    rows = [{"code": 1, "geometry": at(0, 0, 10.05)}, {"code": 2, "geometry": at(10, 0, 10)}]
    reference, rejected, table, _ = clean(write_source(rows), overlaps="reject")
    assert len(reference) == 2
    assert rejected.empty
    assert not table["reason"].str.startswith("overlaps").any()


def test_neighbours_in_another_crs_do_not_overlap(write_source, clean):
    """Edges of 2 km, with a neighbour's corner in the middle, which leaves the line on the way to Lambert 93."""
    rows = [
        {"code": 1, "geometry": shapely.box(300000, 4800000, 302000, 4802000)},
        {"code": 2, "geometry": shapely.box(302000, 4800000, 303000, 4801000)},
        {"code": 3, "geometry": shapely.box(302000, 4801000, 303000, 4802000)},
    ]
    reference = clean(write_source(rows), crs="EPSG:2154", overlaps="reject")[0]
    assert len(reference) == 3


def test_points_on_ground_of_another_class(write_source, clean, square, balanced):
    rows = [
        {"field": "a", "code": 1, "geometry": square(0, 0)},
        {"field": "b", "code": 2, "geometry": shapely.Point(5, 5)},
        {"field": "c", "code": 1, "geometry": shapely.Point(6, 5)},
        {"field": "d", "code": 2, "geometry": shapely.Point(10, 5)},  # on the border
    ]
    source = write_source(rows)
    reference, _, table, _ = clean(source, fields=WIDE)
    assert reference["id"].tolist() == list("abcd")
    assert claims(table, "overlaps class 1") == [[1, "noted", 2, 0.0], [2, "noted", 1, 0.0]]
    for choice in ("clip", "reject"):
        reference, rejected, table, _ = clean(source, folder=choice, fields=WIDE, overlaps=choice)
        assert reference["id"].tolist() == list("acd")
        assert reference.area[0] == 100
        assert rejected[["id", "detail"]].to_numpy().tolist() == [["b", "classes 1"]]
        balanced(table)
