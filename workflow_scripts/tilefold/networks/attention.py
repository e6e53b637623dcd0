"""Self-attention over the dates of a series."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class SelfAttention(nn.Module):
    """Scaled dot-product attention of several heads (Vaswani et al. 2017, section 3.2): every date looks at all.

    Written out in products of matrices, so that it is deterministic on every device and alike in training and
    prediction.

    Parameters
    ----------
    width
        Length of a date's vector, a multiple of `heads`.
    heads
        Number of heads, each of `width / heads`.
    dropout
        Share of the attention's weights that are set to zero while learning.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        nn.init.xavier_uniform_(self.queries_keys_values.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Attended values (batch, dates, width) of values of that shape."""
        batch, dates, width = x.shape
        parts = self.queries_keys_values(x).reshape(batch, dates, 3, self.heads, width // self.heads)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)
        likeness = queries @ keys.transpose(2, 3) / math.sqrt(width // self.heads)
        attended = self.dropout(torch.softmax(likeness, dim=3)) @ values
        result: Tensor = self.output(attended.transpose(1, 2).reshape(batch, dates, width))
        return result
