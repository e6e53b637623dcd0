"""One layer of self-attention over the dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from tilefold.networks.attention import SelfAttention
from tilefold.networks.fusion import Encoder, LateFusionNetwork
from tilefold.networks.parameters import check_heads, check_period, check_share
from tilefold.networks.positions import PERIOD, sinusoids


class SimpleSelfAttentionClassifier(LateFusionNetwork):
    """Embedding of each date, one layer of self-attention, mean over the dates, linear head.

    Attention and position encoding are those of Vaswani et al. 2017, "Attention is all you need". The sizes of
    the network of this name in other programs are not published. The order of the dates does not count, only
    their days. Weights for one input of C components: d_model (C + 1) + 4 d_model (d_model + 1) + 2 d_model, and
    (d_model + 1) x classes of the head.

    Parameters
    ----------
    nb_class, sensors_information, doy_sensors_dic, default_std, default_mean
        See `TilefoldNetwork`.
    d_model
        Length of a date's vector, a multiple of `heads`.
    heads
        Number of attention's heads.
    dropout
        Share of the attention's weights that are set to zero while learning.
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
        heads: int = 1,
        dropout: float = 0.0,
        period: float = PERIOD,
    ) -> None:
        super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)
        check_heads(d_model, heads)
        check_share(dropout=dropout)
        check_period(period)
        self.assemble(lambda components, days: _Encoder(components, days, d_model, heads, dropout, period))


class _Encoder(Encoder):
    """Features (batch, d_model) of (batch, dates, components)."""

    positions: Tensor

    def __init__(
        self, components: int, days: Sequence[int], d_model: int, heads: int, dropout: float, period: float
    ) -> None:
        super().__init__()
        self.width = d_model
        self.embedding = nn.Linear(components, d_model)
        self.register_buffer("positions", sinusoids(days, d_model, period), persistent=False)
        self.attention = SelfAttention(d_model, heads, dropout)
        self.norm = nn.LayerNorm(d_model)

    def forward(self, x: Tensor) -> Tensor:
        """Features (batch, d_model)."""
        embedded = self.embedding(x) + self.positions
        attended: Tensor = self.norm(embedded + self.attention(embedded))
        return attended.mean(dim=1)
