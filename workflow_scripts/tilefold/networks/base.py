"""Base class of all networks: what they are told, and how they treat missing values and scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

#: Statistics of every input, one value for each date and component.
STATISTICS = ("mean", "var", "min", "max")

#: A standard deviation of at most this share of the mean is rounding of a constant in 32-bit floats.
CONSTANT = 1e-6


class TilefoldNetwork(nn.Module):
    """A network that turns the tensors of its inputs into one logit for each class.

    A network of one's own derives from this class and defines `forward` with one keyword argument for each
    input, named as the input: series and other inputs with dates (batch, dates, components), static features
    (batch, bands), float32, NaN where nothing is known. `forward` returns float32 logits (batch, nb_class).

    Parameters
    ----------
    nb_class
        Number of classes.
    sensors_information
        For each input in the order of the arguments: ``nb_components`` and ``nb_dates`` (1 for static
        features).
    doy_sensors_dic
        For each series: ``doy``, the day of the year of each date, and ``features_per_dates``.
    default_std, default_mean
        Used where the samples tell no standard deviation or no mean.
    """

    def __init__(
        self,
        nb_class: int,
        sensors_information: Mapping[str, Mapping[str, int]],
        doy_sensors_dic: Mapping[str, Mapping[str, Any]] | None = None,
        default_std: float = 1.0,
        default_mean: float = 0.0,
    ) -> None:
        super().__init__()
        self.nb_class = nb_class
        self.sensors_information = {name: dict(info) for name, info in sensors_information.items()}
        self.doy_sensors_dic = {name: dict(info) for name, info in (doy_sensors_dic or {}).items()}
        self.default_std = default_std
        self.default_mean = default_mean
        for name, info in self.sensors_information.items():
            for key in STATISTICS:
                unknown = torch.full((info["nb_dates"], info["nb_components"]), torch.nan)
                self.register_buffer(_buffer(name, key), unknown, persistent=False)

    def forward(self, **inputs: Tensor) -> Tensor:
        """Logits (batch, nb_class) of the inputs."""
        raise NotImplementedError(f"{type(self).__name__} has no forward method")

    @property
    def _stats(self) -> dict[str, dict[str, Tensor]]:
        """Input to statistic (mean, var, min, max) to float32 values (dates, components), NaN if unknown."""
        return {
            name: {key: self.get_buffer(_buffer(name, key)) for key in STATISTICS}
            for name in self.sensors_information
        }

    def set_statistics(self, statistics: Mapping[str, Mapping[str, Sequence[float | None]]]) -> None:
        """Take the statistics of the samples that the network is trained on.

        Parameters
        ----------
        statistics
            For each input ``mean``, ``var``, ``min`` and ``max``: flat, date-major; None where unknown.

        Raises
        ------
        ValueError
            If an input or a statistic is missing or has another number of values than the input.
        """
        for name, info in self.sensors_information.items():
            for key in STATISTICS:
                values = statistics.get(name, {}).get(key)
                expected = info["nb_dates"] * info["nb_components"]
                if values is None or len(values) != expected:
                    found = "nothing" if values is None else f"{len(values)} values"
                    raise ValueError(f"statistics of {name}: {key} needs {expected} values, found {found}")
                known = torch.tensor([torch.nan if value is None else value for value in values])
                buffer = self.get_buffer(_buffer(name, key))
                buffer.copy_(known.reshape(buffer.shape))

    def nans_imputation(self, x: Tensor, mean: Tensor, default_mean: float | None = None) -> Tensor:
        """Replace NaN in `x` by the mean, and by `default_mean` where that is NaN too."""
        default = self.default_mean if default_mean is None else default_mean
        return torch.where(torch.isnan(x), torch.nan_to_num(mean, nan=default), x)

    def standardize(
        self,
        x: Tensor,
        mean: Tensor,
        std: Tensor,
        default_mean: float | None = None,
        default_std: float | None = None,
    ) -> Tensor:
        """Subtract the mean and divide by the standard deviation.

        The defaults stand in for NaN in the statistics. A component that is constant in the samples, up to
        the rounding of 32-bit floats, is divided by `default_std`.
        """
        mean, std = self._usable(mean, std, default_mean, default_std)
        return (x - mean) / std

    def standardized(self, name: str, x: Tensor) -> Tensor:
        """Input `name` with NaN imputed by the mean, then standardised by mean and sqrt(var).

        The same as `nans_imputation` and `standardize` one after the other, in half the passes over memory:
        the mean, standardised, is exactly 0. So is every value, not only NaN, of a date and component that no
        sample knows: it was 0 while the weights were learnt, so that these say nothing about other values.
        """
        mean = self.get_buffer(_buffer(name, "mean"))
        _, std = self._usable(mean, torch.sqrt(self.get_buffer(_buffer(name, "var"))))
        return (x - mean).div_(std).nan_to_num_(nan=0.0, posinf=torch.inf, neginf=-torch.inf)

    def _usable(
        self, mean: Tensor, std: Tensor, default_mean: float | None = None, default_std: float | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation with the defaults where they cannot be used."""
        mean = torch.nan_to_num(mean, nan=self.default_mean if default_mean is None else default_mean)
        unusable = torch.isnan(std) | (std <= CONSTANT * mean.abs())
        return mean, std.masked_fill(unusable, self.default_std if default_std is None else default_std)


def _buffer(name: str, statistic: str) -> str:
    return f"statistics_{name}_{statistic}"
