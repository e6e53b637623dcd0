import geopandas
import numpy as np
import pytest
import shapely

from tilefold.config.design import Folds
from tilefold.config.load import read_config
from tilefold.ground_truth.features import read_features
from tilefold.plan.areas import field_values, file_name, fold_faults, length_faults

TILES = ["A", "B", "C"]


def test_faults_of_folds():
    assert fold_faults(Folds(scheme="leave_one_tile_out"), TILES) == []
    assert "X is held out but is no training tile" in fold_faults(Folds(scheme=["X"]), TILES)[0]
    assert "leaves no tile to train on" in fold_faults(Folds(scheme=[TILES]), TILES)[0]
    assert "held out twice" in fold_faults(Folds(scheme=["A", "A"]), TILES)[0]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"scheme": "blocks"}, "folds.block_size_m: missing"),
        ({"scheme": "field"}, "folds.field: missing"),
        (
            {"scheme": "leave_one_tile_out", "block_size_m": 5.0},
            "folds.block_size_m: found 5.0, which the scheme",
        ),
        ({"scheme": "none", "field": "f"}, "folds.field: found f, which the scheme none has no use for"),
        ({"scheme": "blocks", "block_size_m": 5.0, "values": ["a"]}, "folds.values: found ['a']"),
        ({"scheme": ["A"], "straddlers": "clip"}, "folds.straddlers: found clip with folds.buffer_m 0"),
    ],
)
def test_faults_of_keys(keys, message):
    (fault,) = fold_faults(Folds(**keys), TILES)
    assert fault.startswith(message)


def test_lengths_need_a_crs_in_metres():
    folds = Folds(scheme="blocks", block_size_m=500.0, buffer_m=20.0)
    assert length_faults(folds, "EPSG:32631") == []
    assert [fault.split(":")[0] for fault in length_faults(folds, "EPSG:4326")] == [
        "folds.buffer_m",
        "folds.block_size_m",
    ]
    assert length_faults(Folds(), "EPSG:4326") == []
    (fault,) = length_faults(Folds(), "EPSG:4326", 300.0)
    assert fault.startswith("validation.bootstrap.block_m: found 300, but EPSG:4326 is in degrees")


@pytest.fixture
def config(tmp_path):
    """A config with folds by a field of a vector that has these values."""

    def make(values, /, **folds):
        boxes = [shapely.box(i, 0, i + 1, 1) for i in range(len(values))]
        path = tmp_path / "v.gpkg"
        geopandas.GeoDataFrame({"code": 1, "zone": values}, geometry=boxes, crs=32631).to_file(path)
        reference = {"path": str(path), "class_field": "code", "nomenclature": [{"code": 1, "label": "one"}]}
        return read_config(
            {
                "results": "r",
                "sensors": {"sentinel2": {"path": "p"}},
                "reference": reference,
                "folds": {"scheme": "field", "field": "zone", **folds},
            }
        )

    return make


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["b", "a", None, "b ", ""], ["a", "b"]),
        ([3, 20, 3], ["20", "3"]),
        ([3.0, np.nan, 20.0], ["20", "3"]),
        ([0.5, 2.0], ["0.5", "2.0"]),
    ],
)
def test_values_are_those_that_cleaning_carries(config, values, expected):
    made = config(values)
    assert field_values(made) == (expected, [])
    carried = read_features(made.reference.path, None, "code", {"fold": "zone"})["given_fold"]
    assert set(carried) - {""} == set(expected)


def test_some_values_only(config):
    assert field_values(config([1, 2, 3], values=[3, "1"])) == (["1", "3"], [])
    (fault,) = field_values(config([1, 2, 3], values=[4]))[1]
    assert fault == "folds.values: no polygon has 4 in zone; it has 1, 2, 3"


def test_faults_of_values(config):
    (fault,) = field_values(config([f"v{i}" for i in range(101)]))[1]
    assert "zone has 101 values" in fault
    assert "group them in another field" in fault
    assert field_values(config([f"v{i}" for i in range(101)], values=["v7"])) == (["v7"], [])
    (fault,) = field_values(config(["a b", "a-b", "c"]))[1]
    assert "would be one name 'a_b' of a fold: a b, a-b" in fault
    (fault,) = field_values(config(["a", "東"]))[1]
    assert fault.startswith("folds.field: 東 in zone have no letter")
    (fault,) = field_values(config([None, None]))[1]
    assert "no polygon has a value in zone" in fault


def test_other_schemes_read_nothing(config):
    assert field_values(config(["a"], scheme="none")) == ([], [])


def test_names_of_files():
    assert file_name(" Côte d'Ivoire (2018) ") == "Cote_d_Ivoire_2018"
