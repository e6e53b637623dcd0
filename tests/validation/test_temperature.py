"""Temperatures against scipy's minimum of the same likelihood, and the calibration error of torchmetrics."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from netCDF4 import Dataset
from scipy.optimize import minimize_scalar
from torchmetrics.functional.classification import multiclass_calibration_error

from tilefold.inference.model import load_model
from tilefold.networks.registry import build_network
from tilefold.storage.samples import define_inputs
from tilefold.training.model_file import read_model_file, write_model_file
from tilefold.validation.temperature import (
    HIGHEST,
    LOWEST,
    calibration_error,
    fit_temperature,
    mean_nll,
    scale_temperature,
    softmax,
)


def drawn(true, seed=0, samples=4000):
    """Logits that are too large by a factor, and labels drawn from the probabilities of what they should be."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (samples, 4))
    labels = (softmax(logits).cumsum(axis=1) > rng.random((samples, 1))).argmax(axis=1)
    return logits * true, labels


@pytest.mark.parametrize("true", [0.4, 1.0, 2.5])
def test_temperature_is_scipys_minimum_and_near_the_true_one(true):
    logits, labels = drawn(true)
    found = fit_temperature(logits, labels)
    expected = minimize_scalar(
        lambda t: mean_nll(softmax(logits / t), labels),
        bounds=(LOWEST, HIGHEST),
        method="bounded",
        options={"xatol": 1e-8},
    ).x
    assert found == pytest.approx(expected, rel=1e-4)
    assert found == pytest.approx(true, rel=0.08)


def test_temperatures_stay_within_their_limits():
    logits = np.array([[2.0, 0.0], [0.0, 1.0]])
    assert fit_temperature(logits, np.array([0, 1])) == LOWEST
    assert fit_temperature(logits, np.array([1, 0])) == HIGHEST


def test_calibration_error_is_that_of_torchmetrics():
    logits, labels = drawn(3.0, seed=1)
    likely = softmax(logits)
    expected = multiclass_calibration_error(
        torch.from_numpy(likely), torch.from_numpy(labels), num_classes=4, n_bins=10, norm="l1"
    )
    assert calibration_error(likely, labels) == pytest.approx(float(expected), abs=1e-5)


INPUTS = {"dem": {"kind": "static", "bands": 3}}
CODES = [3, 5, 11]
SETTINGS = {"codes": CODES, "batch_rows": 64, "compute_threads": 1, "device": "cpu"}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A model that is too sure, class 11 not learnt; samples of which every other one is of the validation part."""
    folder, rng = tmp_path_factory.mktemp("temperature"), np.random.default_rng(4)
    statistics = {"dem": {"mean": [0.0] * 3, "var": [1.0] * 3, "min": [-3.0] * 3, "max": [3.0] * 3}}
    torch.manual_seed(0)
    network = build_network("MLPClassifier", None, {}, inputs=INPUTS, classes=CODES, statistics=statistics)
    weights = {name: value.numpy() * 3 for name, value in network.state_dict().items()}
    description = {
        "network": {"name": "MLPClassifier", "module": None, "parameters": {}},
        **{"inputs": INPUTS, "classes": CODES, "not_learnt": [11], "statistics": statistics},
    }
    write_model_file(folder / "model.safetensors", weights, description)
    values = rng.normal(size=(400, 3)).astype(np.float32)
    with Dataset(folder / "samples.nc", "w") as dataset:
        dataset.inputs = json.dumps(INPUTS)
        define_inputs(dataset, INPUTS, 400)["dem"][:] = values
        dataset.createVariable("label", "i4", ("sample",))[:] = rng.choice(CODES, 400, p=[0.5, 0.4, 0.1])
        dataset.createVariable("role", "i1", ("sample",))[:] = np.arange(400) % 2
    return folder, values


def test_the_scaled_model_gives_scaled_probabilities(files, tmp_path):
    folder, values = files
    scaled, table = tmp_path / "scaled.safetensors", tmp_path / "t.csv"
    scale_temperature(
        folder / "model.safetensors", folder / "samples.nc", SETTINGS, scaled=scaled, temperature=table
    )
    row = pd.read_csv(table).iloc[0]
    before = load_model(folder / "model.safetensors", device="cpu").predict({"dem": values})
    after = load_model(scaled, device="cpu").predict({"dem": values})
    logits = np.log(before[:, :2].astype(float))
    np.testing.assert_allclose(after[:, :2], softmax(logits / row["temperature"]), atol=1e-5)
    assert (after[:, 2] == 0).all()
    np.testing.assert_array_equal(before.argmax(axis=1), after.argmax(axis=1))
    # Labels are drawn without a look at the values: the best temperature is high.
    assert row["temperature"] > 2
    assert row["nll_scaled"] < row["nll"]
    with Dataset(folder / "samples.nc") as dataset:
        labels = dataset["label"][:]
    validation = (np.arange(400) % 2 == 1) & (labels != 11)
    assert row["samples"] == validation.sum()
    own = np.searchsorted(CODES, labels[validation])
    assert row["nll_scaled"] == pytest.approx(mean_nll(after[validation].astype(float), own), rel=1e-4)
    assert row["ece"] == pytest.approx(calibration_error(before[validation].astype(float), own), rel=1e-3)


def test_a_region_without_a_model_stays_without_one(tmp_path):
    write_model_file(tmp_path / "none.safetensors", {}, {"untrained": "no samples"})
    scale_temperature(
        tmp_path / "none.safetensors",
        tmp_path / "nothing.nc",
        SETTINGS,
        scaled=tmp_path / "scaled.safetensors",
        temperature=tmp_path / "t.csv",
    )
    assert read_model_file(tmp_path / "scaled.safetensors")[1] == {"untrained": "no samples"}
    assert pd.read_csv(tmp_path / "t.csv")["samples"].tolist() == [0]
