"""Lightweight temporal attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from tilefold.networks.fusion import FusionNetwork, divides, in_unit
from tilefold.networks.positions import position_table


class LTAEClassifier(FusionNetwork):
    """Lightweight temporal attention encoder (Sainte Fare Garnot and Landrieu 2020, arXiv:2007.00586).

    One learnt query a head looks at the dates; the values of a head are its group of channels, without a
    projection. Sizes are those of the paper's larger configuration; the head has the paper's hidden layers. Two
    things differ: components are not normalised among each other, which would leave nothing of one or two of them
    (they come standardised), and the projected series is normalised as a whole, with one scale and shift a channel
    rather than one a channel and date, so that dates are known by their days alone.

    Parameters
    ----------
    nb_class, sensors_information, doy_sensors_dic, default_std, default_mean
        See `TilefoldNetwork`.
    heads
        Heads of attention; the width must be a multiple of twice their number.
    key_size
        Size of keys and queries.
    width
        Channels that components are projected to.
    encoded
        Values that an encoder gives.
    dropout, attention_dropout
        Share of an encoder's values, and of attention weights, set to zero while learning.
    period
        See `position_table`.
    """

    def __init__(
        self,
        nb_class: int,
        sensors_information: Mapping[str, Mapping[str, int]],
        doy_sensors_dic: Mapping[str, Mapping[str, Any]] | None = None,
        default_std: float = 1.0,
        default_mean: float = 0.0,
        *,
        heads: int = 16,
        key_size: int = 8,
        width: int = 256,
        encoded: int = 128,
        dropout: float = 0.2,
        attention_dropout: float = 0.1,
        period: float = 1000.0,
    ) -> None:
        super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)
        divides(heads, width)
        in_unit({"dropout": dropout, "attention_dropout": attention_dropout})
        self._sizes: dict[str, Any] = {
            "heads": heads,
            "key_size": key_size,
            "width": width,
            "encoded": encoded,
            "dropout": dropout,
            "attention_dropout": attention_dropout,
            "period": period,
        }
        self.build(encoded, hidden=(64, 32))

    def encoder(self, components: int, days: list[int]) -> nn.Module:
        """Lightweight attention over the dates."""
        return LightweightAttention(components, days, **self._sizes)


class LightweightAttention(nn.Module):
    """Encoder of a series, (batch, dates, components) to (batch, encoded); see `LTAEClassifier`."""

    positions: Tensor

    def __init__(
        self,
        components: int,
        days: list[int],
        *,
        heads: int,
        key_size: int,
        width: int,
        encoded: int,
        dropout: float,
        attention_dropout: float,
        period: float,
    ) -> None:
        super().__init__()
        self.heads, self.key_size = heads, key_size
        self.project = nn.Linear(components, width)
        self.normal = nn.GroupNorm(1, width)
        table = position_table(days, width // heads, period).repeat(1, heads)
        self.register_buffer("positions", table, persistent=False)
        self.keys = nn.Linear(width, heads * key_size)
        self.queries = nn.Parameter(torch.empty(heads, key_size))
        nn.init.normal_(self.queries, std=(2.0 / key_size) ** 0.5)
        self.attention_dropout = nn.Dropout(attention_dropout)
        self.mix = nn.Sequential(
            nn.Linear(width, encoded),
            nn.BatchNorm1d(encoded),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.LayerNorm(encoded),
        )

    def attention(self, x: Tensor) -> Tensor:
        """Weights of the dates, (batch, heads, dates), of projected values (batch, dates, width)."""
        keys = self.keys(x).unflatten(2, (self.heads, self.key_size))
        scores = torch.einsum("bthk,hk->bht", keys, self.queries) / self.key_size**0.5
        return torch.softmax(scores, dim=2)

    def forward(self, values: Tensor) -> Tensor:
        """Encode standardised values."""
        x = self.normal(self.project(values).transpose(1, 2)).transpose(1, 2) + self.positions
        weights = self.attention_dropout(self.attention(x))
        groups = x.unflatten(2, (self.heads, -1))
        encoded: Tensor = self.mix(torch.einsum("bht,bthc->bhc", weights, groups).flatten(1))
        return encoded
