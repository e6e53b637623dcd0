"""From stored values of pixels to labels: the one way, for the chunks of a map and for test samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tilefold.inference.model import PredictionError, Predictor, load_model
from tilefold.inference.scales import (
    CONFIDENCE_NODATA,
    CONFIDENCE_SCALE,
    PROBABILITY_NODATA,
    PROBABILITY_SCALE,
)
from tilefold.series.features import input_tensor


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
    margin
        uint8 (n,): probability of the label less that of the second class, 0 to 100; `CONFIDENCE_NODATA` where never
        clear.
    """

    labels: NDArray[np.int32]
    confidence: NDArray[np.uint8]
    probabilities: NDArray[np.uint16]
    margin: NDArray[np.uint8]

    @classmethod
    def undecided(cls, pixels: int, classes: int, nodata: int) -> Self:
        """All pixels without data."""
        return cls(
            np.full(pixels, nodata, np.int32),
            np.full(pixels, CONFIDENCE_NODATA, np.uint8),
            np.full((pixels, classes), PROBABILITY_NODATA, np.uint16),
            np.full(pixels, CONFIDENCE_NODATA, np.uint8),
        )

    def put(self, where: slice | NDArray[np.intp], other: Decisions) -> None:
        """Take over the decisions on some pixels."""
        self.labels[where] = other.labels
        self.confidence[where] = other.confidence
        self.probabilities[where] = other.probabilities
        self.margin[where] = other.margin


def decide(probabilities: NDArray[np.float32], codes: Sequence[int]) -> Decisions:
    """Label of the most probable class, with its probability.

    Equal probabilities go to the lowest code. Scaled values are rounded to the nearest
    integer, halves to even.

    Parameters
    ----------
    probabilities
        float32 (n, classes), finite.
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
        np.rint((largest - second) * CONFIDENCE_SCALE).astype(np.uint8),
    )


def _two_most_probable(
    probabilities: NDArray[np.float32],
) -> tuple[NDArray[np.uint16], NDArray[np.float32], NDArray[np.float32]]:
    """Number and probability of the most probable class, probability of the second (0 without one).

    Class by class, since there are many more pixels.
    """
    largest = probabilities[:, 0].copy()
    second = np.zeros_like(largest)
    best = np.zeros(len(largest), np.uint16)
    for number in range(1, probabilities.shape[1]):
        column = probabilities[:, number]
        np.maximum(second, np.minimum(largest, column), out=second)
        np.copyto(best, np.uint16(number), where=column > largest)
        np.maximum(largest, column, out=largest)
    return best, largest, second


def classify_pixels(
    predictor: Predictor,
    values: Mapping[str, NDArray[Any]],
    clear_dates: NDArray[np.uint16],
    *,
    nodata: int,
    rows: int,
    place: str,
) -> Decisions:
    """Classify pixels; those that were never clear are nodata.

    Tensors are made of a few rows at a time, so that they stay in the processor's cache.

    Parameters
    ----------
    predictor
        The model.
    values
        By variable of the model's inputs, see `tilefold.storage.samples.stored_variables`: series int16 (n, dates,
        bands), static features float32 (n, bands), external features float32.
    clear_dates
        (n,): number of clear dates of each pixel, 0 = never clear.
    nodata
        Label of pixels that were never clear.
    rows
        Rows that the model sees at once, its `batch_rows` at most.
    place
        Where the pixels are, for messages.

    Raises
    ------
    PredictionError
        If the network gives NaN or infinity.
    """
    decisions = Decisions.undecided(clear_dates.size, len(predictor.classes), nodata)
    clear = np.flatnonzero(clear_dates)
    for start in range(0, clear.size, rows):
        chosen = as_slice(clear[start : start + rows])
        part = {name: _taken(stored, chosen) for name, stored in values.items()}
        size = min(rows, clear.size - start)
        for name, tensor in predictor.batch(size).items():
            input_tensor(part, name, predictor.inputs[name], tensor)
        try:
            probabilities = predictor.predict_batch(size)
        except PredictionError as error:
            raise PredictionError(f"{place}: {error}") from error
        decisions.put(chosen, decide(probabilities, predictor.classes))
    return decisions


def _taken(stored: NDArray[Any], chosen: slice | NDArray[np.intp]) -> NDArray[Any]:
    """Some pixels of stored values, in the layout that these have."""
    if isinstance(chosen, slice) or stored.flags.c_contiguous:
        return stored[chosen]
    return np.moveaxis(np.moveaxis(stored, 0, -1)[..., chosen], -1, 0)


def load_predictor(model: Path | str, settings: Mapping[str, Any]) -> Predictor:
    """Load a model of a run.

    Parameters
    ----------
    model
        Model file.
    settings
        `codes`, `batch_rows`, `compute_threads`, `device` (default `auto`).

    Raises
    ------
    PredictionError
        If the model's classes are not those of the nomenclature.
    """
    predictor = load_model(
        model,
        device=settings.get("device", "auto"),
        batch_rows=settings["batch_rows"],
        compute_threads=settings["compute_threads"],
    )
    if predictor.classes != list(settings["codes"]):
        raise PredictionError(
            f"{predictor.path}: the model's classes are {predictor.classes}, but the nomenclature's "
            f"{list(settings['codes'])}; train again, or use the nomenclature of the training"
        )
    return predictor


def as_slice(indexes: NDArray[np.intp]) -> slice | NDArray[np.intp]:
    """Ascending indexes, at least one; those without gaps as a slice, which copies nothing."""
    first, last = int(indexes[0]), int(indexes[-1])
    return slice(first, last + 1) if last - first + 1 == indexes.size else indexes
