import numpy as np
import pytest
import shapely
from pyproj import Geod

from tilefold.ground_truth.shapes import (
    areas_m2,
    canonical_bytes,
    digests,
    ground_m2,
    identities,
    polygonal_parts,
    reproject,
    usable_parts,
)


def shapes(*wkt):
    return np.array([shapely.from_wkt(text) if text else None for text in wkt], object)


def test_identity_ignores_ring_start_direction_parts_and_promotion():
    same = canonical_bytes(
        shapes(
            "POLYGON ((0 0, 2 0, 2 2, 0 0))",
            "POLYGON ((2 2, 0 0, 2 0, 2 2))",
            "POLYGON ((0 0, 2 2, 2 0, 0 0))",
            "MULTIPOLYGON (((0 0, 2 0, 2 2, 0 0)))",
            "POLYGON Z ((0 0 1, 2 0 1, 2 2 1, 0 0 1))",
        )
    )
    assert len(set(same)) == 1
    two = canonical_bytes(
        shapes(
            "MULTIPOLYGON (((0 0, 2 0, 2 2, 0 0)), ((5 5, 6 5, 6 6, 5 5)))",
            "MULTIPOLYGON (((5 5, 6 5, 6 6, 5 5)), ((0 0, 2 0, 2 2, 0 0)))",
        )
    )
    assert two[0] == two[1] != same[0]


def test_digests():
    found = digests(canonical_bytes(shapes("POLYGON ((0 0, 2 0, 2 2, 0 0))", None)))
    assert len(found[0]) == 12
    assert found[1] == ""


def test_parts_of_broken_geometries():
    parts, origin = polygonal_parts(
        shapes(
            "POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))",  # bow tie: two triangles of 1/4
            "MULTIPOLYGON (((0 0, 2 0, 2 2, 0 2, 0 0)), ((1 1, 3 1, 3 3, 1 3, 1 1)))",  # overlap: 4 + 4 - 1
            "GEOMETRYCOLLECTION (POINT (0 0), MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5))))",
            "POLYGON ((0 0, 1 0, 2 0, 0 0))",  # no area
            "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1))",
        )
    )
    assert origin.tolist() == [0, 0, 1, 2, 2, 4]
    assert shapely.area(parts) == pytest.approx([0.25, 0.25, 7, 0.5, 0.5, 15])
    assert shapely.is_valid(parts).all()


def test_reprojection_and_what_cannot_be_carried():
    moved = reproject(shapes("POLYGON ((3 0, 4 0, 4 1, 3 0))", None), "EPSG:4326", "EPSG:32631")
    x, y = shapely.get_coordinates(moved[0])[0]
    assert (x, y) == pytest.approx((500000, 0), abs=1e-3)  # the central meridian of zone 31
    assert moved[1] is None
    lost = reproject(shapes("POLYGON ((0 0, 1e30 0, 1 1, 0 0))"), "EPSG:4326", "EPSG:32631")
    assert lost[0] is None


def test_areas():
    boxes = np.array([shapely.box(0, 0, 100, 50), None], object)
    assert areas_m2(boxes, "EPSG:32631").tolist() == [5000, 0]
    assert areas_m2(boxes, "EPSG:2263")[0] == pytest.approx(5000 * 0.3048006096**2)  # US feet
    degree = shapely.box(3, 45, 3.1, 45.1)
    geodesic, _ = Geod(ellps="WGS84").geometry_area_perimeter(degree)
    assert areas_m2(np.array([degree], object), "EPSG:4326")[0] == pytest.approx(geodesic, rel=1e-4)


def test_polygons_points_and_the_rest():
    parts, origin, others, others_origin = usable_parts(
        shapes(
            "GEOMETRYCOLLECTION (POINT (0 0), LINESTRING (0 0, 1 1), POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0)))",
            "MULTIPOINT (1 1, 2 2)",
            "GEOMETRYCOLLECTION (GEOMETRYCOLLECTION (MULTIPOINT (3 3), LINESTRING (0 0, 1 1)))",
            "POLYGON ((0 0, 1 0, 1 1, 0 0))",
        )
    )
    assert origin.tolist() == [0, 0, 0, 1, 1, 2, 3]
    assert sorted(shapely.to_wkt(parts[3:6], rounding_precision=0)) == [
        *("POINT (1 1)", "POINT (2 2)", "POINT (3 3)")
    ]
    assert sorted(shapely.area(parts[:3])) == [0, 0.25, 0.25]
    assert others_origin.tolist() == [0, 2]
    assert set(shapely.get_type_id(others)) == {1}


def test_identities_are_digests_of_canonical_bytes():
    short, long = identities(shapes("POLYGON ((0 0, 2 0, 2 2, 0 0))", "POLYGON ((2 2, 0 0, 2 0, 2 2))", None))
    assert short[0] == short[1] == digests(canonical_bytes(shapes("POLYGON ((0 0, 2 0, 2 2, 0 0))")))[0]
    assert long[0] == long[1]
    assert (short[2], long[2]) == ("", "")


def test_ground_of_a_point_is_a_pixel():
    found = shapes(
        "POINT (0 0)",
        "MULTIPOINT (0 0, 1 1)",
        "GEOMETRYCOLLECTION (POINT (0 0), POLYGON ((0 0, 5 0, 5 5, 0 5, 0 0)))",
        "POINT EMPTY",
        "LINESTRING (0 0, 1 1)",
        None,
    )
    assert ground_m2(found, "EPSG:32631", [10.0, 20.0]).tolist() == [200, 400, 225, 0, 0, 0]
    assert ground_m2(found, "EPSG:32631", None).tolist() == [0, 0, 25, 0, 0, 0]
