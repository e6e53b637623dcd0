"""Compiled kernel of the weighted means in time.

An observation at day d weighs exp(-(t - d)^2 / (2 width^2)) on calendar day t. A common factor changes no mean, so
the smallest squared distance can be subtracted before the exponential: then the nearest observation weighs 1, and
however far away it is, something is left to divide by.

That smallest distance is first taken over all acquisitions, clear or not: weights are then the same for all pixels
and sums of products run along rows of pixels. Where all that is clear is so far away that little is left
(`LITTLE`), the pixel's own clear acquisitions decide. Which of the two it is depends on the pixel and the
acquisitions alone, and each pixel's terms are added in the order of dates: blocks and threads change nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilefold.series.layout import NODATA

Array = NDArray[Any]

#: Pixels that the kernel works on at a time: two times 70 rows of them stay in the second-level cache.
PIXELS = 256

#: A sum of weights below this is made again from the pixel's nearest clear observation on. Weights that matter
#: beside one of 1e-100 are far above the smallest double.
LITTLE = 1e-100

#: One half for rounding, 2^16 to keep numbers positive, where a cast is a floor, and a margin that lets exact
#: halves, which symmetric observations give, go up in spite of rounding errors (under 1e-9).
SHIFT = 65536.5 + 2.0**-20


@njit(cache=True, nogil=True)
def smooth_pixels(
    values: Array,
    valid: Array,
    days: Array,
    calendar: Array,
    start: int,
    stop: int,
    series: Array,
    clear: Array,
    width: float,
) -> None:
    """Smooth pixels start..stop of flat arrays with weights of a standard deviation of `width` days."""
    dates, bands, _ = values.shape
    weights = _shared_weights(days, calendar, width)
    usable = np.zeros((dates, PIXELS), np.float64)
    observed = np.zeros((dates, PIXELS), np.float64)
    weight = np.empty((calendar.size, PIXELS), np.float64)
    total = np.empty((calendar.size, PIXELS), np.float64)
    known = np.empty(PIXELS, np.float64)
    for begin in range(start, stop, PIXELS):
        first, size = np.uint64(begin), np.uint64(min(PIXELS, stop - begin))
        known[:] = 0
        for date in range(dates):
            _load_valid(valid, date, first, size, usable, known)
        for t in range(calendar.size):
            _add_up(weights, t, usable, weight)
        for band in range(bands):
            for date in range(dates):
                _load_band(values, date, band, first, size, usable, observed)
            for t in range(calendar.size):
                _add_up(weights, t, observed, total)
                _write_mean(total, weight, t, band, first, size, series)
        for p in range(size):
            clear[first + p] = np.uint16(known[p])
            if known[p] == 0:
                series[:, :, first + p] = NODATA
                continue
            for t in range(calendar.size):
                if weight[t, p] < LITTLE:
                    _smooth_far(values, valid, days, calendar[t], t, first + p, series, width)


@njit(cache=True, nogil=True)
def _shared_weights(days: Array, calendar: Array, width: float) -> Array:
    """Weights (calendar days, acquisitions); the nearest acquisition of each day weighs 1."""
    weights = np.empty((calendar.size, days.size), np.float64)
    for t in range(calendar.size):
        squared = (days - calendar[t]).astype(np.float64) ** 2
        weights[t] = np.exp((squared.min() - squared) / (2.0 * width * width))
    return weights


@njit(cache=True, nogil=True)
def _load_valid(valid: Array, date: int, first: Any, size: Any, usable: Array, known: Array) -> None:
    for p in range(size):
        usable[date, p] = np.float64(valid[date, first + p])
    for p in range(size):
        known[p] += usable[date, p]


@njit(cache=True, nogil=True)
def _load_band(
    values: Array, date: int, band: int, first: Any, size: Any, usable: Array, observed: Array
) -> None:
    """Values of a date and band, 0 where they are not clear."""
    for p in range(size):
        observed[date, p] = np.float64(values[date, band, first + p]) * usable[date, p]


# Contraction lets the compiler multiply and add at once where the processor can, for all pixels of the rows alike.
@njit(cache=True, nogil=True, fastmath={"contract"})
def _add_up(weights: Array, t: int, rows: Array, total: Array) -> None:
    """Sum of weighted rows, four at a time, in the order of dates."""
    dates, pixels = rows.shape
    whole = dates // 4 * 4
    for p in range(pixels):
        total[t, p] = 0.0
    for date in range(0, whole, 4):
        a, b, c, d = weights[t, date], weights[t, date + 1], weights[t, date + 2], weights[t, date + 3]
        for p in range(pixels):
            sum_ = total[t, p] + a * rows[date, p]
            sum_ = sum_ + b * rows[date + 1, p]
            sum_ = sum_ + c * rows[date + 2, p]
            total[t, p] = sum_ + d * rows[date + 3, p]
    for date in range(whole, dates):
        a = weights[t, date]
        for p in range(pixels):
            total[t, p] += a * rows[date, p]


@njit(cache=True, nogil=True, error_model="numpy")
def _write_mean(total: Array, weight: Array, t: int, band: int, first: Any, size: Any, series: Array) -> None:
    for p in range(size):
        enough = weight[t, p] >= LITTLE
        mean = total[t, p] / weight[t, p] if enough else 0.0
        series[t, band, first + p] = np.int16(np.int32(mean + SHIFT) - np.int32(65536))


@njit(cache=True, nogil=True)
def _smooth_far(
    values: Array, valid: Array, days: Array, now: int, t: int, pixel: Any, series: Array, width: float
) -> None:
    """Smooth one pixel on a day, with the smallest squared distance taken over its own clear observations."""
    dates, bands, _ = values.shape
    weights = np.zeros(dates, np.float64)
    nearest = np.inf
    for date in range(dates):
        if valid[date, pixel]:
            nearest = min(nearest, np.float64(days[date] - now) ** 2)
    for date in range(dates):
        if valid[date, pixel]:
            weights[date] = np.exp((nearest - np.float64(days[date] - now) ** 2) / (2.0 * width * width))
    whole = weights.sum()
    for band in range(bands):
        total = 0.0
        for date in range(dates):
            total += weights[date] * values[date, band, pixel]
        series[t, band, pixel] = np.int16(np.int32(total / whole + SHIFT) - np.int32(65536))
