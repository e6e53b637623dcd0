"""Normalisation over the batch that also stands a batch of one sample."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class BatchNorm(nn.BatchNorm1d):
    """`torch.nn.BatchNorm1d`; a batch with one value a channel is normalised by the running statistics.

    Such a batch has no variance: the last batch of an epoch, where one sample is left over. It changes the running
    statistics by nothing.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  the name in torch
        """Normalised values of (batch, channels) or (batch, channels, dates)."""
        if self.training and input.numel() == input.shape[1]:
            return torch.nn.functional.batch_norm(
                input, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        return super().forward(input)
