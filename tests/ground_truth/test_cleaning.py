import geopandas
import numpy as np
import pytest
import shapely

from tilefold.ground_truth.reading import GroundTruthError


@pytest.fixture
def faulty(square):
    """Rows of a source with one feature for each fault, and three good ones."""
    bow_tie = shapely.Polygon([(200, 0), (210, 10), (210, 0), (200, 10)])
    return [
        {"code": 1, "geometry": square(0, 0)},
        {"code": 2, "geometry": shapely.MultiPolygon([square(2, 0), square(4, 0, 2)])},
        {"code": 3, "geometry": bow_tie},
        {"code": 1, "geometry": None},
        {"code": 1, "geometry": shapely.Polygon()},
        {"code": 1, "geometry": shapely.Point(0, 0)},
        {"code": None, "geometry": square(30, 0)},
        {"code": 9, "geometry": square(32, 0)},
        {"code": 1, "geometry": square(0, 0).reverse()},  # repeats the first
        {"code": 1, "geometry": square(34, 0)},
        {"code": 2, "geometry": square(34, 0)},  # contradicts the one above
        {"code": 3, "geometry": square(36, 0)},
        {"code": 9, "geometry": square(36, 0)},  # contradicts too, outside the nomenclature
        {"code": 2, "geometry": shapely.Polygon([(0, 50), (5, 50), (9, 50)])},  # no area
    ]


def test_every_fault_has_its_reason(write_source, clean, faulty):
    reference, rejected, table, _ = clean(write_source(faulty))
    assert sorted(reference.area) == pytest.approx([25, 25, 100, 100, 400])
    assert sorted(reference["code"]) == [1, 2, 2, 3, 3]
    counts = rejected["reason"].value_counts().to_dict()
    assert counts == {
        "null geometry": 1,
        "empty geometry": 1,
        "not a polygon": 1,
        "null class": 1,
        "class not in nomenclature": 2,
        "duplicate geometry": 1,
        "same geometry with different classes": 3,
        "no area left after repair": 1,
    }
    kept = table[table["reason"] == "kept"].set_index("code")
    assert kept["features"].to_dict() == {1: 1, 2: 2, 3: 2}
    assert kept["hectares"].to_dict() == {1: 0.01, 2: 0.05, 3: 0.005}
    assert table["features"].sum() == len(reference) + len(rejected)
    outside = table[table["reason"] == "class not in nomenclature"]
    assert outside[["code", "features", "hectares"]].to_numpy().tolist() == [[9, 2, 0.02]]
    conflicts = rejected[rejected["reason"] == "same geometry with different classes"]
    assert sorted(conflicts["class_value"]) == ["1", "2", "3"]
    assert set(conflicts["id"].str.len()) == {12}


def test_columns_and_groups(write_source, clean, faulty):
    reference, _, _, _ = clean(write_source(faulty))
    assert reference.columns.tolist() == [
        *("polygon", "group", "id", "group_id", "code", "split_value", "fold_value", "geometry")
    ]
    assert [str(reference[name].dtype) for name in ("polygon", "group", "code")] == ["int32"] * 3
    assert reference["polygon"].tolist() == [1, 2, 3, 4, 5]
    assert reference["id"].is_monotonic_increasing
    ranks = {name: rank for rank, name in enumerate(sorted(set(reference["id"])), start=1)}
    assert reference["group"].tolist() == [ranks[name] for name in reference["id"]]
    assert reference.groupby("group").size().tolist() in ([1, 2, 2], [2, 1, 2], [2, 2, 1])
    assert (reference.geom_type == "Polygon").all()
    assert reference.crs == "EPSG:32631"


def test_bytes_do_not_depend_on_the_order_of_features(write_source, clean, faulty):
    first = None
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(len(faulty))
        source = write_source([faulty[place] for place in order], name=f"source_{seed}.gpkg")
        paths = clean(source, folder=f"clean_{seed}")[3]
        content = {name: path.read_bytes() for name, path in paths.items()}
        assert first in (None, content)
        first = content


def test_ids_of_a_field_hold_together_what_shares_them(write_source, clean, square):
    rows = [
        {"code": 1, "farm": 20, "geometry": square(0, 0)},
        {"code": 1, "farm": 5, "geometry": square(2, 0)},
        {"code": 2, "farm": 20, "geometry": square(4, 0)},
        {"code": 1, "farm": None, "geometry": square(6, 0)},
        {"code": 1, "farm": 3, "geometry": square(2, 0)},  # repeats farm 5's
    ]
    reference, rejected, _, _ = clean(write_source(rows), fields={"id": "farm"})
    by_id = reference.groupby("id")["group"].agg(["nunique", "size"])
    assert by_id.loc["20"].tolist() == [1, 2]
    assert set(reference["id"]) - {"20", "3"} == {name for name in reference["id"] if len(name) == 12}
    assert rejected["id"].tolist() == ["5"]


