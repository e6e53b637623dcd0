"""Prediction of a file of samples with a model file, and nothing else of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from netCDF4 import Dataset

from tilefold.inference.model import PredictionError, Predictor, load_model
from tilefold.inference.samples import check_pool
from tilefold.series.features import input_tensor
from tilefold.storage.samples import SAMPLE, read_rows, stored_variables
from tilefold.storage.whole import whole_file

#: Variable of the reference classes; a file may lack it.
LABEL = "label"


def predict_database(
    model: Path | str,
    samples: Path | str,
    table: Path | str,
    *,
    device: str = "auto",
    compute_threads: int = 1,
) -> int:
    """Predict every sample of a NetCDF file; memory is that of a block of samples.

    Parameters
    ----------
    model
        Model file that `select_model` wrote; it is all that is needed to predict.
    samples
        NetCDF file with a dimension `sample` and the variables that the model's inputs are stored in, see
        `stored_variables`: a pool, a sample database, or a file of one's own.
    table
        CSV to write, in the order of the samples: `sample` (from 0), `label` (where the file has it),
        `predicted`, and `probability_<code>` for each class.
    device, compute_threads
        As for `load_model`.

    Returns
    -------
    int
        Number of samples.

    Raises
    ------
    PredictionError
        If the model file holds a candidate's weights instead of a chosen model, or the samples are not those that
        it needs.
    """
    predictor = load_model(model, device=device, compute_threads=compute_threads)
    try:
        dataset = Dataset(samples)
    except OSError as error:
        raise PredictionError(f"{samples}: cannot be read as NetCDF ({error})") from error
    with dataset, whole_file(table) as temporary:
        if SAMPLE not in dataset.dimensions:
            raise PredictionError(f"{samples}: has no dimension {SAMPLE!r}, so it holds no samples")
        check_pool(dataset, predictor, samples)
        number = len(dataset.dimensions[SAMPLE])
        _write_predictions(temporary, dataset, predictor, number)
    return number


def _write_predictions(path: Path, dataset: Dataset, predictor: Predictor, number: int) -> None:
    names = list(stored_variables(predictor.inputs))
    with_labels = [LABEL] if LABEL in dataset.variables else []
    columns = ["sample", *with_labels, "predicted", *(f"probability_{code}" for code in predictor.classes)]
    pd.DataFrame(columns=columns).to_csv(path, index=False, lineterminator="\n")
    for part, values in read_rows(dataset, [*names, *with_labels], np.arange(number)):
        tensors = {name: input_tensor(values, name, spec) for name, spec in predictor.inputs.items()}
        probabilities = predictor.predict(tensors)
        block = pd.DataFrame(probabilities, columns=columns[-len(predictor.classes) :])
        block.insert(0, "predicted", np.asarray(predictor.classes)[probabilities.argmax(axis=1)])
        if with_labels:
            block.insert(0, LABEL, values[LABEL])
        block.insert(0, "sample", np.arange(part.start, part.stop))
        block.to_csv(path, mode="a", header=False, index=False, lineterminator="\n")
