"""A small perceptron with batch normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tilefold.networks.base import TilefoldNetwork
from tilefold.networks.fusion import dense


class ANN(TilefoldNetwork):
    """Two hidden layers with batch normalisation and ReLU on all dates and components.

    The reference system's class of this name has sizes that are not published; these are our own.

    Parameters
    ----------
    nb_class, sensors_information, doy_sensors_dic, default_std, default_mean
        See `TilefoldNetwork`.
    first, second
        Sizes of the hidden layers.
    """

    def __init__(
        self,
        nb_class: int,
        sensors_information: Mapping[str, Mapping[str, int]],
        doy_sensors_dic: Mapping[str, Mapping[str, Any]] | None = None,
        default_std: float = 1.0,
        default_mean: float = 0.0,
        *,
        first: int = 128,
        second: int = 64,
    ) -> None:
        super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)
        width = sum(info["nb_dates"] * info["nb_components"] for info in self.sensors_information.values())
        self.layers = dense([width, first, second], nb_class)

    def forward(self, **inputs: Tensor) -> Tensor:
        """Logits (batch, nb_class); each input is flattened date-major, in the order of the inputs."""
        flat = [self.standardized(name, inputs[name]).flatten(1) for name in self.sensors_information]
        logits: Tensor = self.layers(torch.cat(flat, dim=1))
        return logits
