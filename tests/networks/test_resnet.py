import torch

from tilefold.networks.resnet import ResNet1D


def test_weights_of_the_published_network():
    network = ResNet1D(9, {"s2": {"nb_components": 13, "nb_dates": 45}}, {"s2": {"doy": list(range(45))}})

    def block(before, after):
        convolutions = sum(
            (channels * size + 1) * after for channels, size in ((before, 8), (after, 5), (after, 3))
        )
        shortcut = (before + 1) * after if before != after else 0
        return convolutions + shortcut + 4 * 2 * after

    blocks = block(13, 64) + block(64, 128) + block(128, 128)
    assert sum(p.numel() for p in network.parameters()) == blocks + (128 + 1) * 9


def test_dates_are_kept_and_averaged():
    network = ResNet1D(2, {"s2": {"nb_components": 2, "nb_dates": 6}}, {"s2": {"doy": list(range(6))}})
    encoder = network.encoders[0].eval()
    x = torch.randn(3, 6, 2)
    assert encoder.blocks(x.transpose(1, 2)).shape == (3, 128, 6)
    torch.testing.assert_close(encoder(x), encoder.blocks(x.transpose(1, 2)).mean(dim=2))
