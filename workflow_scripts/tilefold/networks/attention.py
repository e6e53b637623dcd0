"""Self-attention over the dates: one layer, or a transformer's encoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from tilefold.networks.fusion import FusionNetwork, divides, in_unit
from tilefold.networks.positions import position_table


class TransformerEncoder(FusionNetwork):
    """Encoder layers of a transformer (Vaswani et al. 2017), and the mean over the dates.

    A baseline of studies of satellite series (Russwurm and Koerner 2020, arXiv:1910.10536).

    Parameters
    ----------
    nb_class, sensors_information, doy_sensors_dic, default_std, default_mean
        See `TilefoldNetwork`.
    width
        Channels that components are projected to.
    heads
        Heads of attention; the width must be a multiple of twice their number.
    layers
        Encoder layers.
    hidden
        Width of the layers' feed-forward part.
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
        width: int = 64,
        heads: int = 2,
        layers: int = 3,
        hidden: int = 128,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)
        divides(heads, width)
        in_unit({"dropout": dropout})
        self._sizes: dict[str, Any] = {
            "width": width,
            "heads": heads,
            "layers": layers,
            "hidden": hidden,
            "dropout": dropout,
        }
        self.build(width)

    def encoder(self, components: int, days: list[int]) -> nn.Module:
        """Attention layers over the dates."""
        return AttentionLayers(components, days, **self._sizes)


class SimpleSelfAttentionClassifier(TransformerEncoder):
    """One layer of self-attention over the dates, and the mean over them.

    The reference system's class of this name has sizes that are not published; these are our own.

    Parameters
    ----------
    nb_class, sensors_information, doy_sensors_dic, default_std, default_mean
        See `TilefoldNetwork`.
    width, heads, hidden, dropout
        See `TransformerEncoder`.
    """

    def __init__(
        self,
        nb_class: int,
        sensors_information: Mapping[str, Mapping[str, int]],
        doy_sensors_dic: Mapping[str, Mapping[str, Any]] | None = None,
        default_std: float = 1.0,
        default_mean: float = 0.0,
        *,
        width: int = 64,
        heads: int = 4,
        hidden: int = 128,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(
            nb_class,
            sensors_information,
            doy_sensors_dic,
            default_std,
            default_mean,
            width=width,
            heads=heads,
            layers=1,
            hidden=hidden,
            dropout=dropout,
        )


class AttentionLayers(nn.Module):
    """Encoder of a series, (batch, dates, components) to (batch, width); see `TransformerEncoder`."""

    positions: Tensor

    def __init__(
        self,
        components: int,
        days: list[int],
        *,
        width: int,
        heads: int,
        layers: int,
        hidden: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.project = nn.Linear(components, width)
        self.register_buffer("positions", position_table(days, width), persistent=False)
        layer = nn.TransformerEncoderLayer(width, heads, hidden, dropout, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)

    def forward(self, values: Tensor) -> Tensor:
        """Encode standardised values."""
        encoded: Tensor = self.layers(self.project(values) + self.positions).mean(dim=1)
        return encoded
