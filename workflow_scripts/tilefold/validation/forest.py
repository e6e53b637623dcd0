"""A random forest on the samples of a run, with the features that the network gets."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from netCDF4 import Dataset
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline

from tilefold.series.features import input_tensor
from tilefold.storage.samples import stored_variables

logger = logging.getLogger(__name__)

TREES = 100

Inputs = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Forest:
    """A random forest and the inputs that it was trained on."""

    model: Pipeline
    inputs: Inputs

    def predict(self, values: Mapping[str, NDArray[Any]]) -> NDArray[np.int32]:
        """Class codes, int32 (n,), of stored values by input."""
        features = flat_tensors(values, self.inputs)
        return np.asarray(self.model.predict(features), np.int32) if len(features) else np.empty(0, np.int32)


def train_forest(samples: Sequence[Path | str], *, jobs: int = 1, seed: int = 0) -> Forest:
    """Train a forest of 100 trees on all samples, learn and validation, since it chooses nothing by the latter.

    Missing values are imputed by the mean over the samples.

    Parameters
    ----------
    samples
        Sample databases with the same inputs (NetCDF).
    jobs
        Threads of the training; the forest does not depend on it.
    seed
        Start of the random numbers.
    """
    tables = [_read(path) for path in samples]
    inputs = tables[0][0]
    features = np.concatenate([values for _, values, _ in tables])
    labels = np.concatenate([labels for _, _, labels in tables])
    forest = RandomForestClassifier(TREES, random_state=seed, n_jobs=jobs)
    model = make_pipeline(SimpleImputer(strategy="mean", keep_empty_features=True), forest)
    model.fit(features, labels)
    # Threads would add the trees' votes in any order, and ties could fall to either class.
    forest.n_jobs = 1
    logger.info("random forest trained on %d samples of %d features", *features.shape)
    return Forest(model, inputs)


def _read(samples: Path | str) -> tuple[Inputs, NDArray[np.float32], NDArray[np.int32]]:
    with Dataset(samples) as dataset:
        dataset.set_auto_maskandscale(False)
        inputs: Inputs = json.loads(dataset.inputs)
        features = flat_tensors({name: dataset[name][:] for name in stored_variables(inputs)}, inputs)
        return inputs, features, np.asarray(dataset["label"][:], np.int32)


def flat_tensors(values: Mapping[str, NDArray[Any]], inputs: Inputs) -> NDArray[np.float32]:
    """Tensors of all inputs side by side, float32 (n, dates x components, ...), as the perceptron gets them."""
    parts = [input_tensor(values, name, spec) for name, spec in inputs.items()]
    return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)
