"""Position encoding by days of the year."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def position_table(days: Sequence[int], width: int, period: float = 1000.0) -> Tensor:
    """Sines and cosines of days, float32 (dates, width).

    Column 2i holds sin(day / period^(2i / width)), column 2i + 1 the cosine (Vaswani et al. 2017, with 10000 for
    the period; 1000 as in Sainte Fare Garnot and Landrieu 2020).

    Parameters
    ----------
    days
        Day of the year of each date.
    width
        Columns, even.
    period
        Base of the wave lengths.
    """
    rate = period ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angle = torch.tensor(days, dtype=torch.float64)[:, None] * rate
    return torch.stack((torch.sin(angle), torch.cos(angle)), dim=2).flatten(1).to(torch.float32)
