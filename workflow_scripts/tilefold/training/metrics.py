"""Scores of predictions, from counts alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Scores:
    """Scores in [0, 1] (kappa: [-1, 1]); NaN where they are 0/0.

    Attributes
    ----------
    oa
        Overall accuracy: share of right predictions.
    kappa
        Cohen's kappa: agreement beyond chance (Cohen 1960).
    fscore, precision, recall
        Unweighted means over the classes that have samples in the reference. A class that is never predicted
        has precision and F-score 0.
    """

    oa: float
    kappa: float
    fscore: float
    precision: float
    recall: float


def confusion(reference: Tensor, predicted: Tensor, classes: int) -> Tensor:
    """Confusion matrix, int64 (classes, classes), rows reference and columns prediction, of class indices."""
    return torch.bincount(reference * classes + predicted, minlength=classes * classes).reshape(
        classes, classes
    )


def scores(matrix: NDArray[np.integer[Any]]) -> Scores:
    """Scores of a confusion matrix, rows reference and columns prediction.

    The means are over the classes with samples in the reference, so every epoch and every candidate that is
    validated on the same samples has the same set of classes.
    """
    counts = matrix.astype(np.float64)
    total = counts.sum()
    right = np.diag(counts)
    reference, predicted = counts.sum(axis=1), counts.sum(axis=0)
    present = reference > 0
    oa = _ratio(right.sum(), total)
    chance = _ratio((reference * predicted).sum(), total * total)
    precision = np.divide(right, predicted, out=np.zeros_like(right), where=predicted > 0)
    recall = np.divide(right, reference, out=np.zeros_like(right), where=present)
    fscore = np.divide(2 * right, reference + predicted, out=np.zeros_like(right), where=present)
    classes = float(np.count_nonzero(present))
    return Scores(
        oa=oa,
        kappa=_ratio(oa - chance, 1 - chance),
        fscore=_ratio(fscore[present].sum(), classes),
        precision=_ratio(precision[present].sum(), classes),
        recall=_ratio(recall[present].sum(), classes),
    )


def _ratio(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator else float("nan")
