"""Irregular cloudy acquisitions to regular dates, by linear interpolation in time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilefold.series.layout import NODATA

#: Pixels that the kernel works on at a time: its buffers (some 300 kB for 70 acquisitions and 37 dates) stay
#: in the processor's second-level cache.
PIXELS = 256

#: Longest time between two acquisitions, in days, for which rounding is exact; see `_fill_pixels`.
LONGEST_GAP = 2**18


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
    dates, bands, rows, cols = values.shape
    pixels = rows * cols
    series = np.empty((wanted.size, bands, pixels), np.int16)
    clear = np.empty(pixels, np.uint16)
    # First calendar day on or after each observation: the reach of the interval that begins there.
    reach = np.searchsorted(wanted, observed, side="left").astype(np.int64)
    flat_values = np.ascontiguousarray(values).reshape(dates, bands, pixels)
    flat_valid = np.ascontiguousarray(valid).reshape(dates, pixels)

    def fill(start: int, stop: int) -> None:
        _fill_pixels(flat_values, flat_valid, observed, wanted, reach, start, stop, series, clear)

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


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_pixels(  # type: ignore[no-untyped-def]  # noqa: PLR0912
    values, valid, days, calendar, reach, start, stop, series, clear
):
    """Fill pixels start..stop of flat arrays.

    Which two observations a calendar day lies between, and how far, is found once a pixel and shared by its
    bands. Each band's observations of a few pixels are then brought together in one small buffer.

    The value is floor(v + 1/2 + margin) of the real number v computed in double precision. Twice den times
    v + 1/2 is a whole number, so v + 1/2 is either whole or at least 1 / (2 den) below the next one. A margin
    above the rounding error (under 1e-10, numbers being under 2^18) and below 1 / (2 den), den being at most
    2^18, therefore gives the exact floor. Adding 2^16 keeps numbers positive, where a cast is a floor.
    """
    dates, bands, _ = values.shape
    wanted = calendar.size
    shift = 65536.5 + 2.0**-20
    order = np.empty((PIXELS, dates), np.int32)
    before = np.empty((wanted, PIXELS), np.int32)
    after = np.empty((wanted, PIXELS), np.int32)
    weight = np.empty((wanted, PIXELS), np.float64)
    buffer = np.empty(dates * PIXELS, np.int16)
    count = np.empty(PIXELS, np.int64)
    for first in range(start, stop, PIXELS):
        size = min(PIXELS, stop - first)
        count[:] = 0
        for date in range(dates):
            for p in range(size):
                order[p, count[p] if count[p] < dates else 0] = date
                count[p] += valid[date, first + p]
        for p in range(size):
            known = count[p]
            clear[first + p] = known
            if known == 0:
                order[p, 0] = 0
            end = reach[order[p, 0]] if known else wanted
            for t in range(end):
                before[t, p] = order[p, 0] * PIXELS + p
                after[t, p] = order[p, 0] * PIXELS + p
                weight[t, p] = 0.0
            for k in range(known):
                low = order[p, k]
                last = k + 1 == known
                high = low if last else order[p, k + 1]
                end = wanted if last else reach[high]
                step = 0.0 if last else 1.0 / (days[high] - days[low])
                for t in range(reach[low], end):
                    before[t, p] = low * PIXELS + p
                    after[t, p] = high * PIXELS + p
                    weight[t, p] = (calendar[t] - days[low]) * step
        for band in range(bands):
            for date in range(dates):
                for p in range(size):
                    buffer[date * PIXELS + p] = values[date, band, first + p]
            for t in range(wanted):
                for p in range(size):
                    low_value = np.int32(buffer[before[t, p]])
                    rise = np.int32(buffer[after[t, p]]) - low_value
                    gain = np.int32(rise * weight[t, p] + shift) - 65536
                    series[t, band, first + p] = low_value + gain
        for p in range(size):
            if count[p] == 0:
                series[:, :, first + p] = NODATA
