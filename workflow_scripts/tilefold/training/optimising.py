"""Optimisers, and the learning rate that falls when the validation loss stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch.nn import Parameter
from torch.optim.lr_scheduler import ReduceLROnPlateau

from tilefold.training.history import Row

#: Momentum of `sgd`; without any it hardly moves at usual learning rates.
MOMENTUM = 0.9


def make_optimiser(name: str, parameters: Iterable[Parameter], learning_rate: float) -> torch.optim.Optimizer:
    """Make an optimiser with torch's defaults besides the learning rate, and momentum 0.9 for `sgd`.

    Parameters
    ----------
    name
        adam (Kingma & Ba 2015), adamw (Loshchilov & Hutter 2019) or sgd.
    parameters
        What to optimise.
    learning_rate
        Rate of the first epoch.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if name == "adam":
        return torch.optim.Adam(parameters, lr=learning_rate)
    if name == "adamw":
        return torch.optim.AdamW(parameters, lr=learning_rate)
    if name == "sgd":
        return torch.optim.SGD(parameters, lr=learning_rate, momentum=MOMENTUM)
    raise ValueError(f"training.optimiser: found {name!r}, expected adam, adamw or sgd")


class AdaptiveRate:
    """Learning rate of an optimiser, lowered by `ReduceLROnPlateau` after epochs without a lower validation loss.

    Its state follows from the validation losses alone, so a resumed training finds it again from its history.
    """

    def __init__(
        self,
        optimiser: torch.optim.Optimizer,
        arguments: Mapping[str, Any] | None,
        history: Sequence[Row],
    ) -> None:
        self._optimiser = optimiser
        self._plateau = None if arguments is None else ReduceLROnPlateau(optimiser, mode="min", **arguments)
        for row in history:
            self.after_epoch(row)

    @property
    def value(self) -> float:
        """Learning rate of the coming epoch."""
        return float(self._optimiser.param_groups[0]["lr"])

    def after_epoch(self, row: Row) -> None:
        """Take note of an epoch's validation loss."""
        loss = row["validation_loss"]
        if self._plateau is not None and loss is not None:
            self._plateau.step(loss)
