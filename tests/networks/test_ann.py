import torch

from tilefold.networks.ann import ANN


def test_order_and_widths_of_the_layers():
    network = ANN(23, {"sentinel2": {"nb_components": 13, "nb_dates": 37}}, dropout=0.1)
    kinds = [type(layer).__name__ for layer in network.layers]
    hidden = ["Linear", "BatchNorm", "ReLU", "Dropout"]
    assert kinds == ["Linear", "ReLU", "Dropout", *hidden, *hidden, "Linear"]
    linear = [layer for layer in network.layers if isinstance(layer, torch.nn.Linear)]
    assert [layer.out_features for layer in linear] == [240, 69, 69, 23]
    # The multilayer perceptron's weights, and two normalisations.
    assert sum(parameter.numel() for parameter in network.parameters()) == 138_749 + 2 * 2 * 69
