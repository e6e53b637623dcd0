"""Samples in a file, predicted with a model file alone."""

import numpy as np
import pandas as pd
import pytest
from netCDF4 import Dataset

from tilefold.cli import main
from tilefold.inference.database import predict_database
from tilefold.inference.model import PredictionError, load_model
from tilefold.networks.inputs import sensors_information
from tilefold.networks.registry import build_network
from tilefold.series.features import input_tensor
from tilefold.storage.samples import SAMPLE, SAMPLES_PER_READ, define_inputs
from tilefold.training.model_file import write_model_file

INPUTS = {
    "sentinel2": {
        "kind": "series",
        "bands": ["B4", "B8"],
        "dates": ["2018-01-01", "2018-01-11", "2018-01-21"],
        "scale": 1e-4,
        "offset": 0.0,
        "features": ["ndvi"],
        "aliases": {"red": "B4", "nir": "B8"},
    },
    "dem": {"kind": "static", "bands": 1},
}
CLASSES = [2, 5, 9]


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.safetensors"
    write(path)
    return path


def write(path, **changes):
    sizes = {name: i["nb_dates"] * i["nb_components"] for name, i in sensors_information(INPUTS).items()}
    about = {
        "network": {"name": "MLPClassifier", "module": None, "parameters": {}},
        "inputs": INPUTS,
        "classes": CLASSES,
        "not_learnt": [5],
        "statistics": {
            name: {"mean": [0.1] * n, "var": [0.5] * n, "min": [0.0] * n, "max": [1.0] * n}
            for name, n in sizes.items()
        },
    } | changes
    network = build_network(
        **about["network"], inputs=INPUTS, classes=CLASSES, statistics=about["statistics"]
    ).eval()
    write_model_file(path, {name: value.numpy() for name, value in network.state_dict().items()}, about)


@pytest.fixture
def samples(tmp_path):
    """A file of its own, over more than one block of reading."""
    path, number = tmp_path / "samples.nc", SAMPLES_PER_READ + 100
    random = np.random.default_rng(0)
    with Dataset(path, "w") as dataset:
        variables = define_inputs(dataset, INPUTS, number)
        variables["sentinel2"][:] = random.integers(0, 8000, (number, 3, 2))
        variables["dem"][:] = random.normal(300, 50, (number, 1))
        dataset.createVariable("label", "i4", (SAMPLE,))[:] = random.choice(CLASSES, number)
    return path


def test_table_is_the_models_answer_for_every_sample(model, samples, tmp_path):
    number = predict_database(model, samples, tmp_path / "out.csv", device="cpu")
    table = pd.read_csv(tmp_path / "out.csv")
    probabilities = [f"probability_{code}" for code in CLASSES]
    assert list(table) == ["sample", "label", "predicted", *probabilities]
    assert table["sample"].tolist() == list(range(number))
    with Dataset(samples) as dataset:
        stored = {name: np.asarray(dataset[name][:]) for name in (*INPUTS, "label")}
    expected = load_model(model, device="cpu").predict(
        {name: input_tensor(stored, name, spec) for name, spec in INPUTS.items()}
    )
    np.testing.assert_array_equal(table[probabilities].to_numpy(np.float32), expected)
    np.testing.assert_array_equal(table["label"], stored["label"])
    np.testing.assert_array_equal(table["predicted"], np.array(CLASSES)[expected.argmax(axis=1)])
    assert (table["probability_5"] == 0).all()


def test_command(model, samples, tmp_path, capsys):
    out = tmp_path / "out.csv"
    assert main(["predict", str(model), str(samples), "--out", str(out), "--device", "cpu"]) == 0
    assert f"{SAMPLES_PER_READ + 100} samples predicted: {out}" in capsys.readouterr().out
    assert len(pd.read_csv(out)) == SAMPLES_PER_READ + 100


def test_what_does_not_fit_is_told_and_nothing_is_written(model, tmp_path, capsys):
    out = tmp_path / "out.csv"
    other = tmp_path / "other.nc"
    with Dataset(other, "w") as dataset:
        dataset.createDimension(SAMPLE, 3)
        dataset.createDimension("band", 2)
        dataset.createVariable("sentinel2", "i2", (SAMPLE, "band"))
    with pytest.raises(PredictionError, match=r"input sentinel2 has the shape \(2,\), but .* \(3, 2\)"):
        predict_database(model, other, out)
    assert main(["predict", str(model), str(tmp_path / "missing.nc"), "--out", str(out)]) == 1
    assert "missing.nc: cannot be read as NetCDF" in capsys.readouterr().err
    assert not out.exists()


def test_a_candidates_weights_are_no_model(samples, tmp_path):
    path = tmp_path / "weights.safetensors"
    write(path, criterion=None)
    with pytest.raises(PredictionError, match=r"take the model\.safetensors of its run"):
        predict_database(path, samples, tmp_path / "out.csv")
