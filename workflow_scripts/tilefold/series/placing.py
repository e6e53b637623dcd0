"""Compiled kernel that puts clear observations at their dates and leaves the rest missing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilefold.series.layout import NODATA

Array = NDArray[Any]


@njit(cache=True, nogil=True)
def place_pixels(
    values: Array,
    valid: Array,
    days: Array,
    calendar: Array,
    start: int,
    stop: int,
    series: Array,
    clear: Array,
) -> None:
    """Place pixels start..stop of flat arrays: -32768 on days without an acquisition and where it is not clear."""
    dates, bands, _ = values.shape
    first, last = np.uint64(start), np.uint64(stop)
    clear[first:last] = 0
    for date in range(dates):
        _count(valid, date, first, last, clear)
    date = 0
    for t in range(calendar.size):
        while date < dates and days[date] < calendar[t]:
            date += 1
        seen = date < dates and days[date] == calendar[t]
        for band in range(bands):
            if seen:
                _place(values, valid, date, band, first, last, series, t)
            else:
                series[t, band, first:last] = NODATA


@njit(cache=True, nogil=True)
def _count(valid: Array, date: int, first: Any, last: Any, clear: Array) -> None:
    for p in range(first, last):
        clear[p] += np.uint16(valid[date, p])


@njit(cache=True, nogil=True)
def _place(
    values: Array, valid: Array, date: int, band: int, first: Any, last: Any, series: Array, t: int
) -> None:
    for p in range(first, last):
        value = values[date, band, p]
        series[t, band, p] = value if valid[date, p] else np.int16(NODATA)
