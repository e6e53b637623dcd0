import numpy as np
import pytest
import torch

from tilefold.networks.mlp import MLPClassifier

STUDY = {"sentinel2": {"nb_components": 13, "nb_dates": 37}}


def linear_sizes(network):
    linear = [layer for layer in network.layers if isinstance(layer, torch.nn.Linear)]
    return [linear[0].in_features, *(layer.out_features for layer in linear)]


def test_sizes_of_the_study():
    network = MLPClassifier(23, STUDY)
    assert linear_sizes(network) == [481, 240, 69, 69, 23]
    assert sum(parameter.numel() for parameter in network.parameters()) == 138_749


def test_sizes_of_other_inputs():
    network = MLPClassifier(
        4, {"a": {"nb_components": 3, "nb_dates": 2}, "b": {"nb_components": 1, "nb_dates": 1}}
    )
    assert linear_sizes(network) == [7, 3, 12, 12, 4]
    assert linear_sizes(MLPClassifier(2, {"a": {"nb_components": 1, "nb_dates": 1}})) == [1, 1, 6, 6, 2]


def test_forward_equals_numpy():
    rng = np.random.default_rng(0)
    network = MLPClassifier(
        3, {"s2": {"nb_components": 2, "nb_dates": 3}, "dem": {"nb_components": 1, "nb_dates": 1}}
    )
    mean, var = rng.normal(size=7), rng.uniform(0.5, 2, 7)
    part = {"s2": slice(0, 6), "dem": slice(6, 7)}
    network.set_statistics(
        {
            name: {"mean": mean[cut], "var": var[cut], "min": mean[cut], "max": mean[cut]}
            for name, cut in part.items()
        }
    )
    s2, dem = rng.normal(size=(5, 3, 2)).astype(np.float32), rng.normal(size=(5, 1)).astype(np.float32)
    s2[0, 1, 0] = np.nan
    logits = network(s2=torch.from_numpy(s2), dem=torch.from_numpy(dem)).detach().numpy()
    x = np.concatenate([s2.reshape(5, 6), dem], axis=1)
    x = (np.where(np.isnan(x), mean, x) - mean) / np.sqrt(var)
    linear = [layer for layer in network.layers if isinstance(layer, torch.nn.Linear)]
    for number, layer in enumerate(linear):
        x = x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
        x = np.maximum(x, 0) if number < 3 else x
    np.testing.assert_allclose(logits, x, rtol=1e-4, atol=1e-5)


def test_options():
    network = MLPClassifier(23, STUDY, batch_norm=True, dropout=0.2)
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds == ["Linear", "BatchNorm", "ReLU", "Dropout"] * 3 + ["Linear"]
    with pytest.raises(ValueError, match=r"dl_parameters.dropout must be in \[0, 1\), found 1"):
        MLPClassifier(23, STUDY, dropout=1)
