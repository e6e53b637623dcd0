"""The L-TAE encoder in the form that predicts fastest.

Its normalisation over dates and channels has one mean m and one deviation s a sample, so that after it every channel
is linear in the components of its date, 1 / s, m / s and 1. Likeness and attended values are sums of products with
these few values, and the projection to `d_model` channels, which is most of the work, is never made.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from tilefold.networks.fusion import Encoder

if TYPE_CHECKING:
    from tilefold.networks.ltae import LTAE

#: Samples that the attention of all heads is computed for at once, so that one head's values stay in cache.
SAMPLES = 512


class FoldedLTAE(Encoder):
    """An `LTAE` in evaluation mode: the same features of the same inputs, up to rounding.

    Parameters
    ----------
    encoder
        The encoder; its `input_norm`, `perceptron` and `feature_norm` are used as they are.
    """

    def __init__(self, encoder: LTAE) -> None:
        super().__init__()
        self.width = encoder.width
        self.input_norm, self.perceptron = encoder.input_norm, encoder.perceptron
        self.feature_norm = encoder.feature_norm
        self._eps = encoder.projection_norm.eps
        projection = (
            torch.cat([encoder.projection.weight, encoder.projection.bias[:, None]], dim=1).detach().double()
        )
        of_date = projection.mean(dim=0)
        around = projection - of_date
        self._fold("of_date", of_date)
        self._fold("spread", around.T @ around / len(projection))
        after = _after_normalisation(encoder, projection)
        query = (
            torch.einsum("hk,hkc->hc", encoder.queries, _by_head(encoder, encoder.keys.weight))
            .detach()
            .double()
        )
        bias = (encoder.queries * _by_head(encoder, encoder.keys.bias)).sum(dim=1).detach().double()
        likeness = torch.einsum("hc,tcj->thj", query, after)
        likeness[:, :, -1] += bias
        self._fold("likeness", likeness / math.sqrt(encoder.key_size))
        dates, channels, terms = after.shape
        values = after.reshape(dates, encoder.heads, channels // encoder.heads, terms)
        self._fold("values", values.permute(1, 2, 0, 3).flatten(2))

    def forward(self, x: Tensor) -> Tensor:
        """Features (batch, features) of (batch, dates, components)."""
        parts = [self._attended(part) for part in self.input_norm(x).split(SAMPLES)]
        features: Tensor = self.feature_norm(self.perceptron(torch.cat(parts, dim=1).T))
        return features

    def _attended(self, x: Tensor) -> Tensor:
        """Attended channels (d_model, batch)."""
        terms = self._terms(x)
        attention = torch.softmax(torch.bmm(self.get_buffer("likeness"), terms), dim=0)
        weighted = torch.empty_like(terms)
        values = self.get_buffer("values")
        heads = []
        for head in range(len(values)):
            torch.mul(terms, attention[:, head, None], out=weighted)
            heads.append(values[head] @ weighted.flatten(0, 1))
        return torch.cat(heads)

    def _terms(self, x: Tensor) -> Tensor:
        """(dates, components + 3, batch): components over s, then 1 / s, m / s and 1."""
        batch, dates, components = x.shape
        terms = x.new_empty((dates, components + 3, batch))
        raw = terms[:, : components + 1]
        raw[:, :components] = x.permute(1, 2, 0)
        raw[:, components] = 1
        means = torch.matmul(self.get_buffer("of_date"), raw)
        spread = (torch.matmul(self.get_buffer("spread"), raw) * raw).sum(dim=1).mean(dim=0)
        mean = means.mean(dim=0)
        # The mean square around each date's own mean, and that of these means: no difference of large numbers.
        deviation = torch.sqrt(spread + (means - mean).square().mean(dim=0) + self._eps)
        raw /= deviation
        terms[:, components + 1] = mean / deviation
        terms[:, components + 2] = 1
        return terms

    def _fold(self, name: str, values: Tensor) -> None:
        self.register_buffer(name, values.float().contiguous(), persistent=False)


def _after_normalisation(encoder: LTAE, projection: Tensor) -> Tensor:
    """Coefficients (dates, channels, terms) of the channels after normalisation, with the positions."""
    weight = encoder.projection_norm.weight.detach().double()
    shift = encoder.projection_norm.bias.detach().double() + encoder.positions.double()
    return torch.cat([weight[:, :, None] * projection, -weight[:, :, None], shift[:, :, None]], dim=2)


def _by_head(encoder: LTAE, values: Tensor) -> Tensor:
    return values.reshape(encoder.heads, encoder.key_size, *values.shape[1:])
