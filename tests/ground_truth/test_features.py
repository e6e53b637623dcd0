import pandas as pd
import pytest
import shapely

from tilefold.ground_truth.features import class_values, read_features
from tilefold.ground_truth.reading import GroundTruthError

BOX = shapely.box(0, 0, 1, 1)


@pytest.mark.parametrize(
    ("values", "texts", "codes"),
    [
        ([1, 2], ["1", "2"], [1, 2]),
        ([1, None], ["1", ""], [1, None]),
        ([1.0, 2.5], ["1.0", "2.5"], [1, None]),
        (["7", " 8 "], ["7", "8"], [7, 8]),
        (["9.0", "wheat"], ["9.0", "wheat"], [9, None]),
        (["-3", None], ["-3", ""], [-3, None]),
        (["1e3", "9" * 30], ["1e3", "9" * 30], [None, None]),
    ],
)
def test_codes_from_all_types(write_source, values, texts, codes):
    source = write_source([{"code": value, "geometry": BOX} for value in values])
    found = read_features(source, None, "code", {})
    assert found["class_value"].tolist() == texts
    assert [None if pd.isna(code) else code for code in found["code"]] == codes


def test_ids_and_heights(write_source):
    high = shapely.from_wkt("POLYGON Z ((0 0 5, 1 0 5, 1 1 5, 0 0 5))")
    source = write_source(
        [{"code": 1, "farm": 12, "geometry": high}, {"code": 1, "farm": None, "geometry": BOX}]
    )
    found = read_features(source, None, "code", {"id": "farm"})
    assert found["given_id"].tolist() == ["12", ""]
    assert not found.geometry.has_z.any()


def test_faults_of_the_header_are_raised_together(write_source):
    source = write_source([{"klass": 1, "geometry": BOX}], crs=None)
    with pytest.raises(GroundTruthError, match=r"(?s)no class field 'code'.*no coordinate reference system"):
        read_features(source, None, "code", {})


def test_values_of_the_class_field(write_source):
    rows = [{"code": value, "geometry": BOX} for value in (" b", "a", None, "b")]
    assert class_values(write_source(rows, crs=None), None, "code") == ["a", "b"]
    assert class_values(write_source([{"code": 2.0, "geometry": BOX}], name="n.gpkg"), None, "code") == ["2"]
    with pytest.raises(GroundTruthError, match="no class field"):
        class_values(write_source(rows, name="other.gpkg"), None, "klass")


def test_names_stand_for_codes(write_source):
    values = ["Forêt", "FORE\u0302T ", "311", "311.0", "312", "other"]
    source = write_source([{"code": value, "geometry": BOX} for value in values])
    found = read_features(source, None, "code", {}, {"forêt": 2, "311": 2})["code"]
    assert [None if pd.isna(code) else code for code in found] == [2, 2, 2, 2, 312, None]
    numbers = write_source([{"code": value, "geometry": BOX} for value in (311, 5)], name="numbers.gpkg")
    assert read_features(numbers, None, "code", {}, {"311": 2})["code"].tolist() == [2, 5]
