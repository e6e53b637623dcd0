import pytest
import torch

from tilefold.networks.fusion import Encoder, LateFusionNetwork


class Mean(Encoder):
    def __init__(self, components, days):
        super().__init__()
        self.width, self.days = components, days

    def forward(self, x):
        return x.mean(dim=1)


INFORMATION = {
    "b": {"nb_components": 2, "nb_dates": 3},
    "dem": {"nb_components": 1, "nb_dates": 1},
    "a": {"nb_components": 1, "nb_dates": 2},
}
DAYS = {"a": {"doy": [360, 5], "days": [360, 370]}, "b": {"doy": [1, 2, 3]}}


def test_features_and_static_inputs_are_joined_before_the_head():
    network = LateFusionNetwork(4, INFORMATION, DAYS)
    network.assemble(Mean)
    assert [list(encoder.days) for encoder in network.encoders] == [[1, 2, 3], [360, 370]]
    assert [type(layer).__name__ for layer in network.head] == ["Linear"]
    sizes = {name: info["nb_dates"] * info["nb_components"] for name, info in INFORMATION.items()}
    network.set_statistics(
        {
            name: dict.fromkeys(("mean", "min", "max"), [0.0] * size) | {"var": [1.0] * size}
            for name, size in sizes.items()
        }
    )
    values = {"a": torch.randn(5, 2, 1), "b": torch.randn(5, 3, 2), "dem": torch.randn(5, 1)}
    joined = torch.cat([values["b"].mean(1), values["a"].mean(1), values["dem"]], dim=1)
    torch.testing.assert_close(network(**values), network.head(joined))


def test_hidden_layers_of_the_head():
    network = LateFusionNetwork(4, INFORMATION, DAYS)
    network.assemble(Mean, hidden=(8, 6), dropout=0.5)
    kinds = [type(layer).__name__ for layer in network.head]
    assert kinds == ["Linear", "BatchNorm", "ReLU", "Dropout"] * 2 + ["Linear"]
    linear = [layer for layer in network.head if isinstance(layer, torch.nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(4, 8), (8, 6), (6, 4)]


def test_dates_that_are_not_told():
    with pytest.raises(ValueError, match="the days of b are missing"):
        LateFusionNetwork(4, INFORMATION, {"a": DAYS["a"]}).assemble(Mean)
