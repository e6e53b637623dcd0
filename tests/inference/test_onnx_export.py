"""An exported model gives the labels of the model, in a program that knows no torch."""

import json

import numpy as np
import onnxruntime
import pytest
import torch

from tilefold.cli import main
from tilefold.inference.model import load_model
from tilefold.networks.catalogue import NETWORKS
from tilefold.networks.inputs import sensors_information
from tilefold.networks.registry import build_network
from tilefold.training.model_file import write_model_file

INPUTS = {
    "sentinel2": {
        "kind": "series",
        "bands": ["B4", "B8", "B11"],
        "dates": [f"2018-{month:02}-15" for month in range(1, 13)],
        "scale": 1e-4,
        "offset": 0.0,
        "features": [],
    },
    "dem": {"kind": "static", "bands": 2},
}
CLASSES = [2, 5, 9, 11]


#: One of them is tried each time; all take minutes.
QUICK = "LTAEClassifier"


@pytest.mark.parametrize(
    "name",
    [name if name == QUICK else pytest.param(name, marks=pytest.mark.slow) for name in NETWORKS],
)
def test_onnxruntime_gives_the_same_labels(tmp_path, name):
    torch.manual_seed(0)
    sizes = {
        key: info["nb_dates"] * info["nb_components"] for key, info in sensors_information(INPUTS).items()
    }
    statistics = {
        key: {"mean": [0.2] * n, "var": [0.04] * n, "min": [0.0] * n, "max": [1.0] * n}
        for key, n in sizes.items()
    }
    network = {"name": name, "module": None, "parameters": {}}
    built = build_network(**network, inputs=INPUTS, classes=CLASSES, statistics=statistics)
    about = {
        "network": network,
        "inputs": INPUTS,
        "classes": CLASSES,
        "not_learnt": [5],
        "statistics": statistics,
    }
    weights = {key: value.numpy() for key, value in built.state_dict().items()}
    write_model_file(tmp_path / "model.safetensors", weights, about)
    assert main(["export", str(tmp_path / "model.safetensors"), str(tmp_path / "model.onnx")]) == 0
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["classes"]) == CLASSES
    assert json.loads(metadata["inputs"]) == INPUTS
    rng = np.random.default_rng(0)
    samples = {
        "sentinel2": rng.normal(0.2, 0.2, (257, 12, 3)).astype(np.float32),
        "dem": rng.normal(0.2, 0.2, (257, 2)).astype(np.float32),
    }
    samples["sentinel2"][rng.random((257, 12)) < 0.1] = np.nan
    (found,) = session.run(["probabilities"], samples)
    expected = load_model(tmp_path / "model.safetensors", device="cpu").predict(samples)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_array_equal(found.argmax(axis=1), expected.argmax(axis=1))
    assert (found[:, 1] == 0).all()
    assert len(np.unique(found.argmax(axis=1))) > 1
