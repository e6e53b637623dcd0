"""Irregular cloudy acquisitions to regular dates, by linear interpolation in time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from tilefold.series.interpolation import fill_pixels

#: Longest time between two acquisitions, in days, for which rounding is exact; see `tilefold.series.interpolation`.
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
    out: NDArray[np.int16] | None = None,
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
    out
        Where to put the series, (calendar days * bands, rows, columns), contiguous. A fresh array of the size
        of a block takes as long to get from the system as a third of the interpolation.

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
    out = _room((wanted.size * bands, rows, cols), out)
    clear = np.empty((rows, cols), np.uint16)
    flat_values = np.ascontiguousarray(values).reshape(dates, bands, -1)
    flat_valid = np.ascontiguousarray(valid).reshape(dates, -1)
    results = out.reshape(wanted.size, bands, -1), clear.ravel()

    def fill(start: int, stop: int) -> None:
        fill_pixels(flat_values, flat_valid, observed, wanted, start, stop, *results)

    limits = [rows * cols * part // threads for part in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, limits[:-1], limits[1:]))
    return out, clear


def _room(shape: tuple[int, int, int], given: NDArray[np.int16] | None) -> NDArray[np.int16]:
    if given is None:
        return np.empty(shape, np.int16)
    if given.shape != shape or not given.flags.c_contiguous:
        raise ValueError(f"out: found {given.shape}, expected contiguous {shape}")
    return given


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
