"""Where in time the dates of an input are, as vectors that attention can tell apart."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

#: Longest of the wavelengths is 2 pi times this many days (Garnot and Landrieu 2020).
PERIOD = 1000.0


def sinusoids(days: Sequence[int], width: int, period: float = PERIOD) -> Tensor:
    """Sines and cosines of days at geometrically growing wavelengths (Vaswani et al. 2017, section 3.5).

    Parameters
    ----------
    days
        Day of each date, on any common count: gaps of any length are right.
    width
        Length of a date's vector.
    period
        The wavelengths grow from 2 pi towards 2 pi x period days.

    Returns
    -------
    Tensor
        float32 (dates, width): at an even place 2i, sin(day / period^(2i / width)); after it the cosine.
    """
    place = torch.arange(width)
    frequency = float(period) ** (-(place - place % 2).to(torch.float64) / width)
    angle = torch.tensor(list(days), dtype=torch.float64)[:, None] * frequency
    return torch.where(place % 2 == 0, angle.sin(), angle.cos()).to(torch.float32)
