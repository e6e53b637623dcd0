"""From columns of a table to stored values of inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.sampling.table_source import TableError
from tilefold.series.layout import NODATA

#: Greatest stored value: the least one means that nothing is known.
LARGEST = 32767


class ValueColumns:
    """The columns that hold samples' values, and how they are stored.

    Parameters
    ----------
    inputs
        What pools hold: see `tilefold.series.inputs.component_names`; of the kinds series and static.
    columns
        For each input: ``names``, of a series one list of columns for each date (a column by band, None where the
        table has none), of a static input one list; ``nodata`` (value that means missing besides an empty cell,
        or None); of a series ``physical`` (whether values are physical, else stored integers), ``scale`` and
        ``offset``.
    """

    def __init__(self, inputs: Mapping[str, Any], columns: Mapping[str, Any]) -> None:
        self._inputs = inputs
        self._columns = columns

    @property
    def names(self) -> list[str]:
        """All columns, each once."""
        columns = [column for name in self._inputs for column in self._flat(name) if column is not None]
        return list(dict.fromkeys(columns))

    def _flat(self, name: str) -> list[str | None]:
        given = self._columns[name]["names"]
        if self._inputs[name]["kind"] == "static":
            return list(given)
        return [column for date in given for column in date]

    def stored(self, part: pd.DataFrame, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Stored values by input, of some rows of the table.

        Parameters
        ----------
        part
            The rows, with the columns `names`.
        rows
            Their numbers from 0, for messages.

        Returns
        -------
        dict of arrays
            Series: int16 (rows, dates, bands), -32768 where nothing is known. Static: float32 (rows, bands), NaN
            where nothing is known.

        Raises
        ------
        TableError
            If a value is no number, no integer where integers are expected, or too large to be stored.
        """
        return {name: self._stored_input(name, part, rows) for name in self._inputs}

    def _stored_input(self, name: str, part: pd.DataFrame, rows: NDArray[np.int64]) -> NDArray[Any]:
        columns, given = self._flat(name), self._columns[name]
        values = np.full((len(part), len(columns)), np.nan)
        for place, column in enumerate(columns):
            if column is not None:
                values[:, place] = _numbers(part[column], rows)
        if given["nodata"] is not None:
            values[values == given["nodata"]] = np.nan
        if self._inputs[name]["kind"] == "static":
            return values.astype(np.float32)
        if given["physical"]:
            values = np.floor((values - given["offset"]) / given["scale"] + 0.5)
            advice = "set scale and offset so that (value - offset) / scale is one"
        else:
            advice = "for physical values set values: physical and their scale"
        wrong = np.argwhere(~np.isnan(values) & ((values != np.rint(values)) | (np.abs(values) > LARGEST)))
        if wrong.size:
            row, column = wrong[0]
            raise TableError(
                f"samples.inputs.{name}: column {columns[column]}, row {rows[row] + 1}: found "
                f"{part[columns[column]].iloc[row]}, expected an integer from {-LARGEST} to {LARGEST}; {advice}"
            )
        shape = (len(self._inputs[name]["dates"]), len(self._inputs[name]["bands"]))
        return np.where(np.isnan(values), NODATA, values).astype(np.int16).reshape(-1, *shape)

    def clear_dates(
        self, stored: Mapping[str, NDArray[Any]], places: NDArray[np.int64]
    ) -> NDArray[np.uint16]:
        """Dates on which all bands of a sample are known, least over the series; 1 where there is no series."""
        counts = [
            (stored[name][places] != NODATA).all(axis=2).sum(axis=1)
            for name, spec in self._inputs.items()
            if spec["kind"] == "series"
        ]
        least = np.min(counts, axis=0) if counts else np.ones(len(places))
        return np.asarray(least, np.uint16)


def _numbers(column: pd.Series[Any], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    wrong = np.flatnonzero(np.isnan(numbers) & column.notna().to_numpy())
    if wrong.size:
        raise TableError(
            f"samples: column {column.name}, row {rows[wrong[0]] + 1}: found {column.iloc[wrong[0]]!r}, "
            "expected a number or an empty cell"
        )
    return numbers
