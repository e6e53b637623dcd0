"""Irregular cloudy acquisitions to regular dates, by linear interpolation in time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilefold.series.layout import NODATA

#: Pixels that the kernel works on at a time: its buffers (some 800 kB for 70 acquisitions and 37 dates) stay
#: in the processor's second-level cache, and rows of them are long enough to be read at full speed.
PIXELS = 1024

#: Longest time between two acquisitions, in days, for which rounding is exact; see `_interpolate`.
LONGEST_GAP = 2**18

#: One half for rounding, 2^16 to keep numbers positive, and a margin; see `_interpolate`.
SHIFT = 65536.5 + 2.0**-20


def merge_same_day(
    values: NDArray[np.int16], valid: NDArray[np.bool_], days: Sequence[int]
) -> tuple[NDArray[np.int16], NDArray[np.bool_], list[int]]:
    """Merge the acquisitions of each day: a pixel's value is that of the first acquisition that saw it clear.

    Parameters
    ----------
    values
        (acquisitions, bands, rows, columns), sorted by day, then by name of the product. **Overwritten.**
    valid
        Clear pixels, (acquisitions, rows, columns). **Overwritten.**
    days
        Day number of each acquisition, not falling.

    Returns
    -------
    values, valid
        Views of the arguments with one acquisition a day.
    days : list of int
        Rising day numbers.
    """
    merged: list[int] = []
    for index, day in enumerate(days):
        if merged and day < merged[-1]:
            raise ValueError("acquisitions must be sorted by day")
        if not merged or day > merged[-1]:
            merged.append(day)
            slot = len(merged) - 1
            if slot != index:
                values[slot], valid[slot] = values[index], valid[index]
            continue
        slot = len(merged) - 1
        added = valid[index] & ~valid[slot]
        np.copyto(values[slot], values[index], where=added)
        valid[slot] |= added
    return values[: len(merged)], valid[: len(merged)], merged


def fill_gaps(
    values: NDArray[np.int16],
    valid: NDArray[np.bool_],
    days: Sequence[int],
    calendar: Sequence[int],
    threads: int = 1,
) -> tuple[NDArray[np.int16], NDArray[np.uint16]]:
    """Interpolate clear observations to the days of a calendar, each pixel and band on its own.

    Between the nearest clear days before-or-on (d1, v1) and after (d2, v2) a day d, the value is
    v1 + (v2 - v1) (d - d1) / (d2 - d1), rounded half up exactly: with num = (v2 - v1) (d - d1) and
    den = d2 - d1, v1 + floor((2 num + den) / (2 den)). Before the first and after the last clear day it is that
    day's value. A pixel that was never clear is -32768 throughout.

    Parameters
    ----------
    values
        Observations, (days, bands, rows, columns), above -32768 where valid.
    valid
        Clear pixels, (days, rows, columns).
    days
        Day number of each observation, rising (see `merge_same_day`).
    calendar
        Day numbers to interpolate to, rising.
    threads
        Threads to share the pixels among; the result does not depend on it.

    Returns
    -------
    series : array of int16, (calendar days * bands, rows, columns)
        All bands of the first day, then of the next.
    clear : array of uint16, (rows, columns)
        Number of clear days.

    Raises
    ------
    ValueError
        If shapes disagree, days do not rise, or lie further apart than the arithmetic is exact for.
    """
    observed, wanted = np.asarray(days, np.int64), np.asarray(calendar, np.int64)
    _check(values, valid, observed, wanted)
    # Days from the first observation on, so that -1 can mean none.
    observed, wanted = observed - observed[0], wanted - observed[0]
    dates, bands, rows, cols = values.shape
    pixels = rows * cols
    series = np.empty((wanted.size, bands, pixels), np.int16)
    clear = np.empty(pixels, np.uint16)
    flat_values = np.ascontiguousarray(values).reshape(dates, bands, pixels)
    flat_valid = np.ascontiguousarray(valid).reshape(dates, pixels)

    def fill(start: int, stop: int) -> None:
        _fill_pixels(flat_values, flat_valid, observed, wanted, start, stop, series, clear)

    limits = [pixels * part // threads for part in range(threads + 1)]
    if threads == 1:
        fill(0, pixels)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(fill, limits[:-1], limits[1:]))
    return series.reshape(wanted.size * bands, rows, cols), clear.reshape(rows, cols)


def _check(
    values: NDArray[np.int16],
    valid: NDArray[np.bool_],
    days: NDArray[np.int64],
    calendar: NDArray[np.int64],
) -> None:
    dates, _, rows, cols = values.shape
    if dates == 0 or valid.shape != (dates, rows, cols) or days.shape != (dates,):
        raise ValueError(f"found values {values.shape}, valid {valid.shape} and {days.size} days")
    if (np.diff(days) <= 0).any() or (np.diff(calendar) <= 0).any():
        raise ValueError("days and calendar must rise")
    if days[-1] - days[0] > LONGEST_GAP:
        raise ValueError(
            f"acquisitions lie {days[-1] - days[0]} days apart, at most {LONGEST_GAP} are allowed"
        )


# The kernel carries observations along time instead of looking them up: going forward, the latest clear value of
# every pixel is kept in a row of pixels and set down at each calendar day; going backward, the next clear value
# likewise. Each step is one blend of a row, which the compiler turns into vector instructions; a look-up by an
# index that differs from pixel to pixel is five times slower. How far a calendar day lies between its two
# observations is the same for all bands and found once. Indexes into large arrays are unsigned: Python's negative
# indexes would keep the compiler from vectorising.


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_pixels(  # type: ignore[no-untyped-def]  # noqa: ANN001
    values, valid, days, calendar, start, stop, series, clear
):
    """Fill pixels start..stop of flat arrays."""
    dates, bands, _ = values.shape
    observed = np.empty((dates, PIXELS), np.int16)
    usable = np.zeros((dates, PIXELS), np.uint8)
    weight = np.empty((calendar.size, PIXELS), np.float64)
    filled = np.empty((calendar.size, PIXELS), np.int16)
    known = np.empty(PIXELS, np.uint16)
    for first in range(start, stop, PIXELS):
        size = np.uint64(min(PIXELS, stop - first))
        first = np.uint64(first)
        _load_valid(valid, first, size, usable, known)
        _find_weights(usable, days, calendar, weight)
        for band in range(bands):
            _load_band(values, band, first, size, observed)
            _interpolate(observed, usable, known, days, calendar, weight, filled)
            _store_band(filled, series, band, first, size)
        for p in range(size):
            clear[first + p] = known[p]


@njit(cache=True, nogil=True)
def _load_valid(valid, first, size, usable, known):  # type: ignore[no-untyped-def]  # noqa: ANN001
    known[:] = 0
    for date in range(valid.shape[0]):
        for p in range(size):
            usable[date, p] = valid[date, first + p]
        for p in range(known.size):
            known[p] += np.uint16(usable[date, p])


@njit(cache=True, nogil=True)
def _load_band(values, band, first, size, observed):  # type: ignore[no-untyped-def]  # noqa: ANN001
    for date in range(values.shape[0]):
        for p in range(size):
            observed[date, p] = values[date, band, first + p]


@njit(cache=True, nogil=True)
def _store_band(filled, series, band, first, size):  # type: ignore[no-untyped-def]  # noqa: ANN001
    for t in range(filled.shape[0]):
        for p in range(size):
            series[t, band, first + p] = filled[t, p]


@njit(cache=True, nogil=True, error_model="numpy")
def _find_weights(usable, days, calendar, weight):  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Weight of the later of the two observations around each calendar day: 1 without an earlier one."""
    dates, pixels = usable.shape
    before = np.empty((calendar.size, pixels), np.int32)
    day = np.full(pixels, -1, np.int32)
    date = 0
    for t in range(calendar.size):
        while date < dates and days[date] <= calendar[t]:
            for p in range(pixels):
                kept = day[p]
                day[p] = days[date] if usable[date, p] else kept
            date += 1
        for p in range(pixels):
            before[t, p] = day[p]
    day[:] = -1
    date = dates - 1
    for t in range(calendar.size - 1, -1, -1):
        while date >= 0 and days[date] > calendar[t]:
            for p in range(pixels):
                kept = day[p]
                day[p] = days[date] if usable[date, p] else kept
            date -= 1
        for p in range(pixels):
            low, high = before[t, p], day[p]
            share = np.float64(calendar[t] - low) / np.float64(high - low)
            share = 1.0 if low < 0 else share
            weight[t, p] = 0.0 if high < 0 else share


