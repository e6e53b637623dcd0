"""Tables that users bring: Parquet, CSV or NetCDF, read by parts so that they need not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pandas as pd
import pyarrow
from numpy.typing import NDArray
from pyarrow import parquet

#: Rows of a part.
PART_ROWS = 16_384


class TableError(ValueError):
    """A table of samples that cannot be used as it is."""


def table_columns(path: Path | str) -> list[str]:
    """Names of a table's columns; of NetCDF the variables along its only dimension. No row is read.

    Raises
    ------
    TableError
        If the file is none of the three kinds, or cannot be read.
    """
    path = Path(path)
    try:
        if path.suffix == ".parquet":
            return [str(name) for name in parquet.read_schema(path).names]
        if path.suffix == ".csv":
            return [str(name) for name in pd.read_csv(path, nrows=0).columns]
        if path.suffix == ".nc":
            with netCDF4.Dataset(path) as dataset:
                return [name for name, variable in dataset.variables.items() if variable.ndim == 1]
    except (OSError, pyarrow.ArrowInvalid, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise TableError(f"{path}: cannot be read as a table ({error})") from error
    raise TableError(f"{path}: expected a .parquet, .csv or .nc file")


def table_parts(
    path: Path | str, columns: Sequence[str], text: Sequence[str] = (), rows: int = PART_ROWS
) -> Iterator[pd.DataFrame]:
    """Read some columns of a table, `rows` rows at a time, in the order of the file.

    Parameters
    ----------
    path
        Parquet, CSV or NetCDF.
    columns
        Columns to read; each once.
    text
        Those of them that are read as text, so that ``007`` of a CSV stays what it is.
    rows
        Rows of a part.
    """
    path, columns = Path(path), list(columns)
    if path.suffix == ".parquet":
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(rows, columns=columns):
                yield batch.to_pandas()[columns]
    elif path.suffix == ".csv":
        kinds = dict.fromkeys(text, "string")
        with pd.read_csv(path, usecols=columns, chunksize=rows, dtype=kinds) as reader:
            for part in reader:
                yield part[columns]
    else:
        yield from _netcdf_parts(path, columns, rows)


def _netcdf_parts(path: Path, columns: list[str], rows: int) -> Iterator[pd.DataFrame]:
    with netCDF4.Dataset(path) as dataset:
        sizes = {dataset[name].dimensions: dataset[name].shape[0] for name in columns}
        if len(sizes) != 1:
            dimensions = " and ".join(sorted(names[0] for names in sizes))
            raise TableError(f"{path}: expected columns along one dimension, found {dimensions}")
        (size,) = sizes.values()
        for start in range(0, size, rows):
            yield pd.DataFrame({name: _column(dataset[name][start : start + rows]) for name in columns})


def _column(values: NDArray[Any]) -> NDArray[Any]:
    """Masked values as NaN."""
    if not np.ma.is_masked(values):
        return np.ma.getdata(values)
    return np.where(np.ma.getmaskarray(values), np.nan, np.ma.getdata(values))
