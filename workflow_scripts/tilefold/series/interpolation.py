"""Compiled kernel of the gap-filling.

The kernel carries observations along time instead of looking them up: going forward, the latest clear value of
every pixel is kept in a row of pixels and set down at each calendar day; going backward, the next clear value
likewise. Each step is one blend of a row, which the compiler turns into vector instructions; a look-up by an
index that differs from pixel to pixel is five times slower. How far a calendar day lies between its two
observations is the same for all bands and found once.

Two things keep the compiler from vectorising, at a factor of two or more: signed indexes into the large arrays
(a negative index counts from the end) and several of these loops in one function.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilefold.series.layout import NODATA

Array = NDArray[Any]

#: Pixels that the kernel works on at a time: its buffers (some 800 kB for 70 acquisitions and 37 dates) stay
#: in the processor's second-level cache, and rows of them are long enough to be read at full speed.
PIXELS = 1024

#: One half for rounding, 2^16 to keep numbers positive, and a margin; see `_blend`.
SHIFT = 65536.5 + 2.0**-20


@njit(cache=True, nogil=True)
def fill_pixels(
    values: Array,
    valid: Array,
    days: Array,
    calendar: Array,
    start: int,
    stop: int,
    series: Array,
    clear: Array,
) -> None:
    """Fill pixels start..stop of flat arrays."""
    dates, bands, _ = values.shape
    observed = np.zeros((dates, PIXELS), np.int16)
    usable = np.zeros((dates, PIXELS), np.uint8)
    weight = np.empty((calendar.size, PIXELS), np.float64)
    before = np.empty((calendar.size, PIXELS), np.int16)
    known = np.empty(PIXELS, np.uint16)
    for begin in range(start, stop, PIXELS):
        first, size = np.uint64(begin), np.uint64(min(PIXELS, stop - begin))
        _load_valid(valid, first, size, usable, known)
        _find_weights(usable, days, calendar, weight)
        for band in range(bands):
            _load_band(values, band, first, size, observed)
            _interpolate(observed, usable, days, calendar, weight, before, series, band, first, size)
        for p in range(size):
            clear[first + p] = known[p]
            if known[p] == 0:
                series[:, :, first + p] = NODATA


@njit(cache=True, nogil=True)
def _load_valid(valid: Array, first: Any, size: Any, usable: Array, known: Array) -> None:
    known[:] = 0
    for date in range(valid.shape[0]):
        for p in range(size):
            usable[date, p] = valid[date, first + p]
        for p in range(size):
            known[p] += np.uint16(usable[date, p])


@njit(cache=True, nogil=True)
def _load_band(values: Array, band: int, first: Any, size: Any, observed: Array) -> None:
    for date in range(values.shape[0]):
        for p in range(size):
            observed[date, p] = values[date, band, first + p]


@njit(cache=True, nogil=True)
def _find_weights(usable: Array, days: Array, calendar: Array, weight: Array) -> None:
    """Find the weight of the later of the two observations around each calendar day."""
    dates, pixels = usable.shape
    before = np.empty((calendar.size, pixels), np.int32)
    day = np.full(pixels, -1, np.int32)
    date = 0
    for t in range(calendar.size):
        while date < dates and days[date] <= calendar[t]:
            _carry_day(days[date], usable, date, day)
            date += 1
        _set_down(day, t, before)
    day[:] = -1
    date = dates - 1
    for t in range(calendar.size - 1, -1, -1):
        while date >= 0 and days[date] > calendar[t]:
            _carry_day(days[date], usable, date, day)
            date -= 1
        _weigh(before, day, calendar[t], t, weight)


@njit(cache=True, nogil=True)
def _interpolate(
    observed: Array,
    usable: Array,
    days: Array,
    calendar: Array,
    weight: Array,
    before: Array,
    series: Array,
    band: int,
    first: Any,
    size: Any,
) -> None:
    """Interpolate one band of a row of pixels to all calendar days; `before` is room to work in."""
    dates, pixels = usable.shape
    value = np.zeros(pixels, np.int16)
    date = 0
    for t in range(calendar.size):
        while date < dates and days[date] <= calendar[t]:
            _carry(observed, usable, date, value)
            date += 1
        _set_down(value, t, before)
    value[:] = 0
    date = dates - 1
    for t in range(calendar.size - 1, -1, -1):
        while date >= 0 and days[date] > calendar[t]:
            _carry(observed, usable, date, value)
            date -= 1
        _blend(before, value, weight, t, series, band, first, size)


@njit(cache=True, nogil=True)
def _carry(observed: Array, usable: Array, date: int, value: Array) -> None:
    """Replace the carried values by those of a date where it is clear."""
    for p in range(value.size):
        new, kept = observed[date, p], value[p]
        value[p] = new if usable[date, p] else kept


@njit(cache=True, nogil=True)
def _carry_day(new: int, usable: Array, date: int, day: Array) -> None:
    """Replace the carried day numbers by that of a date where it is clear."""
    for p in range(day.size):
        kept = day[p]
        day[p] = new if usable[date, p] else kept


@njit(cache=True, nogil=True)
def _set_down(carried: Array, t: int, rows: Array) -> None:
    for p in range(carried.size):
        rows[t, p] = carried[p]


@njit(cache=True, nogil=True, error_model="numpy")
def _weigh(before: Array, after: Array, now: int, t: int, weight: Array) -> None:
    """Weight of the later observation: 1 without an earlier one, 0 without a later one (day -1)."""
    for p in range(after.size):
        low, high = before[t, p], after[p]
        share = np.float64(now - low) / np.float64(high - low)
        known = np.float64(1.0) if low < 0 else share
        weight[t, p] = 0.0 if high < 0 else known


# Contraction lets the compiler multiply and add at once where the processor can: the result is the same, see below.
@njit(cache=True, nogil=True, fastmath={"contract"})
def _blend(
    before: Array, after: Array, weight: Array, t: int, series: Array, band: int, first: Any, size: Any
) -> None:
    """Write the values between the earlier and the later observations, rounded half up.

    The value is floor(v + 1/2 + margin) of the real number v computed in double precision. Two den times v + 1/2
    is a whole number, so v + 1/2 is either whole or at least 1 / (2 den) below the next one. A margin above the
    rounding error (under 1e-10, numbers being under 2^18) and below 1 / (2 den), den being at most 2^18, gives
    the exact floor. Adding 2^16 keeps numbers positive, where a cast is a floor.
    """
    for p in range(size):
        low = np.int32(before[t, p])
        rise = np.int32(after[p]) - low
        gain = np.int32(rise * weight[t, p] + SHIFT) - np.int32(65536)
        series[t, band, first + p] = np.int16(low + gain)
