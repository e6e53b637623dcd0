"""Base class of all networks: what they are told, and how they treat missing values and scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from tilefold.networks.inputs import ByInput

#: Statistics of every input, one value for each date and component.
MOMENTS = ("mean", "var", "min", "max")

#: Statistics that there are where `training.additional_statistics_percentage` asks for them.
QUANTILES = ("quantile_0.1", "quantile_0.5", "quantile_0.95")

#: A standard deviation of at most this share of the mean is rounding of a constant in 32-bit floats.
CONSTANT = 1e-6


class TilefoldNetwork(nn.Module):
    """A network that turns the tensors of its inputs into one logit for each class.

    A network of one's own derives from this class and defines `forward`, or `_forward`, with one keyword argument
    for each input, named as the input: series and other inputs with dates (batch, dates, components), static
    features (batch, bands), float32, NaN where nothing is known. It returns float32 logits (batch, nb_class).

    Parameters
    ----------
    nb_class
        Number of classes.
    sensors_information
        For each input in the order of the arguments: ``nb_components`` and ``nb_dates`` (1 for static
        features).
    doy_sensors_dic
        For each input with dates: ``doy``, the day of the year of each date, ``days``, which goes on counting in
        a second year, and ``features_per_dates``.
    default_std, default_mean
        Used where the samples tell no standard deviation or no mean.

    Attributes
    ----------
    feature_major
        That inputs are taken best as views of (dates, components, batch), in prediction.
    """

    feature_major = False

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
        self.sensors_information = ByInput({name: dict(info) for name, info in sensors_information.items()})
        self.doy_sensors_dic = ByInput({name: dict(info) for name, info in (doy_sensors_dic or {}).items()})
        self.default_std = default_std
        self.default_mean = default_mean
        for name in self.sensors_information:
            for key in MOMENTS:
                self._keep(name, key, torch.full((self._size(name),), torch.nan))

    def forward(self, **inputs: Tensor) -> Tensor:
        """Logits (batch, nb_class) of the inputs, by the method `_forward`."""
        own = getattr(self, "_forward", None)
        if own is None:
            raise NotImplementedError(f"{type(self).__name__} has no method forward or _forward")
        logits: Tensor = own(**inputs)
        return logits

    @property
    def _stats(self) -> ByInput[_Statistics]:
        """Input to statistic to float32 values, flat (dates x components), date-major, NaN if unknown.

        `mean`, `var`, `min`, `max`, and, where they were asked for, `quantile_0.1`, `quantile_0.5` and
        `quantile_0.95`.
        """
        return ByInput(
            {
                name: _Statistics(
                    (key, self.get_buffer(_buffer(name, key)))
                    for key in (*MOMENTS, *QUANTILES)
                    if _buffer(name, key) in self._buffers
                )
                for name in self.sensors_information
            }
        )

    def set_statistics(self, statistics: Mapping[str, Mapping[str, Sequence[float | None]]]) -> None:
        """Take the statistics of the samples that the network is trained on.

        Parameters
        ----------
        statistics
            For each input ``mean``, ``var``, ``min``, ``max`` and any of the quantiles: flat, date-major; None
            where unknown.

        Raises
        ------
        ValueError
            If an input or a statistic is missing or has another number of values than the input.
        """
        for name in self.sensors_information:
            found = statistics.get(name, {})
            for key in (*MOMENTS, *(key for key in QUANTILES if key in found)):
                values, expected = found.get(key), self._size(name)
                if values is None or len(values) != expected:
                    told = "nothing" if values is None else f"{len(values)} values"
                    raise ValueError(f"statistics of {name}: {key} needs {expected} values, found {told}")
                known = torch.tensor([torch.nan if value is None else value for value in values])
                self._keep(name, key, known.to(torch.float32))

    def nans_imputation(self, x: Tensor, mean: Tensor, default_mean: float | None = None) -> Tensor:
        """Replace NaN in `x` by the mean, and by `default_mean` where that is NaN too.

        The mean may be flat, as in `_stats`, or have the shape of a sample of `x`.
        """
        default = self.default_mean if default_mean is None else default_mean
        return torch.where(torch.isnan(x), torch.nan_to_num(_as_sample(mean, x), nan=default), x)

    def standardize(
        self,
        x: Tensor,
        mean: Tensor,
        std: Tensor,
        default_mean: float | None = None,
        default_std: float | None = None,
    ) -> Tensor:
        """Subtract the mean and divide by the standard deviation, flat or of the shape of a sample of `x`.

        The defaults stand in for NaN in the statistics. A component that is constant in the samples, up to
        the rounding of 32-bit floats, is divided by `default_std`.
        """
        mean, std = self._usable(_as_sample(mean, x), _as_sample(std, x), default_mean, default_std)
        return (x - mean) / std

    def standardized(self, name: str, x: Tensor) -> Tensor:
        """Input `name` with NaN imputed by the mean, then standardised by mean and sqrt(var).

        The same as `nans_imputation` and `standardize` one after the other, in half the passes over memory:
        the mean, standardised, is exactly 0. So is every value, not only NaN, of a date and component that no
        sample knows: it was 0 while the weights were learnt, so that these say nothing about other values.
        """
        mean = _as_sample(self.get_buffer(_buffer(name, "mean")), x)
        _, std = self._usable(mean, torch.sqrt(_as_sample(self.get_buffer(_buffer(name, "var")), x)))
        return (x - mean).div_(std).nan_to_num_(nan=0.0, posinf=torch.inf, neginf=-torch.inf)

    def moments(self, name: str) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation that input `name` is standardised by, flat, date-major."""
        mean, variance = (self.get_buffer(_buffer(name, key)) for key in ("mean", "var"))
        return self._usable(mean, torch.sqrt(variance))

    def known(self, name: str) -> Tensor:
        """Whether any sample knows each date and component of input `name`, flat: bool."""
        return ~torch.isnan(self.get_buffer(_buffer(name, "mean")))

    def for_bfloat16(self) -> nn.Module:
        """Form of the network that predicts where layers compute in bfloat16; the network itself by default."""
        return self

    def for_prediction(self) -> nn.Module:
        """The network, in evaluation mode, in the form that predicts fastest: here itself.

        Another form takes the same arguments and returns the same logits, up to rounding; it may have a
        `feature_major` of its own.
        """
        return self

    def _usable(
        self, mean: Tensor, std: Tensor, default_mean: float | None = None, default_std: float | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation with the defaults where they cannot be used."""
        mean = torch.nan_to_num(mean, nan=self.default_mean if default_mean is None else default_mean)
        unusable = torch.isnan(std) | (std <= CONSTANT * mean.abs())
        return mean, std.masked_fill(unusable, self.default_std if default_std is None else default_std)

    def _size(self, name: str) -> int:
        info = self.sensors_information[name]
        return info["nb_dates"] * info["nb_components"]

    def _keep(self, name: str, statistic: str, values: Tensor) -> None:
        """Hold a statistic where it follows the network to its device; it is no weight."""
        place = _buffer(name, statistic)
        before = self._buffers.get(place)
        if before is not None:
            values = values.to(before.device)
        self.register_buffer(place, values, persistent=False)


class _Statistics(dict[str, Tensor]):
    """Statistics of an input, that say what to do where one is not there."""

    def __missing__(self, name: str) -> Tensor:
        if name in QUANTILES:
            raise KeyError(f"{name} is not computed; set training.additional_statistics_percentage")
        raise KeyError(f"no statistic {name!r}; there are {', '.join((*MOMENTS, *QUANTILES))}")


def _as_sample(values: Tensor, x: Tensor) -> Tensor:
    """Flat values in the shape of one sample of `x`; others as they are."""
    shape = x.shape[1:]
    return values.reshape(shape) if values.ndim != len(shape) and values.numel() == shape.numel() else values


def _buffer(name: str, statistic: str) -> str:
    return f"statistics_{name}_{statistic.replace('.', '_')}"
