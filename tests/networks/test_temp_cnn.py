import pytest
import torch

from tilefold.networks.temp_cnn import TempCNN


def information(components, dates):
    return {"s2": {"nb_components": components, "nb_dates": dates}}, {"s2": {"doy": list(range(dates))}}


def test_weights_of_the_published_network():
    """46 dates of three bands, 13 classes: three convolutions of 64 that see 5 dates, 256 units, softmax."""
    network = TempCNN(13, *information(3, 46))
    convolutions = (3 * 5 + 1) * 64 + 2 * (64 * 5 + 1) * 64
    normalisation = 2 * (3 * 64 + 256)
    dense = (46 * 64 + 1) * 256 + (256 + 1) * 13
    assert sum(p.numel() for p in network.parameters()) == convolutions + normalisation + dense == 800_269


def test_layers_of_the_published_network():
    network = TempCNN(13, *information(3, 46))
    convolution = ["Conv1d", "BatchNorm", "ReLU", "Dropout"]
    assert [type(layer).__name__ for layer in network.encoders[0].layers] == convolution * 3
    assert [type(layer).__name__ for layer in network.head] == ["Linear", *convolution[1:], "Linear"]
    dropouts = [module.p for module in network.modules() if isinstance(module, torch.nn.Dropout)]
    assert dropouts == [0.5] * 4


def test_features_keep_all_dates():
    for dates in (1, 3, 46):
        encoder = TempCNN(2, *information(3, dates), filters=7).encoders[0]
        assert encoder(torch.zeros(2, dates, 3)).shape == (2, 7 * dates)


def test_a_date_reaches_its_neighbours_only():
    encoder = TempCNN(2, *information(1, 20), filters=4).encoders[0].eval()
    x = torch.randn(1, 20, 1)
    changed = x.clone()
    changed[0, 10] += 5
    differs = (encoder(x) != encoder(changed)).reshape(4, 20).any(dim=0)
    # Three convolutions of 5 dates see 6 dates to each side.
    assert not differs[:4].any()
    assert not differs[17:].any()
    assert differs[10]


def test_an_even_kernel_is_refused():
    with pytest.raises(ValueError, match=r"dl_parameters\.kernel_size must be odd, found 4"):
        TempCNN(2, *information(1, 20), kernel_size=4)
