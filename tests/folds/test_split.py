import pandas as pd
import pytest

from tilefold.folds.split import split_polygons
from tilefold.storage.tables import read_table

COLUMNS = [
    *("polygon", "group", "id", "group_id", "code", "region", "home_tile", "role", "pixels"),
    *("owned_tiles", "owned_pixels", "footprint_tiles", "outside"),
]


@pytest.fixture
def split(tmp_path, grids, ownership):
    def run(reference, seed=0, name="split.parquet"):
        settings = {
            "seed": seed,
            "ratio": 0.75,
            "validation_ratio": 0.2,
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
    rows = table.drop(columns=["id", "group_id", "region", "role"]).to_numpy().tolist()
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
