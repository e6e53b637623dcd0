"""Numbers of weights by hand, layer by layer as the papers describe them; attention against numpy."""

import numpy as np
import torch

from tilefold.networks.attention import SimpleSelfAttentionClassifier, TransformerEncoder
from tilefold.networks.convolution import ResNet1D, TempCNN
from tilefold.networks.ltae import LightweightAttention, LTAEClassifier
from tilefold.networks.positions import position_table

DATES, BANDS, CLASSES = 24, 10, 20
SENSORS = {"s2": {"nb_components": BANDS, "nb_dates": DATES}}
DAYS = {"s2": {"doy": list(range(1, 360, 15)), "features_per_dates": BANDS}}


def weights(network):
    return sum(parameter.numel() for parameter in network.parameters())


def linear(before, after):
    return before * after + after


def normal(size):
    """Scale and shift of a normalisation, of batches or layers."""
    return 2 * size


def test_ltae():
    """16 heads, keys of 8, 256 channels, 128 values; head 128-64-32-20 as in the authors' configuration."""
    encoder = linear(BANDS, 256) + normal(256)
    encoder += linear(256, 16 * 8) + 16 * 8 + linear(256, 128) + normal(128) + normal(128)
    head = linear(128, 64) + normal(64) + linear(64, 32) + normal(32) + linear(32, CLASSES)
    assert weights(LTAEClassifier(CLASSES, SENSORS, DAYS)) == encoder + head


def test_tempcnn():
    """Three convolutions of 64 filters over 5 dates, a dense layer of 256."""
    expected = (5 * BANDS * 64 + 64) + 2 * (5 * 64 * 64 + 64) + 3 * normal(64)
    expected += linear(64 * DATES, 256) + normal(256) + linear(256, CLASSES)
    assert weights(TempCNN(CLASSES, SENSORS, DAYS)) == expected


def test_resnet():
    def block(before, after):
        count = 7 * before * after + (5 + 3) * after * after + 3 * after + 3 * normal(after)
        return count + normal(after) + (linear(before, after) if before != after else 0)

    expected = block(BANDS, 64) + block(64, 128) + block(128, 128) + linear(128, CLASSES)
    assert weights(ResNet1D(CLASSES, SENSORS, DAYS)) == expected


def test_transformers():
    layer = 4 * linear(64, 64) + linear(64, 128) + linear(128, 64) + 2 * normal(64)
    around = linear(BANDS, 64) + linear(64, CLASSES)
    assert weights(TransformerEncoder(CLASSES, SENSORS, DAYS)) == 3 * layer + around
    assert weights(SimpleSelfAttentionClassifier(CLASSES, SENSORS, DAYS)) == layer + around


def test_positions_by_hand():
    table = position_table([1, 100], 4, period=1000.0).numpy()
    rate = 1000 ** (-2 / 4)
    expected = [[np.sin(day), np.cos(day), np.sin(day * rate), np.cos(day * rate)] for day in (1, 100)]
    np.testing.assert_allclose(table, expected, atol=1e-6)


def test_lightweight_attention_is_numpys():
    torch.manual_seed(0)
    sizes = {"heads": 2, "key_size": 3, "width": 8, "encoded": 5, "dropout": 0.0, "attention_dropout": 0.0}
    made = LightweightAttention(4, [10, 40, 200], **sizes, period=1000.0).eval()
    values = torch.randn(6, 3, 4)
    w = {name: value.detach().numpy().astype(np.float64) for name, value in made.state_dict().items()}

    def layer_norm(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return x * w[f"{name}.weight"] + w[f"{name}.bias"]

    x = values.numpy().astype(np.float64) @ w["project.weight"].T + w["project.bias"]
    x = (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + 1e-5)
    x = x * w["normal.weight"] + w["normal.bias"]
    x += np.tile(position_table([10, 40, 200], 4).numpy(), (1, 2))
    keys = (x @ w["keys.weight"].T + w["keys.bias"]).reshape(6, 3, 2, 3)
    out = np.empty((6, 8))
    for head in range(2):
        score = np.exp(keys[:, :, head] @ w["queries"][head] / np.sqrt(3))
        share = score / score.sum(1, keepdims=True)
        out[:, 4 * head : 4 * head + 4] = np.einsum("bt,btc->bc", share, x[:, :, 4 * head : 4 * head + 4])
    out = out @ w["mix.0.weight"].T + w["mix.0.bias"]
    out = (out - w["mix.1.running_mean"]) / np.sqrt(w["mix.1.running_var"] + 1e-5)
    out = layer_norm(np.maximum(out * w["mix.1.weight"] + w["mix.1.bias"], 0), "mix.4")
    np.testing.assert_allclose(made(values).detach().numpy(), out, rtol=1e-4, atol=1e-5)
