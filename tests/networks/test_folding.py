"""The forms that predict are the networks that were trained, up to rounding."""

import numpy as np
import pytest
import torch

from tilefold.networks.ann import ANN
from tilefold.networks.folding import Bfloat16Perceptron, FoldedPerceptron
from tilefold.networks.ltae import LTAE, LTAEClassifier
from tilefold.networks.mlp import MLPClassifier

INPUTS = {"s2": {"nb_components": 4, "nb_dates": 9}, "dem": {"nb_components": 2, "nb_dates": 1}}
SAMPLES = 20000


def trained(kind, **parameters):
    """A network with statistics in which a component is unknown and another one constant."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    network = kind(7, INPUTS, **parameters)
    statistics = {}
    for name, size in (("s2", 36), ("dem", 2)):
        mean, var = rng.normal(0.3, 0.2, size), rng.uniform(0.01, 0.1, size)
        if name == "s2":
            mean[5], var[5], var[8] = np.nan, np.nan, 0
        statistics[name] = {"mean": mean, "var": var, "min": mean, "max": mean}
    network.set_statistics(statistics)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            torch.nn.init.normal_(module.weight)
            torch.nn.init.normal_(module.bias)
    return network.eval()


def samples():
    rng = np.random.default_rng(1)
    s2 = rng.normal(0.3, 0.3, (SAMPLES, 9, 4)).astype(np.float32)
    s2[::7, 3] = np.nan
    dem = rng.normal(0.3, 0.3, (SAMPLES, 2)).astype(np.float32)
    return {"s2": torch.from_numpy(s2), "dem": torch.from_numpy(dem)}


@torch.no_grad()
@pytest.mark.parametrize(
    ("kind", "parameters"),
    [(MLPClassifier, {}), (MLPClassifier, {"batch_norm": True, "dropout": 0.3}), (ANN, {})],
)
def test_folded_perceptrons_give_the_labels_of_the_network(kind, parameters):
    network, inputs = trained(kind, **parameters), samples()
    folded = network.for_prediction()
    assert isinstance(folded, FoldedPerceptron)
    expected, found = network(**inputs), folded(**inputs)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert (found.argmax(1) == expected.argmax(1)).double().mean() > 0.999


@torch.no_grad()
@pytest.mark.parametrize(
    ("kind", "parameters"),
    [(MLPClassifier, {}), (MLPClassifier, {"batch_norm": True, "dropout": 0.3}), (ANN, {})],
)
def test_perceptrons_in_bfloat16_give_nearly_all_labels_of_the_network(kind, parameters):
    network, inputs = trained(kind, **parameters), samples()
    form = network.for_bfloat16()
    assert isinstance(form, Bfloat16Perceptron)
    expected, found = network(**inputs), form(**inputs)
    assert found.dtype == torch.float32
    # Eight binary digits: a rounding is 2 ** -9 of a value at most, some hundred of them add up in a layer.
    assert (found - expected).abs().max() < 0.05 * expected.abs().max()
    assert (found.argmax(1) == expected.argmax(1)).double().mean() > 0.98
    assert torch.isfinite(found).all()
    laid_out = {name: value.movedim(0, -1).contiguous().movedim(-1, 0) for name, value in inputs.items()}
    torch.testing.assert_close(form(**laid_out), found, rtol=0, atol=0)


@torch.no_grad()
def test_inputs_laid_out_by_component_are_not_copied_and_give_the_same():
    folded = trained(MLPClassifier).for_prediction()
    inputs = samples()
    expected = folded(**inputs).clone()
    turned = {name: x.movedim(0, -1).contiguous().movedim(-1, 0) for name, x in inputs.items()}
    torch.testing.assert_close(folded(**turned), expected, rtol=0, atol=0)


@torch.no_grad()
def test_a_mean_too_large_to_fold_leaves_the_network_as_it_is():
    network = trained(MLPClassifier)
    far = {key: [1e6, 1e6] for key in ("mean", "min", "max")} | {"var": [4.0, 4.0]}
    near = {key: [0.0] * 36 for key in ("mean", "min", "max")} | {"var": [1.0] * 36}
    network.set_statistics({"s2": near, "dem": far})
    assert network.for_prediction() is network


@torch.no_grad()
@pytest.mark.parametrize("input_norm", [False, True])
def test_a_folded_ltae_gives_the_labels_of_the_network(input_norm):
    """The unfolded one is held to the paper's formulas in test_ltae.py."""
    torch.manual_seed(0)
    network = LTAEClassifier(
        7,
        INPUTS,
        {"s2": {"doy": [10 * date for date in range(9)]}},
        heads=4,
        d_model=32,
        features=16,
        input_norm=input_norm,
    ).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.LayerNorm):
            torch.nn.init.normal_(module.weight, 1, 0.5)
            torch.nn.init.normal_(module.bias)
        if isinstance(module, torch.nn.BatchNorm1d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    inputs = samples()
    expected, found = network(**inputs), network.for_prediction()(**inputs)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
    assert (found.argmax(1) == expected.argmax(1)).double().mean() > 0.999
    assert isinstance(network.encoders[0], LTAE)
