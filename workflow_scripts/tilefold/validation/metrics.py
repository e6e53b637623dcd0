"""Metrics of confusion matrices.

Matrices are (..., classes, classes) arrays, rows are reference classes and columns predicted ones; leading
axes (replicates of a bootstrap) are carried through. What is 0/0 is NaN, an empty cell in the tables.
Formulas: Cohen 1960 for kappa; F1 as 2 TP / (reference + predicted), which equals the harmonic mean of
precision and recall where both exist; Pontius and Millones 2011 for the disagreements of quantity and allocation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.validation.matrices import UnitCounts

Matrix = NDArray[Any]
Values = NDArray[np.float64]


def overall_accuracy(matrix: Matrix) -> Values:
    """Share of pixels with the right class, (...)."""
    return _ratio(_agreement(matrix).sum(axis=-1), matrix.sum(axis=(-2, -1)))


def kappa(matrix: Matrix) -> Values:
    """Agreement beyond what the margins give by chance, (...); NaN where chance alone agrees fully."""
    total = matrix.sum(axis=(-2, -1)).astype(np.float64)
    right = _agreement(matrix).sum(axis=-1)
    chance = (matrix.sum(axis=-1).astype(np.float64) * matrix.sum(axis=-2)).sum(axis=-1)
    return _ratio(right * total - chance, total**2 - chance)


def precision(matrix: Matrix) -> Values:
    """Share of the pixels predicted as a class that are of it, (..., classes); NaN if never predicted."""
    return _ratio(_agreement(matrix), matrix.sum(axis=-2))


def recall(matrix: Matrix) -> Values:
    """Share of a class's reference pixels that are predicted as it, (..., classes); NaN without reference."""
    return _ratio(_agreement(matrix), matrix.sum(axis=-1))


def f1(matrix: Matrix) -> Values:
    """F1 of each class, (..., classes): 0 if it is never predicted, NaN if it has no reference."""
    reference = matrix.sum(axis=-1)
    values = _ratio(2.0 * _agreement(matrix), reference + matrix.sum(axis=-2))
    return np.where(reference > 0, values, np.nan)


def iou(matrix: Matrix) -> Values:
    """Intersection over union of each class, (..., classes): 0 if it is never predicted, NaN without reference."""
    right, reference = _agreement(matrix), matrix.sum(axis=-1)
    values = _ratio(right, reference + matrix.sum(axis=-2) - right)
    return np.where(reference > 0, values, np.nan)


def mean_iou(matrix: Matrix) -> Values:
    """Unweighted mean of the intersection over union over the classes with reference, (...)."""
    return _mean(iou(matrix))


def quantity_disagreement(matrix: Matrix) -> Values:
    """Share of pixels that are wrong because map and reference differ in how much there is of each class, (...)."""
    difference = np.abs(matrix.sum(axis=-1) - matrix.sum(axis=-2)).sum(axis=-1)
    return _ratio(0.5 * difference, matrix.sum(axis=(-2, -1)))


def allocation_disagreement(matrix: Matrix) -> Values:
    """Share of pixels that are wrong because classes are in other places than in the reference, (...).

    With the disagreement of quantity it makes 1 - OA.
    """
    right = _agreement(matrix)
    exchanged = np.minimum(matrix.sum(axis=-1) - right, matrix.sum(axis=-2) - right).sum(axis=-1)
    return _ratio(exchanged, matrix.sum(axis=(-2, -1)))


def mean_f1(matrix: Matrix, classes: NDArray[np.bool_] | None = None) -> Values:
    """Unweighted mean of F1 over the classes with reference, (...).

    Parameters
    ----------
    matrix
        (..., classes, classes). F1 of each class is that of the whole matrix: pixels that a class wins from a
        class outside `classes` are its errors.
    classes
        Restrict the mean to these, (classes,).
    """
    values = f1(matrix)
    return _mean(values if classes is None else np.where(classes, values, np.nan))


def scores(units: UnitCounts) -> dict[str, float | int]:
    """Metrics of one side.

    Returns
    -------
    dict
        `oa`, `kappa`, `mean_f1`, `mean_iou`, `quantity` and `allocation` (disagreements), over classified pixels;
        `n_classes` (with classified reference pixels);
        `n_pixels` (classified), `n_polygons` (units with a classified pixel: the parts of an original count
        as one); `oa_with_nodata` (pixels without a class are errors) and their number `n_nodata`; and
        `oa_polygon`, `kappa_polygon`, `mean_f1_polygon`, in which every unit has weight 1.
    """
    matrix = units.matrix
    equal = units.equal_matrix
    pixels, empty = int(matrix.sum()), int(units.nodata.sum())
    return {
        "oa": float(overall_accuracy(matrix)),
        "kappa": float(kappa(matrix)),
        "mean_f1": float(mean_f1(matrix)),
        "mean_iou": float(mean_iou(matrix)),
        "quantity": float(quantity_disagreement(matrix)),
        "allocation": float(allocation_disagreement(matrix)),
        "n_classes": int(np.count_nonzero(matrix.sum(axis=1))),
        "n_pixels": pixels,
        "n_polygons": int(units.units_by_class.sum()),
        "oa_with_nodata": float(_ratio(_agreement(matrix).sum(), np.asarray(pixels + empty))),
        "n_nodata": empty,
        "oa_polygon": float(overall_accuracy(equal)),
        "kappa_polygon": float(kappa(equal)),
        "mean_f1_polygon": float(mean_f1(equal)),
    }


def _mean(values: Values) -> Values:
    """Mean over the classes that have a value, (...)."""
    counted = ~np.isnan(values)
    return _ratio(np.where(counted, values, 0.0).sum(axis=-1), counted.sum(axis=-1))


def _agreement(matrix: Matrix) -> Matrix:
    return np.diagonal(matrix, axis1=-2, axis2=-1)


def _ratio(numerator: Matrix, denominator: Matrix) -> Values:
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    quotient = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient
