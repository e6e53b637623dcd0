"""Statistics of many samples in one pass."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

#: Quantiles that networks may ask for.
QUANTILES = (0.1, 0.5, 0.95)

#: Most samples that quantiles are computed from: 4 bytes for each and each component are held in memory.
MOST_SAMPLES = 65_536

#: Of the error that is told of a quantile.
CONFIDENCE = 0.95

#: Sets the draw of these samples apart from other draws with the run's seed.
DRAW = (0x5157,)


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


class SampleQuantiles:
    """Quantiles of each column from rows that are all kept, NaN left out.

    Parameters
    ----------
    rows
        Number of rows that will come.
    """

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._filled = 0
        self._values: NDArray[np.float32] | None = None

    def add(self, block: NDArray[np.float32]) -> None:
        """Add rows (samples, columns), NaN where a value is missing."""
        if self._values is None:
            self._values = np.empty((block.shape[1], self._rows), np.float32)
        self._values[:, self._filled : self._filled + len(block)] = block.T
        self._filled += len(block)

    def result(self) -> dict[str, list[float | None]]:
        """Lists `quantile_0.1`, `quantile_0.5`, `quantile_0.95`; None where no value is known.

        Between two values it is linear in the rank (number 7 of Hyndman and Fan 1996).
        """
        values = np.empty((0, 0), np.float32) if self._values is None else self._values[:, : self._filled]
        values.sort(axis=1)  # NaN comes last.
        known = values.shape[1] - np.isnan(values).sum(axis=1)
        return {f"quantile_{share}": _quantile(values, known, share) for share in QUANTILES}


def _quantile(ordered: NDArray[np.float32], known: NDArray[np.int64], share: float) -> list[float | None]:
    found: list[float | None] = [None] * len(ordered)
    for column in np.flatnonzero(known):
        rank = (known[column] - 1) * share
        below, above = ordered[column, math.floor(rank)], ordered[column, math.ceil(rank)]
        found[column] = float(below) + (float(above) - float(below)) * (rank - math.floor(rank))
    return found


def draw_share(available: int, share: float, seed: int) -> NDArray[np.bool_]:
    """Draw the samples that quantiles are computed from.

    Parameters
    ----------
    available
        Number of samples.
    share
        Share of them to take, rounded up; at most `MOST_SAMPLES` are taken.
    seed
        Of the run; the draw depends on nothing else.

    Returns
    -------
    ndarray
        bool (available,): which are taken.
    """
    number = min(math.ceil(available * share), MOST_SAMPLES)
    generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=DRAW))
    taken = np.zeros(available, bool)
    taken[generator.choice(available, number, replace=False)] = True
    return taken


def rank_error(taken: int, available: int) -> float:
    """Largest error in rank, as a share of all samples, of one quantile with a confidence of 95 %.

    The share of all samples that lie below a quantile q of the samples taken is within q - error and q + error:
    Serfling's bound (1974) for draws without replacement.

    Parameters
    ----------
    taken, available
        Numbers of samples, drawn and in all; for a column with missing values, of those with a value.
    """
    left = 1 - (taken - 1) / available
    return math.sqrt(left * math.log(2 / (1 - CONFIDENCE)) / (2 * taken))
