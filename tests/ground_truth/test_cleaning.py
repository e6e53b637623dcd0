import json

import geopandas
import numpy as np
import pytest
import shapely

from tilefold.ground_truth.classes import plain_name
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
        {"code": 1, "geometry": shapely.LineString([(0, 0), (1, 1)])},
        {"code": None, "geometry": square(30, 0)},
        {"code": 9, "geometry": square(32, 0)},
        {"code": 1, "geometry": square(0, 0).reverse()},  # repeats the first
        {"code": 1, "geometry": square(34, 0)},
        {"code": 2, "geometry": square(34, 0)},  # contradicts the one above
        {"code": 3, "geometry": square(36, 0)},
        {"code": 9, "geometry": square(36, 0)},  # contradicts too, outside the nomenclature
        {"code": 2, "geometry": shapely.Polygon([(0, 50), (5, 50), (9, 50)])},  # no area
    ]


def test_every_fault_has_its_reason(write_source, clean, faulty, balanced):
    reference, rejected, table, _ = clean(write_source(faulty))
    assert sorted(reference.area) == pytest.approx([25, 25, 100, 100, 400])
    assert sorted(reference["code"]) == [1, 2, 2, 3, 3]
    counts = rejected["reason"].value_counts().to_dict()
    assert counts == {
        "null geometry": 1,
        "empty geometry": 1,
        "neither polygon nor point": 1,
        "null class": 1,
        "class not in nomenclature": 2,
        "duplicate geometry": 1,
        "same geometry with different classes": 3,
        "no area left after repair": 1,
    }
    conflicts = rejected[rejected["reason"] == "same geometry with different classes"]
    assert sorted(conflicts[["class_value", "detail"]].to_numpy().tolist()) == [
        ["1", "classes 1; 2"],
        ["2", "classes 1; 2"],
        ["3", "classes 3; 9"],
    ]
    assert set(conflicts["id"].str.len()) == {12}
    assert set(rejected["source"]) == {"main"}
    balanced(table)


def test_table_before_and_after(write_source, clean, faulty):
    _, _, table, _ = clean(write_source(faulty))
    assert table.columns.tolist() == [
        *("source", "code", "class_value", "step", "reason", "features", "pixels", "hectares")
    ]

    def by_code(step):
        part = table[(table["step"] == step) & table["code"].isin([1, 2, 3])]
        return part.set_index("code")[["features", "pixels", "hectares"]].to_numpy().tolist()

    # The null and the empty geometry and the line count as read; the bow tie has no area before it is made valid.
    assert by_code("read") == [[6, 3.0, 0.03], [3, 6.0, 0.06], [2, 1.0, 0.01]]
    assert by_code("used") == [[1, 1.0, 0.01], [2, 5.0, 0.05], [2, 0.5, 0.005]]
    repaired = table[table["step"] == "repaired"]
    assert repaired[["code", "reason", "features", "hectares"]].to_numpy().tolist() == [
        [2, "several parts, taken apart", 1, 0.0],
        [3, "made valid, area gained", 1, 0.005],
        [3, "several parts, taken apart", 1, 0.0],
    ]
    outside = table[table["reason"] == "class not in nomenclature"]
    assert outside[["code", "step", "features", "hectares"]].to_numpy().tolist() == [[9, "rejected", 2, 0.02]]


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
    assert absent["code"].tolist() == [2, 2, 3, 3]
    assert absent["step"].tolist() == ["read", "used"] * 2


def test_shapefile_with_class_as_text(write_source, clean, square):
    rows = [{"code": "1", "geometry": square(0, 0)}, {"code": "wheat", "geometry": square(2, 2)}]
    reference, rejected, table, _ = clean(write_source(rows, name="source.shp"))
    assert reference["code"].tolist() == [1]
    assert rejected[["reason", "class_value"]].to_numpy().tolist() == [["class not in nomenclature", "wheat"]]
    unknown = table[table["class_value"] == "wheat"]
    assert unknown[["step", "features", "hectares"]].to_numpy().tolist() == [
        ["read", 1, 0.01],
        ["rejected", 1, 0.01],
    ]


