import pytest
import shapely

from tilefold.ground_truth.reading import GroundTruthError


def box(x, y=0, width=10):
    return shapely.box(x, y, x + width, y + 10)


@pytest.fixture
def two_files(write_source):
    main = write_source(
        [
            {"field": "1", "farm": "north", "part": "learn", "code": 1, "geometry": box(0)},
            {"field": "2", "farm": "north", "part": "", "code": 2, "geometry": box(20)},
            {"field": "3", "farm": "south", "part": "", "code": 2, "geometry": box(40)},
            {"field": "4", "farm": "west", "part": "", "code": 3, "geometry": box(60)},
        ]
    )
    test = write_source(
        [
            {"field": "1", "farm": "east", "code": 1, "geometry": box(80)},
            {"field": "2", "farm": "east", "code": 1, "geometry": box(20)},  # main has it as class 2
            {"field": "3", "farm": "east", "code": 2, "geometry": box(45)},  # half of main's 3
            {"field": "4", "farm": "east", "code": 1, "geometry": box(100)},
            {"field": "5", "farm": "east", "code": 2, "geometry": box(100)},  # contradicts within the file
            {
                "field": "6",
                "farm": "east",
                "code": 1,
                "geometry": box(65),
            },  # half of main's 4, of another class
        ],
        name="test.gpkg",
    )
    return main, test


FIELDS = {"id": "field", "split": "part"}


def test_test_polygons_come_first_with_their_role(two_files, clean, balanced):
    main, test = two_files
    reference, rejected, table, _ = clean(main, test=test, fields=FIELDS)
    assert reference[["id", "split_value"]].to_numpy().tolist() == [
        ["test:1", "test"],
        ["test:2", "test"],
        ["test:3", "test"],
        ["test:6", "test"],
        ["1", "learn"],
        ["3", ""],
        ["4", ""],
    ]
    assert reference["group"].is_unique
    assert rejected[["source", "id", "reason"]].to_numpy().tolist() == [
        ["main", "2", "same geometry in the test file"],
        ["test", "test:4", "same geometry with different classes"],
        ["test", "test:5", "same geometry with different classes"],
    ]
    across = table[table["reason"].str.endswith("of the other file")]
    assert across[["source", "code", "reason", "hectares"]].to_numpy().tolist() == [
        ["main", 2, "overlaps class 2 of the other file", 0.005],
        ["main", 3, "overlaps class 1 of the other file", 0.005],
        ["test", 1, "overlaps class 3 of the other file", 0.005],
        ["test", 2, "overlaps class 2 of the other file", 0.005],
    ]
    read = table[table["step"] == "read"].set_index(["source", "code"])["features"]
    assert read.to_dict() == {("main", 1): 1, ("main", 2): 2, ("main", 3): 1, ("test", 1): 4, ("test", 2): 2}
    balanced(table)


@pytest.mark.parametrize("choice", ["clip", "reject"])
def test_test_polygons_do_not_give_way(two_files, clean, balanced, choice):
    main, test = two_files
    reference, rejected, table, _ = clean(main, test=test, fields=FIELDS, overlaps=choice)
    areas = reference.set_index("id").area
    assert areas[["test:3", "test:6", "3"]].tolist() == [100, 100, 100]
    if choice == "clip":
        assert areas["4"] == pytest.approx(50)
    else:
        assert "4" not in areas
    assert set(rejected.loc[rejected["reason"] == "ground of several classes", "id"]) == {"4"}
    balanced(table)


def test_groups_of_the_test_file_are_not_trained_on(two_files, clean, write_source):
    main, _ = two_files
    test = write_source([{"farm": "north", "code": 1, "geometry": box(80)}], name="other.gpkg")
    reference, rejected, _, _ = clean(main, test=test, fields={"group": "farm"})
    assert rejected[["reason", "detail"]].to_numpy().tolist() == [["group in the test file", "north"]] * 2
    assert sorted(reference["group_id"]) == ["north", "south", "west"]


def test_files_in_two_crss_and_layers(two_files, clean, write_source):
    main, _ = two_files
    there = shapely.box(3, 45, 3.001, 45.001)
    test = write_source([{"code": 1, "geometry": there}], name="t.gpkg", crs="EPSG:4326", layer="second")
    reference = clean(main, test=test, test_layer="second")[0]
    assert reference.loc[0, "split_value"] == "test"
    assert reference.geometry[0].centroid.x == pytest.approx(500039, abs=1)
    with pytest.raises(GroundTruthError, match="layers are second"):
        clean(main, test=test, test_layer="third")
