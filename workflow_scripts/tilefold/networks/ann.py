"""Multilayer perceptron with batch normalisation on its inner layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from tilefold.networks.mlp import Perceptron
from tilefold.networks.normalisation import BatchNorm
from tilefold.networks.parameters import check_share


class ANN(Perceptron):
    """Linear and ReLU, then two hidden layers, each linear, normalised over the batch, ReLU; then the output layer.

    This is the order of layers that the documentation of the network of this name gives; its widths are not
    published, so they are those of `MLPClassifier`: inputs, inputs // 2, 3 x classes, 3 x classes, classes.

    Parameters
    ----------
    nb_class, sensors_information, doy_sensors_dic, default_std, default_mean
        See `TilefoldNetwork`.
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
        dropout: float = 0.0,
    ) -> None:
        super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)
        check_share(dropout=dropout)
        width, entry, hidden1, hidden2 = self._layer_sizes()
        self.layers = nn.Sequential(
            *(nn.Linear(width, entry), nn.ReLU(), nn.Dropout(dropout)),
            *(nn.Linear(entry, hidden1), BatchNorm(hidden1), nn.ReLU(), nn.Dropout(dropout)),
            *(nn.Linear(hidden1, hidden2), BatchNorm(hidden2), nn.ReLU(), nn.Dropout(dropout)),
            nn.Linear(hidden2, nb_class),
        )
