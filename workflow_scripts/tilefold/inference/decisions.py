"""From class probabilities to what maps hold; without torch, since mosaics need it too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilefold.inference.scales import (
    CONFIDENCE_NODATA,
    CONFIDENCE_SCALE,
    PROBABILITY_NODATA,
    PROBABILITY_SCALE,
)


@dataclass(frozen=True)
class Decisions:
    """What the maps and the tables of predicted samples hold of each pixel.

    Attributes
    ----------
    labels
        int32 (n,): class codes; the map's nodata value where a pixel was never clear.
    confidence
        uint8 (n,): probability of the label, 0 to 100; `CONFIDENCE_NODATA` where never clear.
    probabilities
        uint16 (n, classes): 0 to 1000, classes in ascending order of their codes; `PROBABILITY_NODATA` where
        never clear.
    top
        float16 (n,): probability of the label, 0 to 1; NaN where never clear.
    margin
        uint8 (n,): probability of the label less that of the second class, 0 to 100; `CONFIDENCE_NODATA` where never
        clear.
    """

    labels: NDArray[np.int32]
    confidence: NDArray[np.uint8]
    probabilities: NDArray[np.uint16]
    top: NDArray[np.float16]
    margin: NDArray[np.uint8]

    @classmethod
    def undecided(cls, pixels: int, classes: int, nodata: int) -> Self:
        """All pixels without data."""
        return cls(
            np.full(pixels, nodata, np.int32),
            np.full(pixels, CONFIDENCE_NODATA, np.uint8),
            np.full((pixels, classes), PROBABILITY_NODATA, np.uint16),
            np.full(pixels, np.nan, np.float16),
            np.full(pixels, CONFIDENCE_NODATA, np.uint8),
        )

    def put(self, where: slice | NDArray[np.intp], other: Decisions) -> None:
        """Take over the decisions on some pixels."""
        self.labels[where] = other.labels
        self.confidence[where] = other.confidence
        self.probabilities[where] = other.probabilities
        self.top[where] = other.top
        self.margin[where] = other.margin


def decide(probabilities: NDArray[np.floating[Any]], codes: Sequence[int]) -> Decisions:
    """Label of the most probable class, with its probability.

    Equal probabilities go to the lowest code. Scaled values are rounded to the nearest
    integer, halves to even.

    Parameters
    ----------
    probabilities
        (n, classes), finite.
    codes
        Codes of the classes, ascending.

    Raises
    ------
    ValueError
        If the codes are not ascending.
    """
    if any(one >= other for one, other in pairwise(codes)):
        raise ValueError(f"class codes must be ascending, found {list(codes)}")
    best, largest, second = _two_most_probable(probabilities)
    return Decisions(
        np.asarray(codes, np.int32)[best],
        np.rint(largest * CONFIDENCE_SCALE).astype(np.uint8),
        np.rint(probabilities * PROBABILITY_SCALE).astype(np.uint16),
        largest.astype(np.float16),
        np.rint((largest - second) * CONFIDENCE_SCALE).astype(np.uint8),
    )


def _two_most_probable(
    probabilities: NDArray[np.floating[Any]],
) -> tuple[NDArray[np.uint16], NDArray[np.floating[Any]], NDArray[np.floating[Any]]]:
    """Number and probability of the most probable class, probability of the second (0 without one)."""
    largest = probabilities[:, 0].copy()
    second = np.zeros_like(largest)
    best = np.zeros(len(largest), np.uint16)
    _rank(probabilities, best, largest, second)
    return best, largest, second


@njit(cache=True, nogil=True)
def _rank(
    probabilities: NDArray[Any], best: NDArray[Any], largest: NDArray[Any], second: NDArray[Any]
) -> None:
    """Class by class in the outer loop: the model gives each class's pixels side by side."""
    for number in range(1, probabilities.shape[1]):
        column = probabilities[:, number]
        for p in range(np.uint64(len(column))):
            value = column[p]
            second[p] = max(second[p], min(largest[p], value))
            best[p] = np.uint16(number) if value > largest[p] else best[p]
            largest[p] = max(largest[p], value)
