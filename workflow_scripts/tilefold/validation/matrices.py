"""Confusion matrices, from counts of pixels by polygon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.storage.whole import write_text

Counts = NDArray[np.int64]
REFERENCE_LINE = "#Reference labels (rows):"
PRODUCED_LINE = "#Produced labels (columns):"


@dataclass(frozen=True)
class UnitCounts:
    """Predicted pixels of each unit of reference: the unit of equal weights and of resampling.

    A unit is a group of polygons (an original and its parts) in one class; for intervals, what is resampled (see
    `units`) in one class. Units are sorted by class, then by number.

    Attributes
    ----------
    codes
        Class codes of the nomenclature, ascending, (classes,).
    groups
        Number of each unit's group (or of what is resampled), int64 (units,).
    classes
        Reference class of each unit as an index into `codes`, int64 (units,).
    predicted
        Pixels by predicted class, int64 (units, classes).
    nodata
        Pixels that the map leaves without a class, int64 (units,).
    """

    codes: tuple[int, ...]
    groups: Counts
    classes: Counts
    predicted: Counts
    nodata: Counts

    @property
    def pixels(self) -> Counts:
        """Classified pixels of each unit, (units,)."""
        return self.predicted.sum(axis=1, dtype=np.int64)

    @property
    def matrix(self) -> Counts:
        """Confusion matrix in pixels: rows are reference classes, columns predicted ones, nodata left out."""
        matrix = np.zeros((len(self.codes), len(self.codes)), np.int64)
        np.add.at(matrix, self.classes, self.predicted)
        return matrix

    @property
    def equal_matrix(self) -> NDArray[np.float64]:
        """Confusion matrix in which every unit with a classified pixel has weight 1."""
        seen = self.pixels > 0
        matrix = np.zeros((len(self.codes), len(self.codes)))
        np.add.at(matrix, self.classes[seen], self.predicted[seen] / self.pixels[seen, np.newaxis])
        return matrix

    @property
    def units_by_class(self) -> Counts:
        """Units with a classified pixel, by reference class, (classes,)."""
        return np.bincount(self.classes[self.pixels > 0], minlength=len(self.codes))


def unit_counts(rows: pd.DataFrame, codes: Sequence[int], nodata: int, unit: str = "group") -> UnitCounts:
    """Sum pixels by unit and predicted class.

    Parameters
    ----------
    rows
        Columns `code`, `predicted`, `pixels` and that of `unit`; any number of rows for the same unit.
    codes
        Class codes of the nomenclature, ascending.
    nodata
        Predicted value that means no class; no class code.
    unit
        Column with the number of each row's unit.

    Raises
    ------
    ValueError
        If a reference or predicted value is no class of the nomenclature.
    """
    code_array = np.asarray(codes, np.int64)
    reference = _positions(rows["code"].to_numpy(np.int64), code_array, "code")
    values = rows["predicted"].to_numpy(np.int64)
    empty = values == nodata
    column = np.full(len(rows), len(codes), np.int64)
    column[~empty] = _positions(values[~empty], code_array, "predicted")

    keys = np.column_stack([reference, rows[unit].to_numpy(np.int64)]).reshape(-1, 2)
    units, unit_of_row = np.unique(keys, axis=0, return_inverse=True)
    table = np.zeros((len(units), len(codes) + 1), np.int64)
    np.add.at(table, (unit_of_row.reshape(-1), column), rows["pixels"].to_numpy(np.int64))
    return UnitCounts(tuple(int(c) for c in codes), units[:, 1], units[:, 0], table[:, :-1], table[:, -1])


def _positions(values: Counts, codes: Counts, column: str) -> Counts:
    unknown = np.setdiff1d(values, codes)
    if unknown.size:
        raise ValueError(
            f"column `{column}` of the counts holds {', '.join(map(str, unknown))}, which the nomenclature "
            f"lacks (codes {', '.join(map(str, codes))}); make the counts again with this nomenclature"
        )
    return np.searchsorted(codes, values).astype(np.int64)


def write_otb_matrix(path: Path | str, matrix: Counts, codes: Sequence[int]) -> None:
    """Write a confusion matrix in the layout of OTB's ComputeConfusionMatrix.

    Two comment lines name the labels of rows and columns; labels that do not occur have no row or column, so
    the table may be rectangular.

    Parameters
    ----------
    path
        The CSV file.
    matrix
        Pixels, int64 (classes, classes), rows are reference classes.
    codes
        Class codes, ascending.
    """
    labels = np.asarray(codes)
    rows = np.flatnonzero(matrix.sum(axis=1))
    columns = np.flatnonzero(matrix.sum(axis=0))
    lines = [
        REFERENCE_LINE + ",".join(map(str, labels[rows])),
        PRODUCED_LINE + ",".join(map(str, labels[columns])),
        *(",".join(str(value) for value in row) for row in matrix[np.ix_(rows, columns)]),
    ]
    write_text(path, "\n".join(lines) + "\n")


def read_otb_matrix(path: Path | str, codes: Sequence[int]) -> Counts:
    """Read a matrix in OTB's layout as int64 (classes, classes) over all codes of the nomenclature.

    Raises
    ------
    ValueError
        If the file has another layout, or labels that the nomenclature lacks.
    """
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    if len(lines) < 2 or not (lines[0].startswith(REFERENCE_LINE) and lines[1].startswith(PRODUCED_LINE)):
        raise ValueError(f"{path}: not a confusion matrix in OTB's layout, its two header lines are missing")
    labels = [
        np.array([int(label) for label in line.split(":", 1)[1].split(",") if label], np.int64)
        for line in lines[:2]
    ]
    code_array = np.asarray(codes, np.int64)
    rows = _positions(labels[0], code_array, f"rows of {path}")
    columns = _positions(labels[1], code_array, f"columns of {path}")
    matrix = np.zeros((len(codes), len(codes)), np.int64)
    if rows.size:
        matrix[np.ix_(rows, columns)] = np.loadtxt(lines[2:], delimiter=",", dtype=np.int64, ndmin=2)
    return matrix
