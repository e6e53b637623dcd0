"""Temperature scaling: a model made as sure as it is right on validation samples (Guo et al. 2017)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from netCDF4 import Dataset
from numpy.typing import NDArray
from scipy.optimize import brentq

from tilefold.inference.pixels import load_predictor
from tilefold.series.features import input_tensor
from tilefold.storage.samples import read_rows, stored_variables
from tilefold.storage.tables import write_table
from tilefold.training.database import VALIDATION
from tilefold.training.model_file import read_model_file, write_model_file

logger = logging.getLogger(__name__)

#: Temperatures that are looked at.
LOWEST, HIGHEST = 0.05, 20.0
#: Probability that the logarithm of one is taken of at least.
LEAST = 1e-37
BINS = 10

Values = NDArray[np.float64]
Labels = NDArray[np.intp]


def scale_temperature(
    model: Path | str,
    samples: Path | str,
    settings: Mapping[str, Any],
    *,
    scaled: Path | str,
    temperature: Path | str,
) -> None:
    """Fit the temperature that a model's logits are divided by on validation samples, and write the model with it.

    Labels stay as they are, but for rounding where two classes are equally probable.

    Parameters
    ----------
    model
        Model file of `select_model`.
    samples
        Sample database of the run and region.
    settings
        What `load_predictor` takes.
    scaled
        Model file to write: the same with `temperature`; without samples to fit it on, and without a model, the same.
    temperature
        CSV to write, one row: `temperature`, `samples` (of learnt classes), `nll` and `nll_scaled` (mean negative
        log-likelihood), `ece` and `ece_scaled` (expected calibration error of the most probable class, `BINS` bins).
    """
    tensors, description = read_model_file(model)
    row: dict[str, Any] = {"temperature": None, "samples": 0}
    row |= dict.fromkeys(["nll", "nll_scaled", "ece", "ece_scaled"])
    if "untrained" not in description:
        logits, labels = _validation(model, samples, settings)
        if len(labels):
            found = fit_temperature(logits, labels)
            before, after = softmax(logits), softmax(logits / found)
            row = {
                "temperature": found,
                "samples": len(labels),
                "nll": mean_nll(before, labels),
                "nll_scaled": mean_nll(after, labels),
                "ece": calibration_error(before, labels),
                "ece_scaled": calibration_error(after, labels),
            }
            description["temperature"] = found
            logger.info("temperature %.3f from %d validation samples", found, len(labels))
    write_model_file(scaled, tensors, description)
    write_table(temperature, pd.DataFrame([row]))


def fit_temperature(logits: Values, labels: Labels) -> float:
    """Temperature with the least mean negative log-likelihood, between `LOWEST` and `HIGHEST`.

    The likelihood's derivative by the inverse temperature, the mean of the expected logit less that of the sample's
    class, rises with it: its root is the optimum, and there is one.

    Parameters
    ----------
    logits
        (samples, classes).
    labels
        Column of each sample's class, (samples,).
    """
    own = logits[np.arange(len(labels)), labels]

    def derivative(inverse: float) -> float:
        return float(((softmax(logits * inverse) * logits).sum(axis=1) - own).mean())

    low, high = 1 / HIGHEST, 1 / LOWEST
    if derivative(low) >= 0:
        return HIGHEST
    if derivative(high) <= 0:
        return LOWEST
    return float(1 / brentq(derivative, low, high, xtol=1e-10))


def softmax(logits: Values) -> Values:
    """Probabilities (samples, classes) of logits."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Values = powers / powers.sum(axis=1, keepdims=True)
    return shares


def mean_nll(probabilities: Values, labels: Labels) -> float:
    """Mean negative logarithm of the probability of each sample's class."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(labels)), labels], LEAST)).mean())


def calibration_error(probabilities: Values, labels: Labels) -> float:
    """Expected calibration error of the most probable class in bins of equal width (Naeini et al. 2015)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    sums = np.bincount(place, confidence - right, BINS)
    return float(np.abs(sums).sum() / len(labels))


def _validation(model: Path | str, samples: Path | str, settings: Mapping[str, Any]) -> tuple[Values, Labels]:
    """Logits, up to a constant a sample, and columns of the classes of the validation samples of learnt classes."""
    predictor = load_predictor(model, settings)
    learnt = [code not in set(predictor.not_learnt) for code in predictor.classes]
    codes = np.asarray(predictor.classes)[learnt]
    logits, labels = [np.empty((0, len(codes)))], [np.empty(0, np.intp)]
    with Dataset(samples) as dataset:
        dataset.set_auto_maskandscale(False)
        rows = np.flatnonzero(dataset["role"][:] == VALIDATION)
        for _, values in read_rows(dataset, [*stored_variables(predictor.inputs), "label"], rows):
            tensors = {name: input_tensor(values, name, spec) for name, spec in predictor.inputs.items()}
            likely = predictor.predict(tensors)[:, learnt].astype(np.float64)
            known = np.isin(values["label"], codes)
            logits.append(np.log(np.maximum(likely[known], LEAST)))
            labels.append(np.searchsorted(codes, values["label"][known]))
    return np.concatenate(logits), np.concatenate(labels)
