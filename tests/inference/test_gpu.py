"""Prediction on a GPU: the labels of the CPU, and the same bits each time."""

import numpy as np
import pytest
import torch

from tilefold.inference.model import load_model
from tilefold.networks.inputs import sensors_information
from tilefold.networks.registry import build_network
from tilefold.training.model_file import write_model_file

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="SKIPPED: there is no GPU"),
]
INPUTS = {
    "sentinel2": {
        "kind": "series",
        "bands": ["B4", "B8"],
        "dates": [f"2018-01-{day:02d}" for day in range(1, 21)],
        "scale": 1e-4,
        "offset": 0.0,
        "features": ["ndvi"],
        "aliases": {"red": "B4", "nir": "B8"},
    },
}
CLASSES = [2, 4, 8, 16, 32]


@pytest.mark.parametrize("name", ["MLPClassifier", "LTAEClassifier", "TempCNN"])
def test_a_gpu_gives_the_labels_of_the_cpu(tmp_path, name):
    torch.manual_seed(0)
    network = {"name": name, "module": None, "parameters": {}}
    statistics = {
        sensor: {"mean": [0.1] * size, "var": [0.5] * size, "min": [-1.0] * size, "max": [1.0] * size}
        for sensor, info in sensors_information(INPUTS).items()
        for size in [info["nb_dates"] * info["nb_components"]]
    }
    built = build_network(**network, inputs=INPUTS, classes=CLASSES, statistics=statistics)
    path = tmp_path / "model.safetensors"
    write_model_file(
        path,
        {key: value.numpy() for key, value in built.state_dict().items()},
        {
            "network": network,
            "inputs": INPUTS,
            "classes": CLASSES,
            "not_learnt": [8],
            "statistics": statistics,
        },
    )
    values = np.random.default_rng(0).normal(size=(20_000, 20, 3)).astype(np.float32)
    values[::7, 3] = np.nan
    on_cpu = load_model(path, device="cpu").predict({"sentinel2": values})
    on_gpu = load_model(path, device="cuda").predict({"sentinel2": values})
    assert (on_cpu.argmax(axis=1) == on_gpu.argmax(axis=1)).mean() > 0.999
    np.testing.assert_allclose(on_gpu, on_cpu, atol=1e-3)
    assert (on_gpu[:, 2] == 0).all()
    again = load_model(path, device="cuda").predict({"sentinel2": values})
    np.testing.assert_array_equal(again.view(np.uint32), on_gpu.view(np.uint32))
