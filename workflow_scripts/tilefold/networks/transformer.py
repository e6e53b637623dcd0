"""Encoder of a transformer over the dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from tilefold.networks.attention import SelfAttention
from tilefold.networks.fusion import Encoder, LateFusionNetwork
from tilefold.networks.parameters import check_count, check_heads, check_period, check_share
from tilefold.networks.positions import PERIOD, sinusoids


class TransformerEncoder(LateFusionNetwork):
    """Embedding of each date, layers of self-attention and perceptrons, greatest value over the dates, linear head.

    Layers of Vaswani et al. 2017 with the sizes that Rußwurm et al. 2020 use as a baseline in "BreizhCrops: a time
    series dataset for crop type mapping". The order of the dates does not count, only their days. Weights of a
    layer: 4 d_model (d_model + 1) + 2 d_model d_inner + d_inner + d_model + 4 d_model.

    Parameters
    ----------
    nb_class, sensors_information, doy_sensors_dic, default_std, default_mean
        See `TilefoldNetwork`.
    d_model
        Length of a date's vector, a multiple of `heads`.
    heads
        Heads of each layer's attention.
    layers
        Number of layers.
    d_inner
        Width of the perceptrons' hidden layers.
    dropout
        Share of values that are set to zero while learning, in attention and after each part of a layer.
    period
        Of the position encoding, see `sinusoids`.
    """

    def __init__(
        self,
        nb_class: int,
        sensors_information: Mapping[str, Mapping[str, int]],
        doy_sensors_dic: Mapping[str, Mapping[str, Any]] | None = None,
        default_std: float = 1.0,
        default_mean: float = 0.0,
        *,
        d_model: int = 64,
        heads: int = 2,
        layers: int = 5,
        d_inner: int = 128,
        dropout: float = 0.018,
        period: float = PERIOD,
    ) -> None:
        super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)
        check_heads(d_model, heads)
        check_count(layers=layers, d_inner=d_inner)
        check_share(dropout=dropout)
        check_period(period)

        def make_encoder(components: int, days: Sequence[int]) -> _Encoder:
            made = [_Layer(d_model, heads, d_inner, dropout) for _ in range(layers)]
            return _Encoder(components, sinusoids(days, d_model, period), made)

        self.assemble(make_encoder)


class _Encoder(Encoder):
    """Features (batch, d_model) of (batch, dates, components)."""

    positions: Tensor

    def __init__(self, components: int, positions: Tensor, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.width = positions.shape[1]
        self.embedding = nn.Linear(components, self.width)
        self.register_buffer("positions", positions, persistent=False)
        self.layers = nn.Sequential(*layers)
        self.norm = nn.LayerNorm(self.width)

    def forward(self, x: Tensor) -> Tensor:
        """Features (batch, d_model)."""
        encoded: Tensor = self.norm(self.layers(self.embedding(x) + self.positions))
        return encoded.amax(dim=1)


class _Layer(nn.Module):
    """Self-attention and a perceptron, each added to what came in and normalised."""

    def __init__(self, d_model: int, heads: int, d_inner: int, dropout: float) -> None:
        super().__init__()
        self.attention = SelfAttention(d_model, heads, dropout)
        self.attention_norm = nn.LayerNorm(d_model)
        self.perceptron = nn.Sequential(
            nn.Linear(d_model, d_inner), nn.ReLU(), nn.Dropout(dropout), nn.Linear(d_inner, d_model)
        )
        self.perceptron_norm = nn.LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Values (batch, dates, d_model) of values of that shape."""
        x = self.attention_norm(x + self.dropout(self.attention(x)))
        result: Tensor = self.perceptron_norm(x + self.dropout(self.perceptron(x)))
        return result
