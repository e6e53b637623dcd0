"""Multilayer perceptron on all dates and components of a pixel."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from tilefold.networks.base import TilefoldNetwork
from tilefold.networks.folding import Bfloat16Perceptron, fold_perceptron
from tilefold.networks.normalisation import BatchNorm
from tilefold.networks.parameters import check_share


class Perceptron(TilefoldNetwork):
    """A perceptron on all values of a sample; a subclass makes its `layers`."""

    layers: nn.Sequential

    def forward(self, **inputs: Tensor) -> Tensor:
        """Logits (batch, nb_class)."""
        # Standardised and flattened date-major, in the order of the inputs.
        flat = [self.standardized(name, inputs[name]).flatten(1) for name in self.sensors_information]
        logits: Tensor = self.layers(torch.cat(flat, dim=1))
        return logits

    def for_bfloat16(self) -> nn.Module:
        """The layers in bfloat16, what they get standardised in float32."""
        return Bfloat16Perceptron(self, self.layers)

    def for_prediction(self) -> nn.Module:
        """The layers with everything folded into them that can be."""
        return fold_perceptron(self, self.layers) or self

    def _layer_sizes(self) -> list[int]:
        """Values of all inputs, and the widths of the three hidden layers."""
        width = sum(info["nb_dates"] * info["nb_components"] for info in self.sensors_information.values())
        return [width, max(width // 2, 1), 3 * self.nb_class, 3 * self.nb_class]


class MLPClassifier(Perceptron):
    """Four linear layers with ReLU between: inputs, inputs // 2, 3 x classes, 3 x classes, classes.

    With 37 dates of 13 components and 23 classes these are the layers 481-240-69-69-23, with 138,749 weights,
    of the study of four Sentinel-2 tiles of 2018 that the example configuration follows.

    Parameters
    ----------
    nb_class, sensors_information, doy_sensors_dic, default_std, default_mean
        See `TilefoldNetwork`.
    batch_norm
        Normalise each hidden layer over the batch, before its ReLU.
    dropout
        Share of each hidden layer's outputs that are set to zero while learning, in [0, 1).
    """

    def __init__(
        self,
        nb_class: int,
        sensors_information: Mapping[str, Mapping[str, int]],
        doy_sensors_dic: Mapping[str, Mapping[str, Any]] | None = None,
        default_std: float = 1.0,
        default_mean: float = 0.0,
        *,
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)
        check_share(dropout=dropout)
        sizes = self._layer_sizes()
        layers: list[nn.Module] = []
        for before, after in pairwise(sizes):
            layers.append(nn.Linear(before, after))
            layers += [BatchNorm(after)] if batch_norm else []
            layers.append(nn.ReLU())
            layers += [nn.Dropout(dropout)] if dropout else []
        self.layers = nn.Sequential(*layers, nn.Linear(sizes[-1], nb_class))
