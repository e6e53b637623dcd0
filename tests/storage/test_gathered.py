"""Several tables in one file."""

import numpy as np
import pandas as pd
import pytest

from tilefold.storage.gathered import gather_tables, gathered_tables
from tilefold.storage.tables import read_table, write_table


@pytest.fixture
def tables(tmp_path):
    """Paths of three tables by name, one of them empty, in an order that is not the alphabet's."""
    paths = {}
    for name, size in (("C", 3), ("A", 0), ("B", 70_000)):
        numbers = np.arange(size)
        table = pd.DataFrame({"row": numbers.astype(np.int32), "x": numbers / 7, "text": numbers.astype(str)})
        paths[name] = tmp_path / f"{name}.parquet"
        write_table(paths[name], table)
    return paths


def test_each_table_is_read_as_from_its_own_file(tables, tmp_path):
    gather_tables(list(tables.values()), tmp_path / "all.parquet")
    found = gathered_tables(tmp_path / "all.parquet", list(tables))
    assert list(found) == ["C", "A", "B"]
    for name, path in tables.items():
        pd.testing.assert_frame_equal(read_table(found[name]), pd.read_parquet(path))
        columns = ["x", "row"]
        pd.testing.assert_frame_equal(
            read_table(found[name], columns), pd.read_parquet(path, columns=columns)
        )


def test_the_bytes_depend_on_the_tables_alone(tables, tmp_path):
    for name in ("one", "two"):
        gather_tables(list(tables.values()), tmp_path / f"{name}.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_more_names_than_tables_are_an_error(tables, tmp_path):
    gather_tables(list(tables.values()), tmp_path / "all.parquet")
    with pytest.raises(ValueError, match="3 tables, but 4 names: A, B, C, D"):
        gathered_tables(tmp_path / "all.parquet", ["A", "B", "C", "D"])
