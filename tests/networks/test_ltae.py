import numpy as np
import pytest
import torch

from tilefold.networks.ltae import LTAE, LTAEClassifier

PUBLISHED = {
    "heads": 16,
    "key_size": 8,
    "d_model": 256,
    "features": 128,
    "dropout": 0.2,
    "attention_dropout": 0.1,
    "period": 1000.0,
    "input_norm": True,
}


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_weights_of_the_published_encoder():
    """The authors name 112 k weights for 16 heads, d_model 256, 128 features; inputs are 128 channels, 24 dates."""
    encoder = LTAE(128, range(24), **PUBLISHED)
    parts = {
        "input_norm": 2 * 128,
        "projection": 128 * 256 + 256,
        "projection_norm": 2 * 256 * 24,
        "queries": 16 * 8,
        "keys": 256 * (16 * 8) + 16 * 8,
        "perceptron": 256 * 128 + 128 + 2 * 128,
        "feature_norm": 2 * 128,
    }
    assert sum(parts.values()) == 112_000
    assert count(encoder) == 112_000
    for name, number in parts.items():
        part = getattr(encoder, name)
        assert (part.numel() if isinstance(part, torch.nn.Parameter) else count(part)) == number, name


def test_weights_of_the_classifier():
    information = {"a": {"nb_components": 13, "nb_dates": 37}, "b": {"nb_components": 2, "nb_dates": 5}}
    days = {"a": {"doy": list(range(37))}, "b": {"doy": list(range(5))}}
    static = {"dem": {"nb_components": 3, "nb_dates": 1}}
    network = LTAEClassifier(23, information | static, days)
    shared = 16 * 8 + (256 * 128 + 128) + (256 * 128 + 128 + 256) + 256
    encoders = sum(c * 256 + 256 + 2 * 256 * t + shared for c, t in ((13, 37), (2, 5)))
    head = (2 * 128 + 3) * 64 + 64 + 2 * 64 + 64 * 32 + 32 + 2 * 32 + 32 * 23 + 23
    assert count(network) == encoders + head


@torch.no_grad()
def test_forward_is_the_papers():
    """With keys and queries multiplied as they are written, in numpy."""
    torch.manual_seed(0)
    sizes = PUBLISHED | {"heads": 4, "key_size": 3, "d_model": 8, "features": 6}
    days = [3, 40, 41, 300, 500]
    encoder = LTAE(5, days, **sizes).eval()
    for parameter in encoder.parameters():
        parameter.normal_()
    encoder.perceptron[1].running_mean.normal_()
    encoder.perceptron[1].running_var.uniform_(0.5, 2)
    x = torch.randn(7, 5, 5)
    w = {key: value.double().numpy() for key, value in encoder.state_dict().items()}

    def norm(values, key, axes):
        mean, var = values.mean(axis=axes, keepdims=True), values.var(axis=axes, keepdims=True)
        return (values - mean) / np.sqrt(var + 1e-5) * w[f"{key}.weight"] + w[f"{key}.bias"]

    z = norm(x.double().numpy(), "input_norm", (2,))
    z = norm(z @ w["projection.weight"].T + w["projection.bias"], "projection_norm", (1, 2))
    angle = np.array(days)[:, None] / 1000.0 ** (np.array([0, 0]) / 2)
    z += np.tile(np.where(np.array([0, 1]) == 0, np.sin(angle), np.cos(angle)), (1, 4))
    keys = (z @ w["keys.weight"].T + w["keys.bias"]).reshape(7, 5, 4, 3)
    likeness = np.exp((keys * w["queries"]).sum(axis=3) / np.sqrt(3))
    attention = likeness / likeness.sum(axis=1, keepdims=True)
    heads = [(attention[:, :, h, None] * z[:, :, 2 * h : 2 * h + 2]).sum(axis=1) for h in range(4)]
    y = np.concatenate(heads, axis=1) @ w["perceptron.0.weight"].T + w["perceptron.0.bias"]
    y = (y - w["perceptron.1.running_mean"]) / np.sqrt(w["perceptron.1.running_var"] + 1e-5)
    y = np.maximum(y * w["perceptron.1.weight"] + w["perceptron.1.bias"], 0)
    np.testing.assert_allclose(encoder(x).numpy(), norm(y, "feature_norm", (1,)), rtol=1e-3, atol=1e-4)


def test_one_component_is_not_normalised_away():
    one = {"vv": {"nb_components": 1, "nb_dates": 3}}
    with pytest.raises(ValueError, match="input_norm: normalising the one component"):
        LTAEClassifier(2, one, {"vv": {"doy": [1, 2, 3]}}, input_norm=True)


def test_heads_share_the_channels():
    with pytest.raises(
        ValueError, match="d_model must be a multiple of heads, found d_model 256 and heads 7"
    ):
        LTAEClassifier(2, {"s": {"nb_components": 1, "nb_dates": 1}}, {"s": {"doy": [1]}}, heads=7)
