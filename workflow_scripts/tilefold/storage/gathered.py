"""Several tables in one Parquet file, each read by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pyarrow import parquet

from tilefold.storage.whole import whole_file


@dataclass(frozen=True)
class TablePart:
    """One of the tables in a file.

    Attributes
    ----------
    path
        The file.
    number
        Place of the table in the file: its row group.
    """

    path: Path | str
    number: int

    def read(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read the table, or some of its columns in this order; no other table is looked at."""
        with parquet.ParquetFile(self.path) as file:
            group = file.read_row_group(self.number, None if columns is None else list(columns))
            return (group if columns is None else group.select(list(columns))).to_pandas()


def gather_tables(tables: Sequence[Path | str], path: Path | str) -> None:
    """Write Parquet tables of the same columns into one file, a row group each; one is in memory at a time."""
    with whole_file(path) as temporary:
        schema = parquet.read_schema(tables[0])
        with parquet.ParquetWriter(temporary, schema, compression="zstd") as writer:
            for table in tables:
                content = parquet.read_table(table)
                writer.write_table(content, row_group_size=max(content.num_rows, 1))


def gathered_tables(path: Path | str, names: Sequence[str]) -> Mapping[str, TablePart]:
    """The tables that `gather_tables` wrote into a file, by name, in their order.

    Raises
    ------
    ValueError
        If the file does not hold as many tables as there are names.
    """
    found = parquet.read_metadata(path).num_row_groups
    if found != len(names):
        raise ValueError(f"{path}: {found} tables, but {len(names)} names: {', '.join(names)}")
    return {name: TablePart(path, number) for number, name in enumerate(names)}
