"""Late fusion: an encoder for each input with dates, one head on all features."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from tilefold.networks.base import TilefoldNetwork
from tilefold.networks.normalisation import BatchNorm


class Encoder(nn.Module):
    """What makes features (batch, width) of an input (batch, dates, components), standardised, without NaN.

    Attributes
    ----------
    width
        Number of features.
    """

    width: int


class LateFusionNetwork(TilefoldNetwork):
    """A network with an encoder for each input with dates, whose features are joined before the head.

    Static inputs, standardised, join the features as they are. A subclass calls `assemble` in its constructor,
    after the base's.
    """

    def assemble(
        self,
        make_encoder: Callable[[int, Sequence[int]], Encoder],
        hidden: Sequence[int] = (),
        dropout: float = 0.0,
    ) -> None:
        """Make the encoders and the head.

        Parameters
        ----------
        make_encoder
            From the number of components of an input and the days of its dates to its encoder.
        hidden
            Widths of the head's hidden layers, each linear, normalised over the batch, ReLU.
        dropout
            After each hidden layer.

        Raises
        ------
        ValueError
            If no input has dates, or the dates of one are not told.
        """
        self._dated = [name for name in self.sensors_information if name in self.doy_sensors_dic]
        self._static = [name for name in self.sensors_information if name not in self.doy_sensors_dic]
        if not self._dated:
            raise ValueError(
                f"{type(self).__name__} needs an input with dates, found only {', '.join(self._static)}; "
                "use MLPClassifier or ANN"
            )
        if unknown := [name for name in self._static if self.sensors_information[name]["nb_dates"] > 1]:
            raise ValueError(f"doy_sensors_dic: the days of {', '.join(unknown)} are missing")
        made = [make_encoder(self._components(name), self._days(name)) for name in self._dated]
        self.encoders = nn.ModuleList(made)
        width = sum(encoder.width for encoder in made) + sum(map(self._components, self._static))
        layers: list[nn.Module] = []
        for after in hidden:
            layers += [nn.Linear(width, after), BatchNorm(after), nn.ReLU()]
            layers += [nn.Dropout(dropout)] if dropout else []
            width = after
        self.head = nn.Sequential(*layers, nn.Linear(width, self.nb_class))

    def forward(self, **inputs: Tensor) -> Tensor:
        """Logits (batch, nb_class)."""
        features = [
            encoder(self.standardized(name, inputs[name]))
            for name, encoder in zip(self._dated, self.encoders, strict=True)
        ]
        features += [self.standardized(name, inputs[name]) for name in self._static]
        logits: Tensor = self.head(torch.cat(features, dim=1))
        return logits

    def _components(self, name: str) -> int:
        return self.sensors_information[name]["nb_components"]

    def _days(self, name: str) -> Sequence[int]:
        known = self.doy_sensors_dic[name]
        days: Sequence[int] = known.get("days", known["doy"])
        return days
