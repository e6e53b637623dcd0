"""Statistics of many samples in one pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class RunningStatistics:
    """Mean, variance, least and greatest value of each column, block by block, NaN left out.

    Moments of blocks are combined by the pairwise rule of Chan, Golub and LeVeque (1983), in double precision.
    """

    def __init__(self) -> None:
        self._count: NDArray[np.float64] | None = None

    def add(self, block: NDArray[np.float32]) -> None:
        """Add rows.

        Parameters
        ----------
        block
            (samples, columns), NaN where a value is missing.
        """
        values = block.astype(np.float64)
        known = ~np.isnan(values)
        count = known.sum(axis=0).astype(np.float64)
        mean = np.divide(
            np.where(known, values, 0).sum(axis=0), count, out=np.zeros_like(count), where=count > 0
        )
        spread = (np.where(known, values - mean, 0) ** 2).sum(axis=0)
        least = np.where(known, values, np.inf).min(axis=0, initial=np.inf)
        greatest = np.where(known, values, -np.inf).max(axis=0, initial=-np.inf)
        if self._count is None:
            self._count, self._mean, self._spread = count, mean, spread
            self._least, self._greatest = least, greatest
            return
        total = self._count + count
        share = np.divide(count, total, out=np.zeros_like(total), where=total > 0)
        difference = mean - self._mean
        self._mean = self._mean + difference * share
        self._spread = self._spread + spread + difference**2 * self._count * share
        self._least = np.minimum(self._least, least)
        self._greatest = np.maximum(self._greatest, greatest)
        self._count = total

    def result(self) -> dict[str, list[float | None]]:
        """Lists `mean`, `var` (of the population), `min`, `max`; None where no value is known."""
        if self._count is None:
            return {"mean": [], "var": [], "min": [], "max": []}
        known = self._count > 0
        variance = np.divide(self._spread, self._count, out=np.zeros_like(self._spread), where=known)
        columns = {"mean": self._mean, "var": variance, "min": self._least, "max": self._greatest}
        return {
            name: [float(value) if is_known else None for value, is_known in zip(column, known, strict=True)]
            for name, column in columns.items()
        }
