"""Tables (CSV for people, Parquet for jobs) and vector files, with bytes that depend on content alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import geopandas
import pandas as pd

from tilefold.storage.gathered import TablePart
from tilefold.storage.whole import whole_file

#: GeoPackages record when they were written; a fixed date keeps equal content equal.
FIXED_DATE = "2000-01-01T00:00:00.000Z"
LIST_SEPARATOR = ";"

#: A table's file, or its part of a file of several.
Table = Path | str | TablePart


def write_table(path: Path | str, table: pd.DataFrame) -> None:
    """Write a table whole, as CSV or Parquet by the suffix; without its index, NaN as an empty cell."""
    with whole_file(path) as temporary:
        if temporary.suffix == ".csv":
            table.to_csv(temporary, index=False, lineterminator="\n")
        elif temporary.suffix == ".parquet":
            table.to_parquet(temporary, index=False, engine="pyarrow", compression="zstd")
        else:
            raise ValueError(f"{path}: a table is a .csv or a .parquet file")


def read_table(path: Table, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a table that `write_table` wrote; empty text cells of a CSV come back as NaN."""
    if isinstance(path, TablePart):
        return path.read(columns)
    if Path(path).suffix == ".csv":
        return pd.read_csv(path, usecols=list(columns) if columns else None)
    return pd.read_parquet(path, columns=list(columns) if columns else None, engine="pyarrow")


def write_vector(path: Path | str, features: geopandas.GeoDataFrame, layer: str) -> None:
    """Write a GeoPackage of one layer whole, with a fixed date."""
    write_layers(path, {layer: features})


def write_layers(path: Path | str, layers: Mapping[str, geopandas.GeoDataFrame]) -> None:
    """Write a GeoPackage of several layers whole, with a fixed date."""
    with fixed_date(), whole_file(path) as temporary:
        for number, (layer, features) in enumerate(layers.items()):
            mode = "a" if number else "w"
            features.to_file(temporary, layer=layer, driver="GPKG", engine="pyogrio", mode=mode)


@contextmanager
def fixed_date() -> Iterator[None]:
    """Let GDAL write one date into GeoPackages, whenever they are made."""
    before = os.environ.get("OGR_CURRENT_DATE")
    os.environ["OGR_CURRENT_DATE"] = FIXED_DATE
    try:
        yield
    finally:
        if before is None:
            del os.environ["OGR_CURRENT_DATE"]
        else:
            os.environ["OGR_CURRENT_DATE"] = before


def join_list(values: Sequence[object]) -> str:
    """Several values in one cell."""
    return LIST_SEPARATOR.join(str(value) for value in values)


def split_list(cell: object) -> list[str]:
    """Values of a cell that `join_list` made; an empty cell has none."""
    return str(cell).split(LIST_SEPARATOR) if isinstance(cell, str) and cell else []
