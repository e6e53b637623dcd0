"""Residual network over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from tilefold.networks.fusion import Encoder, LateFusionNetwork
from tilefold.networks.normalisation import BatchNorm
from tilefold.networks.parameters import check_count

#: Dates that the convolutions of a block see.
KERNELS = (8, 5, 3)


class ResNet1D(LateFusionNetwork):
    """Three residual blocks of three convolutions over time, mean over the dates, linear head.

    Wang, Yan and Oates 2017, "Time series classification from scratch with deep neural networks: a strong
    baseline". The blocks have 64, 128 and 128 channels, their convolutions see 8, 5 and 3 dates. Neighbours in the
    list of dates are taken for neighbours in time: use a regular calendar.

    Parameters
    ----------
    nb_class, sensors_information, doy_sensors_dic, default_std, default_mean
        See `TilefoldNetwork`.
    filters
        Channels of the first block; the others have twice as many.
    """

    def __init__(
        self,
        nb_class: int,
        sensors_information: Mapping[str, Mapping[str, int]],
        doy_sensors_dic: Mapping[str, Mapping[str, Any]] | None = None,
        default_std: float = 1.0,
        default_mean: float = 0.0,
        *,
        filters: int = 64,
    ) -> None:
        super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)
        check_count(filters=filters)
        self.assemble(lambda components, _: _Encoder(components, filters))


class _Encoder(Encoder):
    """Features (batch, 2 x filters) of (batch, dates, components)."""

    def __init__(self, components: int, filters: int) -> None:
        super().__init__()
        self.width = 2 * filters
        self.blocks = nn.Sequential(
            _Block(components, filters), _Block(filters, 2 * filters), _Block(2 * filters, 2 * filters)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Features (batch, 2 x filters)."""
        convolved: Tensor = self.blocks(x.transpose(1, 2))
        return convolved.mean(dim=2)


class _Block(nn.Module):
    """Three convolutions beside a shortcut, (batch, channels, dates)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for place, size in enumerate(KERNELS):
            layers += [
                nn.ConstantPad1d(((size - 1) // 2, size // 2), 0.0),
                nn.Conv1d(after if place else before, after, size),
                BatchNorm(after),
                nn.ReLU(),
            ]
        self.layers = nn.Sequential(*layers[:-1])
        # Where the number of channels stays, the shortcut is no convolution.
        way = [nn.Conv1d(before, after, 1)] if before != after else []
        self.shortcut = nn.Sequential(*way, BatchNorm(after))
        self.activation = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Result of the block, of as many dates."""
        result: Tensor = self.activation(self.layers(x) + self.shortcut(x))
        return result
