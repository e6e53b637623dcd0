"""Scores of predictions, from counts alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

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


def indicators(indices: Tensor, classes: int) -> Tensor:
    """1 where a row is of a class and 0 elsewhere, float32 (rows, classes), of class indices int64 (rows,).

    Unlike torch's `one_hot` it does not make a GPU wait.
    """
    return (indices[:, None] == torch.arange(classes, device=indices.device)).float()


def confusion(reference: Tensor, predicted: Tensor, classes: int) -> Tensor:
    """Confusion matrix, int64 (classes, classes), rows reference and columns prediction, of class indices.

    As a product of indicators it needs no scattering, which GPUs do in any order; exact up to 2**24 rows.
    """
    return (indicators(reference, classes).T @ indicators(predicted, classes)).long()


class ClassScores(NamedTuple):
    """Scores of each class, float64 (classes,) each; 0 where they are 0/0."""

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    fscore: NDArray[np.float64]


def at_shares(matrix: NDArray[np.integer[Any]], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Confusion matrix where each class of the reference has its share of `shares`, not of the samples.

    Each row is divided by its sum and multiplied by its class's share, float64 (classes, classes); rows without
    samples stay 0.
    """
    counts = matrix.sum(axis=1)
    factors = np.divide(shares, counts, out=np.zeros(len(counts)), where=counts > 0)
    return matrix * factors[:, None]


def class_scores(matrix: NDArray[np.number[Any]]) -> ClassScores:
    """Scores of each class of a confusion matrix, rows reference and columns prediction."""
    counts = matrix.astype(np.float64)
    right, reference, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    return ClassScores(
        precision=_ratios(right, predicted),
        recall=_ratios(right, reference),
        fscore=_ratios(2 * right, reference + predicted),
    )


def scores(matrix: NDArray[np.number[Any]]) -> Scores:
    """Scores of a confusion matrix, rows reference and columns prediction.

    The means are over the classes with samples in the reference, so every epoch and every candidate that is
    validated on the same samples has the same set of classes.
    """
    counts = matrix.astype(np.float64)
    total = counts.sum()
    reference, predicted = counts.sum(axis=1), counts.sum(axis=0)
    present = reference > 0
    oa = _ratio(np.trace(counts), total)
    chance = _ratio((reference * predicted).sum(), total * total)
    each = class_scores(counts)
    classes = float(np.count_nonzero(present))
    return Scores(
        oa=oa,
        kappa=_ratio(oa - chance, 1 - chance),
        fscore=_ratio(each.fscore[present].sum(), classes),
        precision=_ratio(each.precision[present].sum(), classes),
        recall=_ratio(each.recall[present].sum(), classes),
    )


def _ratio(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator else float("nan")


def _ratios(numerators: NDArray[np.float64], denominators: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(numerators, denominators, out=np.zeros_like(numerators), where=denominators > 0)
