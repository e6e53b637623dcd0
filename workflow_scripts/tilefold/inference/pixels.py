"""From stored values of pixels to labels: the one way, for the chunks of a map and for test samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.inference.decisions import Decisions, decide
from tilefold.inference.model import PredictionError, Predictor, load_model
from tilefold.series.features import input_tensor


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
    for chosen, probabilities in predict_pixels(predictor, values, clear_dates, rows=rows, place=place):
        decisions.put(chosen, decide(probabilities, predictor.classes))
    return decisions


def predict_pixels(
    predictor: Predictor,
    values: Mapping[str, NDArray[Any]],
    clear_dates: NDArray[np.uint16],
    *,
    rows: int,
    place: str,
) -> Iterator[tuple[slice | NDArray[np.intp], NDArray[np.float32]]]:
    """Class probabilities of the pixels that were ever clear, some at a time; see `classify_pixels`.

    Yields
    ------
    Which pixels, and their probabilities, float32 (pixels, classes).
    """
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
        yield chosen, probabilities


def _taken(stored: NDArray[Any], chosen: slice | NDArray[np.intp]) -> NDArray[Any]:
    """Some pixels of stored values, in the layout that these have."""
    if isinstance(chosen, slice) or stored.flags.c_contiguous:
        return stored[chosen]
    return np.moveaxis(np.moveaxis(stored, 0, -1)[..., chosen], -1, 0)


def load_predictor(model: Path | str, settings: Mapping[str, Any], precision: str = "fp32") -> Predictor:
    """Load a model of a run.

    Parameters
    ----------
    model
        Model file.
    settings
        `codes`, `batch_rows`, `compute_threads`, `device` (default `auto`).
    precision
        `fp32` or `bf16`.

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
        precision=precision,
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
