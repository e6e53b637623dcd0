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
            # The pixels of a class lie side by side, as the model gives them and as maps hold them.
            np.full((classes, pixels), PROBABILITY_NODATA, np.uint16).T,
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
    pixels, classes = probabilities.shape
    scaled = np.empty((classes, pixels), np.uint16).T
    labels = np.empty(pixels, np.int32)
    largest, second = np.empty((2, pixels), probabilities.dtype)
    _rank(probabilities, np.asarray(codes, np.int32), labels, largest, second, scaled)
    confidence, margin = np.empty((2, pixels), np.uint8)
    _scale(largest, second, confidence, margin)
    return Decisions(labels, confidence, scaled, largest.astype(np.float16), margin)


@njit(cache=True, nogil=True, error_model="numpy")
def _rank(
    probabilities: NDArray[Any],
    codes: NDArray[Any],
    labels: NDArray[Any],
    largest: NDArray[Any],
    second: NDArray[Any],
    scaled: NDArray[Any],
) -> None:
    """Most probable class, its probability and the second (0 without one), and all probabilities as integers.

    Class by class in the outer loop: the model gives each class's pixels side by side.
    """
    scale = probabilities.dtype.type(PROBABILITY_SCALE)
    labels[:] = codes[0]
    largest[:] = probabilities[:, 0]
    second[:] = 0
    for number in range(len(codes)):
        column, integers, code = probabilities[:, number], scaled[:, number], codes[number]
        for p in range(np.uint64(len(column))):
            value = column[p]
            integers[p] = np.uint16(np.rint(value * scale))
            if number > 0:
                second[p] = max(second[p], min(largest[p], value))
                labels[p] = code if value > largest[p] else labels[p]
                largest[p] = max(largest[p], value)


@njit(cache=True, nogil=True, error_model="numpy")
def _scale(
    largest: NDArray[Any], second: NDArray[Any], confidence: NDArray[Any], margin: NDArray[Any]
) -> None:
    scale = largest.dtype.type(CONFIDENCE_SCALE)
    for p in range(np.uint64(len(largest))):
        confidence[p] = np.uint8(np.rint(largest[p] * scale))
        margin[p] = np.uint8(np.rint((largest[p] - second[p]) * scale))
