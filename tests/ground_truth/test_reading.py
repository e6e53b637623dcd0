import geopandas
import pytest
import shapely

from tilefold.ground_truth.reading import check_reference

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


def test_points(write_source):
    (fault,) = check_reference(write_source([{"code": 1, "geometry": shapely.Point(0, 0)}]), None, "code")
    assert "geometries of type Point" in fault


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