def test_text_classes_are_known_by_label_and_alias(write_source, clean, square):
    values = ["Blé tendre", " MAÏS", "corn", "2", "2.0", "rye"]
    rows = [{"code": value, "geometry": square(3 * i, 0)} for i, value in enumerate(values)]
    names = {plain_name(name): code for name, code in (("blé tendre", 1), ("maïs", 2), ("corn", 2))}
    reference, rejected, _, _ = clean(write_source(rows), names=names)
    assert sorted(zip(reference.bounds["minx"] // 30, reference["code"], strict=True)) == [
        *((0, 1), (1, 2), (2, 2), (3, 2), (4, 2))
    ]
    assert rejected["class_value"].tolist() == ["rye"]


def test_multi_parts_with_a_part_of_another_feature(write_source, clean, square, balanced):
    rows = [
        {"code": 1, "farm": 2, "geometry": shapely.MultiPolygon([square(0, 0), square(4, 0)])},
        {"code": 1, "farm": 1, "geometry": square(4, 0)},
        {"code": 1, "farm": 3, "geometry": shapely.MultiPolygon([square(8, 0), square(12, 0)])},
        {"code": 2, "farm": 4, "geometry": square(12, 0)},
    ]
    reference, rejected, table, _ = clean(write_source(rows), fields={"id": "farm"})
    assert sorted(reference["id"]) == ["1", "2", "3"]
    assert rejected[["id", "reason"]].to_numpy().tolist() == [
        ["2", "duplicate geometry"],
        ["3", "same geometry with different classes"],
        ["4", "same geometry with different classes"],
    ]
    balanced(table)


def test_collections(write_source, clean, square, balanced):
    line = shapely.LineString([(0, 50), (9, 50)])
    inner = shapely.GeometryCollection([square(6, 0), shapely.MultiPoint([(5, 85), (25, 85)])])
    rows = [
        {"code": 1, "geometry": shapely.GeometryCollection([square(0, 0), line, inner])},
        {"code": 2, "geometry": shapely.GeometryCollection([line, line])},
    ]
    reference, rejected, table, _ = clean(write_source(rows))
    assert sorted(reference.geom_type) == ["Point", "Point", "Polygon", "Polygon"]
    assert rejected["reason"].tolist() == ["neither polygon nor point"] * 2
    assert sorted(rejected["class_value"]) == ["1", "2"]
    assert table.loc[table["step"] == "used", "pixels"].tolist() == [4, 0, 0]
    balanced(table)


def test_coordinates_that_are_no_numbers(write_source, clean, square):
    broken = shapely.Polygon([(0, 0), (np.nan, 1), (1, 1)])
    rows = [{"code": 1, "geometry": square(0, 0)}, {"code": 1, "geometry": broken}]
    with np.errstate(invalid="ignore"):
        _, rejected, _, _ = clean(write_source(rows))
    assert rejected["reason"].tolist() == ["coordinates that are no numbers"]


def test_outside_the_area_of_the_crs(write_source, clean, square):
    rows = [
        {"code": 1, "geometry": shapely.box(3, 45, 3.1, 45.1)},
        {"code": 2, "geometry": shapely.box(3, 100, 3.1, 101)},
    ]
    reference, rejected, _, _ = clean(write_source(rows, crs="EPSG:4326"))
    assert reference["code"].tolist() == [1]
    assert rejected[["reason", "detail"]].to_numpy().tolist() == [
        ["outside the area of the CRS", "EPSG:32631"]
    ]


def test_a_csv_with_geometries_as_text_and_a_given_crs(tmp_path, clean):
    source = tmp_path / "points.csv"
    source.write_text('WKT,code\n"POINT (5 5)",1\n"POLYGON ((30 0,40 0,40 10,30 0))",2.0\n')
    reference, _, _, _ = clean(source, source_crs="EPSG:32631")
    assert sorted(reference["code"]) == [1, 2]
    assert reference.crs == "EPSG:32631"
    with pytest.raises(GroundTruthError, match=r"no coordinate reference system; give it as reference\.crs"):
        clean(source)


FIELDS = ("clé", "a field whose name no shapefile could hold", "Code", "geometry", "fid_2")


@pytest.mark.parametrize("field", FIELDS)
def test_any_name_of_the_class_field(tmp_path, clean, field):
    values = {"code": 9, "CODE": 8, **dict.fromkeys(FIELDS, 7), field: 1}
    box = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    feature = {"type": "Feature", "properties": values, "geometry": box}
    source = tmp_path / "source.geojson"
    source.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    reference, rejected, _, _ = clean(source, class_field=field)
    assert reference["code"].tolist() == [1]
    assert rejected.empty


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
    assert table.loc[table["step"] == "used", "hectares"].sum() == pytest.approx(
        reference.area.sum() / 1e4, abs=1e-3
    )
