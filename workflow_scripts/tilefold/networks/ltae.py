"""Lightweight temporal attention."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from tilefold.networks.fusion import Encoder, LateFusionNetwork
from tilefold.networks.ltae_folding import FoldedLTAE
from tilefold.networks.normalisation import BatchNorm
from tilefold.networks.parameters import check_count, check_heads, check_period, check_share
from tilefold.networks.positions import PERIOD, sinusoids


class LTAEClassifier(LateFusionNetwork):
    """Lightweight temporal attention encoder (L-TAE) of each input, and a head of two hidden layers.

    Garnot and Landrieu 2020, "Lightweight temporal self-attention for classifying satellite image time series",
    with the sizes of the authors' program. There the inputs are 128 learnt features; here they are the components
    of the input, already standardised, which is why `input_norm` is off.

    Parameters
    ----------
    nb_class, sensors_information, doy_sensors_dic, default_std, default_mean
        See `TilefoldNetwork`.
    heads
        Number of heads; each has one learnt query and attends with its share of the channels.
    key_size
        Length of keys and queries.
    d_model
        Channels that a date's components are projected to, a multiple of `heads`.
    features
        Features of an input that go to the head.
    decoder
        Width of the head's first hidden layer; the second has half of it, at least 1.
    dropout
        Share of the features that are set to zero while learning.
    attention_dropout
        Share of the attention's weights that are set to zero while learning.
    period
        Of the position encoding, see `sinusoids`.
    input_norm
        Normalise the components of each date before their projection, as published. On a few bands that takes
        away their level; with one component it would leave nothing and is refused.
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
        d_model: int = 256,
        features: int = 128,
        decoder: int = 64,
        dropout: float = 0.2,
        attention_dropout: float = 0.1,
        period: float = PERIOD,
        input_norm: bool = False,
    ) -> None:
        super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)
        check_heads(d_model, heads)
        check_count(key_size=key_size, features=features, decoder=decoder)
        check_share(dropout=dropout, attention_dropout=attention_dropout)
        check_period(period)

        def make_encoder(components: int, days: Sequence[int]) -> LTAE:
            return LTAE(
                components,
                days,
                heads=heads,
                key_size=key_size,
                d_model=d_model,
                features=features,
                dropout=dropout,
                attention_dropout=attention_dropout,
                period=period,
                input_norm=input_norm,
            )

        self.assemble(make_encoder, hidden=(decoder, max(decoder // 2, 1)))

    def for_prediction(self) -> nn.Module:
        """A copy whose encoders are folded."""
        network = copy.deepcopy(self)
        network.encoders = nn.ModuleList(
            FoldedLTAE(encoder) for encoder in self.encoders if isinstance(encoder, LTAE)
        )
        network.feature_major = True
        return network


class LTAE(Encoder):
    """The encoder: features (batch, features) of (batch, dates, components).

    With 128 components, 24 dates and the published sizes it has 112,000 weights:
    components, 2 x 128; projection, 128 x 256 + 256; its normalisation over channels and dates, 2 x 256 x 24;
    queries, 16 x 8; keys, 256 x 128 + 128; perceptron, 256 x 128 + 128 and 2 x 128; features, 2 x 128.
    """

    positions: Tensor

    def __init__(
        self,
        components: int,
        days: Sequence[int],
        *,
        heads: int,
        key_size: int,
        d_model: int,
        features: int,
        dropout: float,
        attention_dropout: float,
        period: float,
        input_norm: bool,
    ) -> None:
        super().__init__()
        if input_norm and components < 2:
            raise ValueError(
                "dl_parameters.input_norm: normalising the one component of an input leaves nothing of it; "
                "remove input_norm"
            )
        self.width = features
        self.heads, self.key_size = heads, key_size
        self.input_norm = nn.LayerNorm(components) if input_norm else nn.Identity()
        self.projection = nn.Linear(components, d_model)
        self.projection_norm = nn.LayerNorm((len(days), d_model))
        positions = sinusoids(days, d_model // heads, period).repeat(1, heads)
        self.register_buffer("positions", positions, persistent=False)
        self.queries = nn.Parameter(torch.empty(heads, key_size))
        self.keys = nn.Linear(d_model, heads * key_size)
        for weights in (self.queries, self.keys.weight):
            nn.init.normal_(weights, std=math.sqrt(2 / key_size))
        self.attention_dropout = nn.Dropout(attention_dropout)
        self.perceptron = nn.Sequential(nn.Linear(d_model, features), BatchNorm(features), nn.ReLU())
        self.dropout = nn.Dropout(dropout)
        self.feature_norm = nn.LayerNorm(features)

    def forward(self, x: Tensor) -> Tensor:
        """Features (batch, features)."""
        norm = self.projection_norm
        projected = self.projection(self.input_norm(x))
        # The positions are added with the normalisation's bias: one pass over memory less.
        projected = nn.functional.layer_norm(
            projected, norm.normalized_shape, norm.weight, norm.bias + self.positions, norm.eps
        )
        attention = self.attention_dropout(torch.softmax(self._likeness(projected), dim=1))
        batch, dates, channels = projected.shape
        values = projected.reshape(batch, dates, self.heads, channels // self.heads)
        attended = torch.einsum("bth,bthc->bhc", attention, values).flatten(1)
        features: Tensor = self.feature_norm(self.dropout(self.perceptron(attended)))
        return features

    def _likeness(self, projected: Tensor) -> Tensor:
        """Scaled products (batch, dates, heads) of the queries with the keys of (batch, dates, d_model).

        The queries are the same for all samples, so they are multiplied with the keys' weights once: the same
        sums in another order, and key_size times fewer of them for each sample.
        """
        weights = self.keys.weight.reshape(self.heads, self.key_size, -1)
        weights = torch.einsum("hk,hkc->hc", self.queries, weights)
        bias = (self.queries * self.keys.bias.reshape(self.heads, self.key_size)).sum(dim=1)
        return nn.functional.linear(projected, weights, bias) / math.sqrt(self.key_size)
