"""Late fusion: an encoder for each input with dates, and one head on what they say and on static inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from tilefold.networks.base import TilefoldNetwork


class FusionNetwork(TilefoldNetwork):
    """Base of networks that encode each series by itself.

    A network derives from this class, and its constructor calls `build` with the encoders' widths known to
    `encoder`. An input is a series where `doy_sensors_dic` has its days, else static.

    Missing values are replaced and scales removed by `TilefoldNetwork.standardized`.
    """

    def build(self, width: int, hidden: Sequence[int] = ()) -> None:
        """Make the encoders and the head.

        Parameters
        ----------
        width
            Values that each encoder gives.
        hidden
            Sizes of the head's hidden layers, each with batch normalisation and ReLU.

        Raises
        ------
        ValueError
            If no input has dates.
        """
        series = [name for name in self.sensors_information if name in self.doy_sensors_dic]
        if not series:
            raise ValueError(
                f"training.dl_name: {type(self).__name__} needs an input with dates; of static inputs alone "
                "MLPClassifier can learn"
            )
        self.encoders = nn.ModuleDict(
            {
                name: self.encoder(
                    self.sensors_information[name]["nb_components"], list(self.doy_sensors_dic[name]["doy"])
                )
                for name in series
            }
        )
        static = [
            info["nb_dates"] * info["nb_components"]
            for name, info in self.sensors_information.items()
            if name not in series
        ]
        self.head = dense([width * len(series) + sum(static), *hidden], self.nb_class)

    def encoder(self, components: int, days: list[int]) -> nn.Module:
        """Module from (batch, dates, components) to (batch, width); `days` of the year of each date."""
        raise NotImplementedError(f"{type(self).__name__} has no method encoder")

    def forward(self, **inputs: Tensor) -> Tensor:
        """Logits (batch, nb_class)."""
        parts = []
        for name in self.sensors_information:
            values = self.standardized(name, inputs[name])
            parts.append(self.encoders[name](values) if name in self.encoders else values.flatten(1))
        logits: Tensor = self.head(torch.cat(parts, dim=1))
        return logits


def dense(sizes: Sequence[int], outputs: int) -> nn.Sequential:
    """Linear layers with batch normalisation and ReLU between, the last one plain."""
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.BatchNorm1d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))


def in_unit(parameters: Mapping[str, Any]) -> None:
    """Refuse shares outside [0, 1)."""
    for name, value in parameters.items():
        if not 0 <= value < 1:
            raise ValueError(f"dl_parameters.{name} must be in [0, 1), found {value}")


def divides(heads: int, width: int) -> None:
    """Refuse a number of heads that does not divide a width into even parts."""
    if heads < 1 or width % heads or (width // heads) % 2:
        raise ValueError(
            f"dl_parameters.heads must divide width into equal parts of an even size, found {heads} and {width}"
        )
