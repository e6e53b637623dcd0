"""How far a place is from all samples, in what the network looks at (Meyer and Pebesma 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances_argmin_min, pairwise_distances_chunked

Features = NDArray[np.float32]


@dataclass(frozen=True)
class SampleSpace:
    """Samples in standardised and weighted inputs, in which distances are Euclidean.

    Attributes
    ----------
    mean, scale
        float64 (features,): a feature is (value - mean) * scale; the scale is the weight over the samples' standard
        deviation, 0 for a feature that does not vary. A missing value is the mean.
    samples
        float32 (samples, features with a scale above 0).
    mean_distance
        Mean distance of two samples.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    samples: Features
    mean_distance: float

    @classmethod
    def of_samples(cls, values: Features, weights: NDArray[np.float64]) -> Self:
        """Space of samples.

        Parameters
        ----------
        values
            float32 (samples, features); NaN where nothing is known.
        weights
            float64 (features,), 0 or more.
        """
        known = np.isfinite(values)
        number = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, values, 0).sum(axis=0, dtype=np.float64) / number
        squares = np.where(known, (values - mean) ** 2, 0).sum(axis=0, dtype=np.float64)
        deviation = np.sqrt(squares / number)
        scale = np.divide(weights, deviation, out=np.zeros_like(deviation), where=deviation > 0)
        samples = _placed(values, mean, scale)
        return cls(mean, scale, samples, mean_distance(samples))

    def place(self, values: Features) -> Features:
        """Values, float32 (n, features), in this space: float32 (n, features with a scale above 0)."""
        return _placed(values, self.mean, self.scale)

    def dissimilarity(
        self, values: Features, samples: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float64]:
        """Distance to the nearest sample over the mean distance of two samples, float64 (n,).

        Parameters
        ----------
        values
            float32 (n, features).
        samples
            Which samples count; all unless given.
        """
        return self._nearest(self.place(values), self.samples if samples is None else self.samples[samples])

    def between_groups(self, groups: NDArray[Any]) -> NDArray[np.float64]:
        """Dissimilarity of each sample from those of the other groups, float64 (samples,); NaN without others."""
        found = np.full(len(groups), np.nan)
        for group in np.unique(groups):
            own = groups == group
            if not own.all():
                found[own] = self._nearest(self.samples[own], self.samples[~own])
        return found

    def _nearest(self, points: Features, samples: Features) -> NDArray[np.float64]:
        if not len(points):
            return np.empty(0)
        _, distances = pairwise_distances_argmin_min(points, samples)
        return np.asarray(distances, np.float64) / self.mean_distance


def _placed(values: Features, mean: NDArray[np.float64], scale: NDArray[np.float64]) -> Features:
    used = scale > 0
    placed = (values[:, used] - mean[used]) * scale[used]
    return np.nan_to_num(placed, nan=0.0).astype(np.float32)


def mean_distance(samples: Features) -> float:
    """Mean Euclidean distance of all pairs of two samples; memory is bounded by scikit-learn's working memory."""
    sums = pairwise_distances_chunked(samples, reduce_func=lambda part, _: part.sum(axis=1, dtype=np.float64))
    pairs = len(samples) * (len(samples) - 1)
    return float(sum(part.sum() for part in sums) / pairs) if pairs else float("nan")


def threshold(values: NDArray[np.float64]) -> float:
    """Largest value that is not above the third quartile plus 1.5 interquartile ranges; NaN without values."""
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan")
    first, third = np.quantile(values, [0.25, 0.75])
    return float(values[values <= third + 1.5 * (third - first)].max())


def stratified(labels: NDArray[np.integer[Any]], most: int, seed: Sequence[int]) -> NDArray[np.intp]:
    """Rows drawn at random, each class in its share and with one row at least, ascending.

    Parameters
    ----------
    labels
        (n,): class of each row.
    most
        Rows that are wanted; all of them where there are no more. Classes of under one row add to it.
    seed
        Start of the random numbers.
    """
    if len(labels) <= most:
        return np.arange(len(labels))
    _, place, number = np.unique(labels, return_inverse=True, return_counts=True)
    quota = np.maximum(number * most // len(labels), 1)
    order = np.lexsort((np.random.default_rng(seed).random(len(labels)), place))
    rank = np.arange(len(labels)) - np.repeat(np.cumsum(number) - number, number)
    return np.sort(order[rank < np.repeat(quota, number)])
