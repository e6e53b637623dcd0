"""Accuracies and areas from a stratified random sample, with design-based standard errors.

The estimators are those of Stehman 2014 (International Journal of Remote Sensing 35), which hold whether strata are
map classes or not: means of indicators, and ratios of two of them. Where strata are the map's classes they equal
those of Olofsson et al. 2014 (Remote Sensing of Environment 148), which leave out the finite population correction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.validation.intervals import FEW_POLYGONS, MINIMUM_POLYGONS, NO_INTERVAL, OPTIMISTIC

Floats = NDArray[np.float64]
#: Quantile of the normal distribution for a two-sided 95 % interval, as the papers round it.
NORMAL = 1.96
ESTIMATE_COLUMNS = ["metric", "class", "value", "se", "low", "high", "n_points", "note"]


class SampleError(ValueError):
    """A sample that no estimate can be made from."""


@dataclass(frozen=True)
class Stratified:
    """A stratified random sample of points.

    Attributes
    ----------
    stratum
        Place of each point's stratum, int64 (points,).
    mapped, reference
        Class in the map and by interpretation, int64 (points,); the map's may be a value that is no class.
    weights
        Share of each stratum in the whole area, (strata,); their sum is 1.
    pixels
        Pixels of each stratum for the finite population correction, (strata,); infinite leaves it out.
    """

    stratum: NDArray[np.int64]
    mapped: NDArray[np.int64]
    reference: NDArray[np.int64]
    weights: Floats
    pixels: Floats

    @property
    def points(self) -> NDArray[np.int64]:
        """Points of each stratum, (strata,)."""
        return np.bincount(self.stratum, minlength=len(self.weights))

    def total(self, indicator: NDArray[np.bool_]) -> tuple[float, float]:
        """Share of the area with a property, and its standard error (equations 3 and 25 of Stehman 2014)."""
        values = indicator.astype(np.float64)
        return float(self.weights @ self._means(values)), float(np.sqrt(self._variance(values)))

    def ratio(self, part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> tuple[float, float]:
        """Share of one property in another, and its standard error (equations 27 and 28); NaN without any."""
        share, _ = self.total(whole)
        if share == 0:
            return np.nan, np.nan
        value = self.total(part)[0] / share
        # The variance of part - value * whole holds both variances and the covariance of the equation.
        rest = part.astype(np.float64) - value * whole
        return value, float(np.sqrt(self._variance(rest))) / share

    def _means(self, values: Floats) -> Floats:
        return np.bincount(self.stratum, values, minlength=len(self.weights)) / self.points

    def _variance(self, values: Floats) -> float:
        points = self.points
        centred = values - self._means(values)[self.stratum]
        squares = np.bincount(self.stratum, centred**2, minlength=len(points))
        deviation = np.divide(squares, points - 1, out=np.zeros(len(points)), where=points > 1)
        return float(np.sum(self.weights**2 * (1 - points / self.pixels) * deviation / points))


def check_sample(sample: Stratified, names: list[Any]) -> None:
    """Refuse a sample without two points in each stratum (one is enough if it is the whole stratum)."""
    for name, points, pixels in zip(names, sample.points, sample.pixels, strict=True):
        if points < 2 and points < pixels:
            raise SampleError(
                f"stratum {name} has {points} interpreted point(s); at least 2 are needed for a standard error. "
                "Interpret more points, or join it with another stratum"
            )


def design_estimates(sample: Stratified, codes: list[int], hectares: float) -> pd.DataFrame:
    """Overall accuracy; user's and producer's accuracy and area of each class.

    Parameters
    ----------
    sample
        The interpreted points.
    codes
        Class codes, ascending.
    hectares
        Area of all strata together.

    Returns
    -------
    DataFrame
        `ESTIMATE_COLUMNS`. Metrics: `oa`, `users_accuracy`, `producers_accuracy`, `area_share`, `area_ha`.
        `n_points` are those that the estimate rests on: of `users_accuracy` the points mapped as the class, of the
        others those interpreted as it.
    """
    right = sample.mapped == sample.reference
    rows = [_row("oa", None, *sample.total(right), len(right))]
    for code in codes:
        mapped, true = sample.mapped == code, sample.reference == code
        share = sample.total(true)
        numbers = int(mapped.sum()), int(true.sum())
        rows += [
            _row("users_accuracy", code, *sample.ratio(mapped & true, mapped), numbers[0]),
            _row("producers_accuracy", code, *sample.ratio(mapped & true, true), numbers[1]),
            _row("area_share", code, *share, numbers[1]),
            _row("area_ha", code, share[0] * hectares, share[1] * hectares, numbers[1]),
        ]
    return pd.DataFrame(rows, columns=ESTIMATE_COLUMNS).astype({"class": "Int64"})


def _row(metric: str, code: int | None, value: float, error: float, points: int) -> dict[str, Any]:
    low, high, note = np.nan, np.nan, ""
    if np.isnan(value) or points < MINIMUM_POLYGONS:
        note = f"{NO_INTERVAL}: {points} point(s), at least {MINIMUM_POLYGONS} are needed"
    elif error == 0:
        note = f"{NO_INTERVAL}: the points of each stratum agree"
    else:
        low, high = value - NORMAL * error, value + NORMAL * error
        note = f"{OPTIMISTIC}: {points} points" if points <= FEW_POLYGONS else ""
    columns = (metric, code, value, error, low, high, points, note)
    return dict(zip(ESTIMATE_COLUMNS, columns, strict=True))
