"""Sums over the batches of an epoch, and what they say at the shares of the samples and at those of the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from tilefold.training.metrics import Scores, at_shares, confusion, indicators, scores


@dataclass(frozen=True)
class EpochResult:
    """What an epoch has summed over its samples.

    Attributes
    ----------
    matrix
        Confusion matrix, int64 (classes, classes), rows reference and columns prediction.
    losses
        Sum of the cross-entropies of each class's samples, float64 (classes,).
    """

    matrix: NDArray[np.int64]
    losses: NDArray[np.float64]

    def loss(self, weights: NDArray[np.float64]) -> float:
        """Sum of weighted losses over the sum of weights, by the weights of the classes (classes,)."""
        learnt = weights > 0
        total = float((weights * self.matrix.sum(axis=1)).sum())
        return float((weights[learnt] * self.losses[learnt]).sum() / total) if total else float("nan")

    def scores(self) -> Scores:
        """Scores over the samples as they were drawn."""
        return scores(self.matrix)

    def natural_loss(self, shares: NDArray[np.float64], learnt: NDArray[np.bool_]) -> float:
        """Mean loss where each class has its share of the reference instead of its share of the samples.

        Parameters
        ----------
        shares
            Share of each class in the reference (classes,).
        learnt
            Classes that count (classes,): those with learn samples.
        """
        counts = self.matrix.sum(axis=1)
        weights = np.divide(shares, counts, out=np.zeros_like(shares), where=(counts > 0) & learnt)
        return self.loss(weights)

    def natural_scores(self, shares: NDArray[np.float64]) -> Scores:
        """Scores where each class has its share of the reference instead of its share of the samples."""
        return scores(at_shares(self.matrix, shares))


class EpochSums:
    """Sums over the batches of an epoch, kept on the device until the epoch ends.

    Parameters
    ----------
    learnt
        Which classes have learn samples (classes,), on the device; the others are never predicted.
    """

    def __init__(self, learnt: Tensor) -> None:
        self._barred = ~learnt
        self._classes = len(learnt)
        self._losses = torch.zeros(self._classes, dtype=torch.float64, device=learnt.device)
        self._matrix = torch.zeros((self._classes, self._classes), dtype=torch.int64, device=learnt.device)

    def add(self, logits: Tensor, targets: Tensor) -> None:
        """Add a batch: logits float32 (rows, classes), class indices int64 (rows,)."""
        predicted = logits.masked_fill(self._barred, -torch.inf).argmax(dim=1)
        self._matrix += confusion(targets, predicted, self._classes)
        # Like the matrix a product with indicators, which adds in one order on every device; scattering does not.
        each = cross_entropy(logits, targets, reduction="none").double()
        self._losses += each @ indicators(targets, self._classes).double()

    def result(self) -> EpochResult:
        """Copy the sums to the CPU."""
        matrix: NDArray[Any] = self._matrix.cpu().numpy()
        losses: NDArray[Any] = self._losses.cpu().numpy()
        return EpochResult(matrix, losses)
