from itertools import pairwise

import numpy as np
import pytest
import torch

from tilefold.inference.model import PredictionError, load_model
from tilefold.networks.inputs import sensors_information
from tilefold.networks.registry import build_network
from tilefold.training.model_file import write_model_file

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
    "dem": {"kind": "static", "bands": 1},
}
CLASSES = list(range(2, 24, 2))


def description(**changes):
    sizes = {
        name: info["nb_dates"] * info["nb_components"] for name, info in sensors_information(INPUTS).items()
    }
    return {
        "network": {"name": "MLPClassifier", "module": None, "parameters": {"dropout": 0.5}},
        "inputs": INPUTS,
        "classes": CLASSES,
        "not_learnt": [4, 22],
        "statistics": {
            name: {"mean": [0.1] * size, "var": [0.5] * size, "min": [0.0] * size, "max": [1.0] * size}
            for name, size in sizes.items()
        },
    } | changes


@pytest.fixture
def network():
    torch.manual_seed(0)
    about = description()
    return build_network(
        **about["network"], inputs=INPUTS, classes=CLASSES, statistics=about["statistics"]
    ).eval()


@pytest.fixture
def model(tmp_path, network):
    path = tmp_path / "model.safetensors"
    tensors = {name: value.numpy() for name, value in network.state_dict().items()}
    write_model_file(path, tensors, description())
    return path


def tensors(rows, seed=0):
    rng = np.random.default_rng(seed)
    values = {"sentinel2": rng.normal(size=(rows, 20, 3)), "dem": rng.normal(size=(rows, 1))}
    values["sentinel2"][rng.random((rows, 20)) < 0.1] = np.nan
    return {name: value.astype(np.float32) for name, value in values.items()}


def test_probabilities_equal_those_of_the_network(model, network):
    predictor = load_model(model, device="cpu")
    assert predictor.inputs == INPUTS
    assert predictor.classes == CLASSES
    inputs = tensors(100)
    found = predictor.predict(inputs)
    assert (found.dtype, found.shape) == (np.float32, (100, 11))
    with torch.inference_mode():
        logits = network(**{name: torch.from_numpy(value) for name, value in inputs.items()}).double().numpy()
    powers = np.exp(logits)
    powers[:, [1, 10]] = 0
    np.testing.assert_allclose(found, powers / powers.sum(axis=1, keepdims=True), rtol=1e-4)
    assert (found[:, [1, 10]] == 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("batch_rows", [16, 100, 1000, 1023, 4096])
def test_rows_are_the_same_bits_however_they_are_split(model, batch_rows):
    predictor = load_model(model, device="cpu", batch_rows=batch_rows)
    inputs = tensors(2500)
    whole = predictor.predict(inputs)
    rng = np.random.default_rng(1)
    for pieces in (2, 7, 40):
        cuts = [0, *np.sort(rng.integers(0, 2500, pieces)), 2500]
        parts = [
            predictor.predict({name: value[start:stop] for name, value in inputs.items()})
            for start, stop in pairwise(cuts)
        ]
        np.testing.assert_array_equal(np.concatenate(parts).view(np.uint32), whole.view(np.uint32))
    order = rng.permutation(2500)
    shuffled = predictor.predict({name: value[order] for name, value in inputs.items()})
    np.testing.assert_array_equal(shuffled.view(np.uint32), whole[order].view(np.uint32))
    again = load_model(model, device="cpu", batch_rows=batch_rows).predict(inputs)
    np.testing.assert_array_equal(again.view(np.uint32), whole.view(np.uint32))


def test_arrays_of_any_layout(model):
    predictor = load_model(model, device="cpu", batch_rows=64)
    inputs = tensors(200)
    expected = predictor.predict(inputs)
    turned = {name: np.asfortranarray(value) for name, value in inputs.items()}
    np.testing.assert_array_equal(predictor.predict(turned), expected)
    np.testing.assert_array_equal(predictor.predict({"extra": None, **inputs}), expected)


def test_no_rows(model):
    assert load_model(model, device="cpu").predict(tensors(0)).shape == (0, 11)


def test_inputs_that_do_not_fit(model):
    predictor = load_model(model, device="cpu")
    inputs = tensors(10)
    with pytest.raises(PredictionError, match="the model needs the inputs dem too"):
        predictor.predict({"sentinel2": inputs["sentinel2"]})
    with pytest.raises(
        PredictionError, match=r"input sentinel2 must be float32 \(10, 20, 3\), found float32 \(10, 19, 3\)"
    ):
        predictor.predict(inputs | {"sentinel2": inputs["sentinel2"][:, 1:]})
    with pytest.raises(PredictionError, match="found float64"):
        predictor.predict(inputs | {"dem": inputs["dem"].astype(np.float64)})
    with pytest.raises(ValueError, match="batch_rows must be at least 1"):
        load_model(model, batch_rows=0)


def test_a_network_that_gives_no_numbers_is_an_error(tmp_path, network):
    path = tmp_path / "broken.safetensors"
    weights = {name: value.numpy().copy() for name, value in network.state_dict().items()}
    weights["layers.0.bias"][0] = np.nan
    write_model_file(path, weights, description())
    with pytest.raises(PredictionError, match=r"broken.safetensors: the network gives NaN or infinity"):
        load_model(path, device="cpu").predict(tensors(3))
    inputs = tensors(3)
    inputs["dem"][1] = np.inf
    write_model_file(
        path, {name: value.numpy() for name, value in network.state_dict().items()}, description()
    )
    with pytest.raises(PredictionError, match="NaN or infinity"):
        load_model(path, device="cpu").predict(inputs)