@njit(cache=True, nogil=True)
def _interpolate(observed, usable, known, days, calendar, weight, filled):  # type: ignore[no-untyped-def]  # noqa: ANN001
    """One band of a row of pixels on all calendar days.

    The value is floor(v + 1/2 + margin) of the real number v computed in double precision. Two den times v + 1/2
    is a whole number, so v + 1/2 is either whole or at least 1 / (2 den) below the next one. A margin above the
    rounding error (under 1e-10, numbers being under 2^18) and below 1 / (2 den), den being at most 2^18, gives
    the exact floor. Adding 2^16 keeps numbers positive, where a cast is a floor.
    """
    dates, pixels = usable.shape
    value = np.zeros(pixels, np.int16)
    date = 0
    for t in range(calendar.size):
        while date < dates and days[date] <= calendar[t]:
            _carry(observed, usable, date, value)
            date += 1
        for p in range(pixels):
            filled[t, p] = value[p]
    value[:] = 0
    date = dates - 1
    for t in range(calendar.size - 1, -1, -1):
        while date >= 0 and days[date] > calendar[t]:
            _carry(observed, usable, date, value)
            date -= 1
        for p in range(pixels):
            low = np.int32(filled[t, p])
            rise = np.int32(value[p]) - low
            gain = np.int32(rise * weight[t, p] + SHIFT) - np.int32(65536)
            result = np.int16(low + gain)
            filled[t, p] = result if known[p] else np.int16(NODATA)


@njit(cache=True, nogil=True)
def _carry(observed, usable, date, value):  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Replace the carried values by those of a date where it is clear."""
    for p in range(value.size):
        new, kept = observed[date, p], value[p]
        value[p] = new if usable[date, p] else kept
