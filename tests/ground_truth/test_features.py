import pandas as pd
import pytest
import shapely

from tilefold.ground_truth.features import read_features
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
