"""Irregular cloudy acquisitions to the dates of a calendar, by one of the methods of `tilefold.series.methods`.

``linear`` and ``none``: between the nearest clear days before-or-on (d1, v1) and after (d2, v2) a day d, the value is
v1 + (v2 - v1) (d - d1) / (d2 - d1), rounded half up exactly: with num = (v2 - v1) (d - d1) and den = d2 - d1,
v1 + floor((2 num + den) / (2 den)). Before the first and after the last clear day it is that day's value. With
``none`` the calendar is that of the observations.

``gaussian``: the mean of all clear observations, each with the weight exp(-(d - d1)^2 / (2 width^2)), rounded half
up after 2^-20 is added, so that exact halves go up in spite of rounding errors.

``raw``: the observation of that very day, -32768 where there is none or it is not clear.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.series.methods import METHODS

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
    method: str = "linear",
    parameters: Mapping[str, float] | None = None,
) -> tuple[NDArray[np.int16], NDArray[np.uint16]]:
    """Bring clear observations to the days of a calendar, each pixel and band on its own; the formulas are above.

    Parameters
    ----------
    values
        Observations, (days, bands, rows, columns), above -32768 where valid.
    valid
        Clear pixels, (days, rows, columns).
    days
        Day number of each observation, rising (see `merge_same_day`).
    calendar
        Day numbers to fill, rising.
    threads
        Threads to share the pixels among; the result does not depend on it.
    out
        Where to put the series, (calendar days * bands, rows, columns), contiguous. A fresh array of the size
        of a block takes as long to get from the system as a third of the interpolation.
    method
        A name in `tilefold.series.methods.METHODS`.
    parameters
        What the method needs besides: `gaussian_width`, the standard deviation of the weights in days.

    Returns
    -------
    series : array of int16, (calendar days * bands, rows, columns)
        All bands of the first day, then of the next; -32768 throughout where a pixel was never clear.
    clear : array of uint16, (rows, columns)
        Number of clear days.

    Raises
    ------
    ValueError
        If the method or a parameter is unknown, shapes disagree, days do not rise, lie further apart than the
        arithmetic is exact for, or (``none``, ``raw``) are not all in the calendar.
    """
    kernel = _kernel(method, parameters or {})
    observed, wanted = np.asarray(days, np.int64), np.asarray(calendar, np.int64)
    _check(values, valid, observed, wanted)
    _check_calendar(observed, wanted, method)
    # Days from the first observation on, so that -1 can mean none.
    observed, wanted = observed - observed[0], wanted - observed[0]
    dates, bands, rows, cols = values.shape
    out = _room((wanted.size * bands, rows, cols), out)
    clear = np.empty((rows, cols), np.uint16)
    flat = (
        np.ascontiguousarray(values).reshape(dates, bands, -1),
        np.ascontiguousarray(valid).reshape(dates, -1),
    )
    results = out.reshape(wanted.size, bands, -1), clear.ravel()
    _run(kernel, (*flat, observed, wanted), results, threads)
    return out, clear


def _kernel(method: str, parameters: Mapping[str, float]) -> Callable[..., None]:
    """Compiled function of a method, with the method's parameters."""
    if method not in METHODS:
        raise ValueError(f"method: found {method!r}, known are {', '.join(METHODS)}")
    wanted = METHODS[method].parameters
    if set(parameters) != set(wanted):
        raise ValueError(f"method {method} needs the parameters {list(wanted)}, found {sorted(parameters)}")
    module, name = METHODS[method].kernel.rsplit(".", 1)
    compiled: Callable[..., None] = getattr(importlib.import_module(module), name)
    further = [float(parameters[key]) for key in wanted]
    return lambda *arrays: compiled(*arrays, *further)


def _run(
    kernel: Callable[..., None], observations: tuple[Any, ...], results: tuple[Any, ...], threads: int
) -> None:
    """Fill all pixels, shared among threads in equal parts."""
    pixels = results[-1].size
    limits = [pixels * part // threads for part in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        parts = pool.map(
            lambda start, stop: kernel(*observations, start, stop, *results), limits[:-1], limits[1:]
        )
        list(parts)


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


def _check_calendar(days: NDArray[np.int64], calendar: NDArray[np.int64], method: str) -> None:
    """Methods that keep the acquisitions' dates must not lose any."""
    lost = np.setdiff1d(days, calendar)
    if METHODS[method].calendar != "regular" and lost.size:
        raise ValueError(f"days {', '.join(map(str, lost))} are not in the calendar of the method {method}")
