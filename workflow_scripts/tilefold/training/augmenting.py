"""Random changes of series while a network learns, so that it relies less on single dates and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Augmentation:
    """Changes of series, drawn anew for each sample and epoch; static inputs stay as they are.

    Attributes
    ----------
    time_shift
        Largest shift in dates of the calendar, either way; the first or last date fills what is left free.
    band_noise
        Standard deviation of Gaussian noise, in standard deviations of each component at each date.
    date_dropout
        Probability that all components of a date are missing (NaN).
    deviations
        Standard deviation of each series over the learn samples, float32 (dates, components).
    """

    time_shift: int
    band_noise: float
    date_dropout: float
    deviations: Mapping[str, Tensor]

    def apply(self, inputs: Mapping[str, Tensor], random: torch.Generator) -> dict[str, Tensor]:
        """Inputs with changed series.

        Parameters
        ----------
        inputs
            Of each input, float32 (samples, dates, components) or (samples, bands).
        random
            Generator on the inputs' device.
        """
        changed = dict(inputs)
        for name, deviation in self.deviations.items():
            values = changed[name]
            samples, dates, _ = values.shape
            device = values.device
            if self.time_shift:
                first, after = -self.time_shift, self.time_shift + 1
                shifts = torch.randint(first, after, (samples,), generator=random, device=device)
                values = _shifted(values, shifts)
            if self.band_noise:
                noise = torch.randn(values.shape, generator=random, device=device)
                values = values + self.band_noise * deviation * noise
            if self.date_dropout:
                drawn = torch.rand((samples, dates, 1), generator=random, device=device)
                values = values.masked_fill(drawn < self.date_dropout, torch.nan)
            changed[name] = values
        return changed


def make_augmentation(
    settings: Mapping[str, Any] | None,
    inputs: Mapping[str, Mapping[str, Any]],
    statistics: Mapping[str, Any],
    device: torch.device,
) -> Augmentation | None:
    """Make the augmentation that settings ask for.

    Parameters
    ----------
    settings
        `time_shift`, `band_noise`, `date_dropout`, or None for no augmentation.
    inputs
        Description of each input; those of kind `series` are changed.
    statistics
        Of the learn samples, with `var` of each input, flat and date-major; components without any value have
        no noise.
    device
        Where the inputs will be.
    """
    if settings is None:
        return None
    deviations = {}
    for name, spec in inputs.items():
        if spec["kind"] == "series":
            variances = np.array(statistics[name]["var"], dtype=np.float64).reshape(len(spec["dates"]), -1)
            known = np.sqrt(np.nan_to_num(variances)).astype(np.float32)
            deviations[name] = torch.from_numpy(known).to(device)
    return Augmentation(**settings, deviations=deviations)


def _shifted(values: Tensor, shifts: Tensor) -> Tensor:
    """Values moved along their dates, each sample by its own number of dates."""
    _, dates, components = values.shape
    source = (torch.arange(dates, device=values.device) - shifts[:, None]).clamp(0, dates - 1)
    return values.gather(1, source[:, :, None].expand(-1, -1, components))
