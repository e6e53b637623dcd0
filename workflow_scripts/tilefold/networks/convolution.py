"""Convolution along the dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from tilefold.networks.fusion import FusionNetwork, in_unit


class TempCNN(FusionNetwork):
    """Three temporal convolutions and a dense layer (Pelletier et al. 2019, Remote Sensing 11, 523).

    Each with batch normalisation, ReLU and dropout. Convolution takes dates as evenly spaced.

    Parameters
    ----------
    nb_class, sensors_information, doy_sensors_dic, default_std, default_mean
        See `TilefoldNetwork`.
    channels
        Filters of each convolution.
    kernel
        Dates that a filter spans, odd.
    dense_size
        Size of the dense layer.
    dropout
        Share of values set to zero while learning.
    """

    def __init__(
        self,
        nb_class: int,
        sensors_information: Mapping[str, Mapping[str, int]],
        doy_sensors_dic: Mapping[str, Mapping[str, Any]] | None = None,
        default_std: float = 1.0,
        default_mean: float = 0.0,
        *,
        channels: int = 64,
        kernel: int = 5,
        dense_size: int = 256,
        dropout: float = 0.5,
    ) -> None:
        super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)
        in_unit({"dropout": dropout})
        if kernel < 1 or kernel % 2 == 0:
            raise ValueError(f"dl_parameters.kernel must be odd, found {kernel}")
        self._channels, self._kernel, self._dense, self._dropout = channels, kernel, dense_size, dropout
        self.build(dense_size)

    def encoder(self, components: int, days: list[int]) -> nn.Module:
        """Convolutions over the dates, and a dense layer."""
        layers: list[nn.Module] = [DatesLast()]
        for before in (components, self._channels, self._channels):
            layers += [
                nn.Conv1d(before, self._channels, self._kernel, padding="same"),
                nn.BatchNorm1d(self._channels),
                nn.ReLU(),
                nn.Dropout(self._dropout),
            ]
        return nn.Sequential(
            *layers,
            nn.Flatten(),
            nn.Linear(self._channels * len(days), self._dense),
            nn.BatchNorm1d(self._dense),
            nn.ReLU(),
            nn.Dropout(self._dropout),
        )


class ResNet1D(FusionNetwork):
    """Residual network along the dates (Wang et al. 2017, arXiv:1611.06455), mean over the dates.

    Three blocks of three convolutions with kernels 7, 5 and 3 (the paper's first spans 8 dates; an odd one keeps
    the dates in place). Convolution takes dates as evenly spaced.

    Parameters
    ----------
    nb_class, sensors_information, doy_sensors_dic, default_std, default_mean
        See `TilefoldNetwork`.
    channels
        Filters of the first block; the other two have twice as many.
    """

    def __init__(
        self,
        nb_class: int,
        sensors_information: Mapping[str, Mapping[str, int]],
        doy_sensors_dic: Mapping[str, Mapping[str, Any]] | None = None,
        default_std: float = 1.0,
        default_mean: float = 0.0,
        *,
        channels: int = 64,
    ) -> None:
        super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)
        self._channels = channels
        self.build(2 * channels)

    def encoder(self, components: int, days: list[int]) -> nn.Module:  # noqa: ARG002
        """Residual blocks over the dates."""
        first, second = self._channels, 2 * self._channels
        return nn.Sequential(
            DatesLast(),
            ResidualBlock(components, first),
            ResidualBlock(first, second),
            ResidualBlock(second, second),
            nn.AdaptiveAvgPool1d(1),
            nn.Flatten(),
        )


class ResidualBlock(nn.Module):
    """Convolutions beside a short cut, (batch, before, dates) to (batch, after, dates)."""

    def __init__(self, before: int, after: int, kernels: Sequence[int] = (7, 5, 3)) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for place, kernel in enumerate(kernels):
            layers += [
                nn.Conv1d(after if place else before, after, kernel, padding="same"),
                nn.BatchNorm1d(after),
                nn.ReLU(),
            ]
        self.convolutions = nn.Sequential(*layers[:-1])
        same = nn.BatchNorm1d(after)
        self.short_cut = same if before == after else nn.Sequential(nn.Conv1d(before, after, 1), same)

    def forward(self, values: Tensor) -> Tensor:
        """Add both ways."""
        return torch.relu(self.convolutions(values) + self.short_cut(values))


class DatesLast(nn.Module):
    """(batch, dates, components) to (batch, components, dates), as convolutions want them."""

    def forward(self, values: Tensor) -> Tensor:
        """Swap the axes."""
        return values.transpose(1, 2)
