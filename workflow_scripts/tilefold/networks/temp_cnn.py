"""Temporal convolutional network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from tilefold.networks.fusion import Encoder, LateFusionNetwork
from tilefold.networks.normalisation import BatchNorm
from tilefold.networks.parameters import check_count, check_share


class TempCNN(LateFusionNetwork):
    """Three convolutions over time, all dates kept, and one dense layer.

    Pelletier, Webb and Petitjean 2019, "Temporal convolutional neural network for the classification of satellite
    image time series". Neighbours in the list of dates are taken for neighbours in time: use a regular calendar.
    The publication's decay of the weights of 1e-6 belongs to the optimiser.

    Parameters
    ----------
    nb_class, sensors_information, doy_sensors_dic, default_std, default_mean
        See `TilefoldNetwork`.
    filters
        Channels of each convolution.
    kernel_size
        Dates that a convolution sees, odd.
    dense
        Width of the dense layer.
    dropout
        Share of each layer's outputs that are set to zero while learning.
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
        kernel_size: int = 5,
        dense: int = 256,
        dropout: float = 0.5,
    ) -> None:
        super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)
        check_count(filters=filters, kernel_size=kernel_size, dense=dense)
        check_share(dropout=dropout)
        if kernel_size % 2 == 0:
            raise ValueError(f"dl_parameters.kernel_size must be odd, found {kernel_size}")
        self.assemble(
            lambda components, days: _Encoder(components, len(days), filters, kernel_size, dropout),
            hidden=(dense,),
            dropout=dropout,
        )


class _Encoder(Encoder):
    """Features (batch, filters x dates) of (batch, dates, components)."""

    def __init__(self, components: int, dates: int, filters: int, kernel_size: int, dropout: float) -> None:
        super().__init__()
        self.width = filters * dates
        layers: list[nn.Module] = []
        for channels in (components, filters, filters):
            layers += [
                nn.Conv1d(channels, filters, kernel_size, padding=kernel_size // 2),
                BatchNorm(filters),
                nn.ReLU(),
                nn.Dropout(dropout),
            ]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Features (batch, filters x dates)."""
        convolved: Tensor = self.layers(x.transpose(1, 2))
        return convolved.flatten(1)