def test_a_field_says_what_stays_together(write_source, clean, square):
    rows = [
        {"code": 1, "farm": "north", "part": "test", "geometry": square(0, 0)},
        {"code": 2, "farm": "north", "part": "", "geometry": square(2, 0)},
        {"code": 2, "farm": "south", "part": None, "geometry": square(4, 0)},
        {"code": 1, "farm": None, "part": "learn", "geometry": square(6, 0)},
    ]
    reference, _, _, _ = clean(write_source(rows), fields={"group": "farm", "split": "part", "fold": "farm"})
    assert reference["id"].is_unique
    found = {
        row.geometry.bounds[0] // 10: (row.group_id, row.split_value, row.fold_value)
        for row in reference.itertuples()
    }
    lonely = reference.loc[reference["fold_value"] == "", "id"].item()
    assert set(found.values()) == {
        ("north", "test", "north"),
        ("north", "", "north"),
        ("south", "", "south"),
        (lonely, "learn", ""),
    }
    assert reference.groupby("group_id")["group"].nunique().max() == 1
    assert reference["group"].nunique() == 3


def test_id_stays_when_other_features_come_and_the_crs_changes(write_source, clean, square):
    alone = clean(write_source([{"code": 1, "geometry": square(0, 0)}], name="a.gpkg"), folder="a")[0]
    rows = [{"code": 2, "geometry": square(3, 3)}, {"code": 1, "geometry": square(0, 0)}]
    more = clean(write_source(rows, name="b.gpkg"), folder="b", crs="EPSG:2154")[0]
    assert alone["id"][0] in set(more["id"])


def test_slivers(write_source, clean, square):
    rows = [
        {"code": 1, "geometry": shapely.MultiPolygon([square(0, 0), shapely.box(50, 0, 50.5, 10)])},
        {"code": 2, "geometry": square(9, 9)},
    ]
    reference, rejected, _, _ = clean(write_source(rows), min_area=50.0)
    assert reference.area.tolist() == pytest.approx([100, 100])
    assert rejected["reason"].tolist() == ["smaller than min_area"]
    assert rejected.area[0] == pytest.approx(5)
    assert rejected["id"][0] in set(reference["id"])


def test_reprojection_agrees_with_geopandas(write_source, clean, square):
    rows = [
        {
            "code": 1,
            "geometry": shapely.transform(square(0, 0), lambda points: points + np.array([500000, 4800000])),
        }
    ]
    source = write_source(rows)
    reference = clean(source, crs="EPSG:2154")[0]
    expected = geopandas.read_file(source).to_crs("EPSG:2154").geometry[0]
    assert reference.crs == "EPSG:2154"
    assert reference.geometry[0].symmetric_difference(expected).area < 1e-6


def test_nothing_left(write_source, clean, square):
    rows = [{"code": 9, "geometry": square(0, 0)}, {"code": 1, "geometry": None}]
    with pytest.raises(GroundTruthError, match=r"none of 2 features.*class not in nomenclature \(1\)"):
        clean(write_source(rows))


def test_nothing_rejected(write_source, clean, square):
    _, rejected, table, _ = clean(write_source([{"code": 1, "geometry": square(0, 0)}]))
    assert rejected.empty
    absent = table[table["features"] == 0]
    assert absent["code"].tolist() == [2, 3]


def test_shapefile_with_class_as_text(write_source, clean, square):
    rows = [{"code": "1", "geometry": square(0, 0)}, {"code": "wheat", "geometry": square(2, 2)}]
    reference, rejected, _, _ = clean(write_source(rows, name="source.shp"))
    assert reference["code"].tolist() == [1]
    assert rejected[["reason", "class_value"]].to_numpy().tolist() == [["class is not an integer", "wheat"]]


def test_slovenian_reference(clean, real_data):
    source_path = real_data("slovenia_s2/lulc.gpkg")
    settings = {"class_field": "LULC_ID", "codes": [1, 2, 3, 4, 8], "crs": "EPSG:32633"}
    reference, rejected, table, _ = clean(source_path, **settings)
    assert len(reference) == 84
    assert rejected["reason"].tolist() == ["class not in nomenclature"] * 4
    assert set(rejected["class_value"]) == {"0"}
    source = geopandas.read_file(source_path)
    expected = source[source["LULC_ID"] > 0].groupby("LULC_ID").size().to_dict()
    assert reference.groupby("code").size().to_dict() == expected
    assert reference.area.sum() == pytest.approx(source[source["LULC_ID"] > 0].area.sum(), rel=1e-9)
    assert table.loc[table["reason"] == "kept", "hectares"].sum() == pytest.approx(
        reference.area.sum() / 1e4, abs=1e-3
    )
