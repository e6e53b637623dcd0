import pandas as pd
import pytest

from tilefold.folds.imposed import ImposedError
from tilefold.folds.split import split_polygons
from tilefold.storage.tables import read_table

COLUMNS = [
    *("polygon", "group", "id", "group_id", "code", "region", "home_tile", "role", "allowed"),
    *(
        "validation_share",
        "pixels",
        "owned_tiles",
        "owned_pixels",
        "footprint_tiles",
        "fold_value",
        "outside",
    ),
]


@pytest.fixture
def split(tmp_path, grids, ownership):
    def run(reference, seed=0, name="split.parquet", **changes):
        settings = {
            "seed": seed,
            "ratio": 0.75,
            "validation_ratio": 0.2,
            "imposed": "none",
            "field_values": None,
            "singletons": "learn",
            "fusion_holdout_ratio": 0.0,
            **changes,
            "grids": {tile: grid.to_dict() for tile, grid in grids.items()},
            "ownership": ownership.to_dict(),
        }
        split_polygons(reference, settings, split=tmp_path / name)
        return read_table(tmp_path / name)

    return run


def fields(count, code, first_row, prefix):
    """Polygons of 2 x 1 px, one below the other, in tile A."""
    return [(f"{prefix}{n:02}", code, (2 * (n % 12), first_row + n // 12, 2, 1)) for n in range(count)]


def test_table(write_reference, split):
    table = split(
        write_reference(
            [
                ("a", 1, (33, 10, 5, 1)),
                ("a", 1, (0, 0, 2, 2)),  # the other part of a
                ("b", 1, (60, 0, 4, 4)),
                ("c", 2, (80, 0, 4, 4)),  # in no tile
                ("d", 2, (36, 0, 1, 1)),
            ]
        )
    )
    assert table.columns.tolist() == COLUMNS
    rows = table[["polygon", "group", "code", "home_tile", *COLUMNS[10:14], "outside"]].to_numpy().tolist()
    assert rows == [
        [1, 1, 1, "A", 4, "A", "4", "A", False],
        [2, 1, 1, "B", 5, "A;B", "2;3", "A;B", False],
        [3, 2, 1, "B", 16, "B", "16", "B", False],
        [4, 3, 2, "", 0, "", "", "", True],
        [5, 4, 2, "B", 1, "B", "1", "A;B", False],
    ]
    assert table["role"][0] == table["role"][1]
    assert sorted(table["role"][[0, 2]]) == ["learn", "test"]
    assert table["role"][3] == ""
    assert table["role"][4] == "learn"  # the only one of its class with pixels
    assert table.attrs["pixel_hectares"] == {"A": 0.01, "B": 0.01}


def test_part_without_a_pixel_has_its_groups_role(write_reference, split):
    table = split(write_reference([("a", 1, (0, 0, 2, 2)), ("a", 1, (80, 0, 2, 2))]))
    assert table["pixels"].tolist() == [4, 0]
    assert table["role"].tolist() == ["learn", "learn"]


def test_counts_of_roles(write_reference, split):
    table = split(write_reference([*fields(20, 1, 0, "a"), *fields(8, 2, 5, "b"), *fields(3, 3, 9, "c")]))
    found = table.groupby(["code", "role"]).size().to_dict()
    assert found == {
        **{(1, "test"): 5, (1, "validation"): 3, (1, "learn"): 12},
        **{(2, "test"): 2, (2, "validation"): 1, (2, "learn"): 5},
        **{(3, "test"): 1, (3, "validation"): 1, (3, "learn"): 1},
    }


def test_roles_hang_on_ids_and_seed_alone(write_reference, split):
    rows = [*fields(20, 1, 0, "a"), *fields(8, 2, 5, "b")]
    first = split(write_reference(rows)).set_index("id")["role"]
    # A third class moves the numbers of all polygons and no role.
    more = split(write_reference([*rows, *fields(5, 3, 9, "A")], "more.gpkg")).set_index("id")["role"]
    pd.testing.assert_series_equal(first, more[first.index])
    other = split(write_reference(rows), seed=1).set_index("id")["role"]
    assert (other != first).any()


def test_same_bytes(write_reference, split, tmp_path):
    reference = write_reference(fields(9, 1, 0, "a"))
    split(reference, name="one.parquet")
    split(reference, name="two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_no_polygon_in_any_tile(write_reference, split):
    table = split(write_reference([("a", 1, (90, 90, 2, 2))]))
    assert table["role"].tolist() == [""]


def roles_of(table):
    return table.set_index("id")["role"].to_dict()


def test_groups_have_one_role_over_classes_and_tiles(write_reference, split):
    """Six farms with fields of two classes in both tiles, and four fields on their own."""
    rows, groups = [], {}
    for farm in range(6):
        for number, (code, col) in enumerate([(1, 0), (2, 10), (1, 60)]):
            rows.append((f"f{farm}n{number}", code, (col, 3 * farm, 2, 2)))
            groups[f"f{farm}n{number}"] = f"farm {farm}"
    rows += fields(4, 2, 25, "own")
    table = split(write_reference(rows, groups=groups))
    assert (table.groupby("group_id")["role"].nunique() == 1).all()
    assert table["group_id"].nunique() == 10
    for code in (1, 2):
        assert {"learn", "test"} <= set(table.loc[table["code"] == code, "role"])


def test_class_that_no_group_counts_for_is_learnt_and_tested(write_reference, split):
    """Class 2 is the smaller part of every farm, so that no stratum is drawn for it."""
    rows, groups = [], {}
    for farm in range(2):
        rows += [(f"f{farm}a", 1, (0, 4 * farm, 4, 4)), (f"f{farm}b", 2, (10, 4 * farm, 1, 1))]
        groups |= {f"f{farm}a": f"farm {farm}", f"f{farm}b": f"farm {farm}"}
    rows += fields(18, 1, 20, "own")
    for seed in range(8):
        table = split(write_reference(rows, groups=groups), seed=seed)
        assert sorted(table.loc[table["code"] == 2, "role"]) == ["learn", "test"]


def test_imposed_test_is_that_of_every_seed(write_reference, split):
    values = {f"a{n:02}": "test" for n in range(7)}
    reference = write_reference([*fields(20, 1, 0, "a"), *fields(6, 2, 5, "b")], values=values)
    first, other = (split(reference, seed=seed, imposed="field") for seed in (0, 1))
    for table in (first, other):
        assert set(table.loc[table["role"] == "test", "id"]) == set(values)
        assert table.loc[table["role"] != "test", "role"].value_counts().to_dict() == {
            "learn": 15,
            "validation": 4,
        }
        assert set(table.loc[table["role"] != "test", "allowed"]) == {"learn;validation"}
    assert roles_of(first) != roles_of(other)


def test_imposed_learn_of_a_field_without_validation_is_divided(write_reference, split):
    values = {f"a{n:02}": "learn" if n < 15 else "accuracy" for n in range(20)}
    reference = write_reference(fields(20, 1, 0, "a"), values=values)
    table = split(reference, imposed="field", field_values={"learn": "learn", "accuracy": "test"})
    assert table["role"].value_counts().to_dict() == {"learn": 12, "test": 5, "validation": 3}
    assert set(table.loc[table["role"] == "test", "id"]) == {f"a{n}" for n in range(15, 20)}


def test_imposed_on_some_the_others_are_drawn(write_reference, split):
    """Only learn is imposed: the ratio holds among the other polygons."""
    reference = write_reference(fields(28, 1, 0, "a"), values={f"a{n:02}": "learn" for n in range(20)})
    table = split(reference, imposed="field", validation_ratio=0.5)
    trained = table.set_index("id")["role"].iloc[:20]
    assert "test" not in set(trained)
    assert (table["role"] == "test").sum() == 2
    assert (table["role"] == "validation").sum() == 13


def test_beside_test_polygons_in_a_file_of_their_own_nothing_is_tested(write_reference, split):
    # The test polygon of class 2 holds no pixel; the class is not tested all the same.
    rows = [*fields(8, 1, 0, "a"), *fields(8, 2, 5, "b"), ("t1", 1, (60, 0, 2, 2)), ("t2", 2, (90, 90, 2, 2))]
    reference = write_reference(rows, values={"t1": "test", "t2": "test"})
    table = split(reference, imposed="test_file")
    assert table.loc[table["role"] == "test", "id"].tolist() == ["t1"]
    lost = split(write_reference(rows, values={"t2": "test"}), imposed="test_file")
    assert "test" not in set(lost["role"])


def test_values_are_not_looked_at_where_nothing_is_imposed(write_reference, split):
    rows = fields(8, 1, 0, "a")
    plain = split(write_reference(rows))
    valued = split(write_reference(rows, "valued.gpkg", values={"a00": "nonsense"}))
    pd.testing.assert_frame_equal(plain, valued)


def test_group_with_two_imposed_roles_is_named(write_reference, split):
    reference = write_reference(
        fields(2, 1, 0, "a"), groups={"a00": "farm", "a01": "farm"}, values={"a00": "learn", "a01": "test"}
    )
    with pytest.raises(ImposedError, match=r"farm \(learn and test\)"):
        split(reference, imposed="field")


def test_held_out_for_fused_maps_is_the_same_for_all_seeds(write_reference, split):
    rows = [*fields(20, 1, 0, "a"), *fields(4, 2, 5, "b"), *fields(3, 3, 9, "c")]
    tables = [split(write_reference(rows), seed=seed, fusion_holdout_ratio=0.1) for seed in range(4)]
    held = [set(table.loc[table["role"] == "fusion_test", "id"]) for table in tables]
    assert all(found == held[0] for found in held)
    assert tables[0].loc[tables[0]["role"] == "fusion_test", "code"].value_counts().to_dict() == {1: 2, 2: 1}
    assert len({tuple(table["role"]) for table in tables}) == 4
    # The rest is split as if the others were not there.
    rest = write_reference([row for row in rows if row[0] not in held[0]], "rest.gpkg")
    expected = roles_of(split(rest, seed=2))
    assert {name: role for name, role in roles_of(tables[2]).items() if name in expected} == expected


def test_imposed_polygons_are_not_held_out(write_reference, split):
    values = {f"a{n:02}": "test" if n < 10 else "learn" for n in range(20)}
    reference = write_reference([*fields(20, 1, 0, "a"), *fields(10, 2, 5, "b")], values=values)
    table = split(reference, imposed="field", fusion_holdout_ratio=0.5)
    assert set(table.loc[table["role"] == "fusion_test", "code"]) == {2}
    assert (table["role"] == "fusion_test").sum() == 5


def test_the_only_polygon_of_a_class_may_be_learnt_and_looked_at(write_reference, split):
    rows = [("a", 1, (0, 0, 2, 2)), ("b", 2, (5, 5, 2, 2)), ("c", 2, (9, 5, 2, 2)), *fields(9, 3, 9, "d")]
    shares = {"default": 0.2, "1": 0.5}
    table = split(write_reference(rows), validation_ratio=shares)
    assert (table["validation_share"] == 0).all()
    both = split(write_reference(rows), validation_ratio=shares, singletons="both")
    assert both.loc[both["validation_share"] > 0, ["id", "role", "validation_share"]].to_numpy().tolist() == [
        ["a", "learn", 0.5]
    ]
    assert roles_of(both) == roles_of(table)
