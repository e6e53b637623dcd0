"""What is known of a run's labels from the validation part of its training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from netCDF4 import Dataset
from numpy.typing import NDArray

from tilefold.inference.pixels import load_predictor
from tilefold.series.features import input_tensor
from tilefold.storage.samples import read_rows, stored_variables
from tilefold.training.database import VALIDATION
from tilefold.training.model_file import read_model_description
from tilefold.validation.matrices import read_otb_matrix, write_otb_matrix
from tilefold.validation.metrics import kappa, overall_accuracy, precision, recall


def count_validation(
    models: Mapping[str, Path | str],
    samples: Mapping[str, Path | str],
    settings: Mapping[str, Any],
    *,
    matrix: Path | str,
) -> None:
    """Count how a run's models label the validation samples of their own regions.

    Parameters
    ----------
    models, samples
        Model file and sample database by region; a region without a model is left out.
    settings
        `codes`, `batch_rows`, `compute_threads`, `device`.
    matrix
        Confusion matrix to write, in OTB's layout.
    """
    codes = np.asarray(settings["codes"])
    counts = np.zeros((len(codes), len(codes)), np.int64)
    for region, path in models.items():
        if "untrained" in read_model_description(path):
            continue
        predictor = load_predictor(path, settings)
        with Dataset(samples[region]) as dataset:
            dataset.set_auto_maskandscale(False)
            rows = np.flatnonzero(dataset["role"][:] == VALIDATION)
            for _, values in read_rows(dataset, [*stored_variables(predictor.inputs), "label"], rows):
                tensors = {name: input_tensor(values, name, spec) for name, spec in predictor.inputs.items()}
                found = predictor.predict(tensors).argmax(axis=1)
                np.add.at(counts, (np.searchsorted(codes, values["label"]), found), 1)
    write_otb_matrix(matrix, counts, settings["codes"])


def masses_of(matrix: NDArray[np.int64], kind: str) -> NDArray[np.float64]:
    """Mass that a map has for each of its labels, float64 (classes,); 0 where the matrix says nothing.

    Parameters
    ----------
    matrix
        Confusion matrix, rows are reference classes.
    kind
        `precision` or `recall` of the label; `accuracy` or `kappa` of the whole map, the same for all labels.
    """
    measure = {"precision": precision, "recall": recall, "accuracy": overall_accuracy, "kappa": kappa}[kind]
    values = np.broadcast_to(measure(matrix), (len(matrix),))
    return np.clip(np.nan_to_num(values, nan=0.0), 0.0, 1.0)


def read_masses(matrices: Sequence[Path | str], codes: Sequence[int], kind: str) -> NDArray[np.float64]:
    """Masses of several runs from their matrices, float64 (runs, classes); see `masses_of`."""
    return np.stack([masses_of(read_otb_matrix(path, codes), kind) for path in matrices])
