import geopandas
import pytest
import shapely
from pyproj import CRS

from tilefold.ground_truth.reading import check_reference, holds_text

BOX = shapely.box(0, 0, 1, 1)


def test_good_header_has_no_faults(write_source):
    source = write_source([{"code": 1, "name": "a", "geometry": BOX}])
    assert check_reference(source, None, "code") == []
    assert check_reference(source, "source", "code", {"id": "name"}) == []


@pytest.mark.parametrize("value", [1, 1.0, "1"])
def test_integers_reals_and_texts_may_hold_the_class(write_source, value):
    assert check_reference(write_source([{"code": value, "geometry": BOX}]), None, "code") == []


def test_absent_fields_are_all_named_with_what_was_found(write_source):
    source = write_source([{"Code": 1, "name": "a", "geometry": BOX}])
    faults = check_reference(source, None, "code", {"id": "ident"})
    assert len(faults) == 2
    assert "no class field 'code' (did you mean Code?)" in faults[0]
    assert "Code (Integer64), name (String)" in faults[0]
    assert "no id field 'ident'" in faults[1]


def test_wrong_type(write_source):
    import pandas as pd

    source = write_source([{"code": pd.Timestamp("2020-01-01"), "geometry": BOX}])
    (fault,) = check_reference(source, None, "code")
    assert "has type DateTime" in fault


def test_missing_crs(write_source):
    (fault,) = check_reference(write_source([{"code": 1, "geometry": BOX}], crs=None), None, "code")
    assert "no coordinate reference system" in fault


def test_given_crs(write_source):
    bare = write_source([{"code": 1, "geometry": BOX}], crs=None)
    assert check_reference(bare, None, "code", crs="EPSG:2154") == []
    assert "'nonsense' is none" in check_reference(bare, None, "code", crs="nonsense")[0]
    named = write_source([{"code": 1, "geometry": BOX}], name="named.shp", crs="EPSG:2154")
    assert check_reference(named, None, "code", crs="EPSG:2154") == []
    (fault,) = check_reference(named, None, "code", crs="EPSG:32631")
    assert "the file names the CRS EPSG:2154, but EPSG:32631 is given" in fault


def test_a_crs_in_another_dialect_is_the_same(tmp_path, write_source):
    source = write_source([{"code": 1, "geometry": BOX}], name="esri.shp", crs="EPSG:2154")
    # As another program names it.
    projection = source.with_suffix(".prj")
    text = projection.read_text()
    assert "RGF_1993_Lambert_93" in text or "RGF93" in text
    projection.write_text(CRS("EPSG:2154").to_wkt("WKT1_ESRI"))
    assert check_reference(source, None, "code", crs="EPSG:2154") == []


def test_names_that_shapefiles_cut(write_source):
    source = write_source([{"land_cover": 1, "geometry": BOX}])
    (fault,) = check_reference(source, None, "land_cover_class_of_the_year_2018")
    assert "did you mean land_cover?" in fault


def test_points_are_good_and_lines_are_not(write_source):
    points = write_source([{"code": 1, "geometry": shapely.Point(0, 0)}])
    assert check_reference(points, None, "code") == []
    lines = write_source([{"code": 1, "geometry": shapely.LineString([(0, 0), (1, 1)])}], name="l.gpkg")
    (fault,) = check_reference(lines, None, "code")
    assert "geometries of type LineString; expected polygons or points" in fault


@pytest.mark.parametrize(("value", "text"), [(1, False), (1.5, False), ("wheat", True)])
def test_text_is_told_from_numbers(write_source, value, text):
    assert holds_text(write_source([{"code": value, "geometry": BOX}]), None, "code") is text


def test_missing_file_and_layer(tmp_path, write_source):
    (fault,) = check_reference(tmp_path / "none.gpkg", None, "code")
    assert "none.gpkg" in fault
    source = write_source([{"code": 1, "geometry": BOX}])
    (fault,) = check_reference(source, "other", "code")
    assert "layers are source" in fault


def test_table_without_geometry(tmp_path):
    import pandas as pd
    import pyogrio

    path = tmp_path / "table.gpkg"
    pyogrio.write_dataframe(pd.DataFrame({"code": [1]}), path)
    assert any("no geometry" in fault for fault in check_reference(path, None, "code"))


def test_the_first_layer_is_the_default(tmp_path):
    path = tmp_path / "two.gpkg"
    for layer, field in (("one", "code"), ("two", "other")):
        geopandas.GeoDataFrame({field: [1]}, geometry=[BOX], crs="EPSG:32631").to_file(path, layer=layer)
    assert check_reference(path, None, "code") == []
    assert check_reference(path, "two", "code") != []
