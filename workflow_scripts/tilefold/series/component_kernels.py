"""Compiled kernels that compute bands in physical units and features of them, in one pass over memory.

Each operation is rounded to single precision by itself, as numpy does it: no two are fused to one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from tilefold.series.expressions import SMALL
from tilefold.series.layout import NODATA

Array = NDArray[Any]

#: What a feature is computed by: (first - second) / (first + second), or the root of the sum of all bands' squares.
NORMALISED_DIFFERENCE, BRIGHTNESS = 0, 1
#: Pixels whose components of a date stay in the processor's nearest cache.
PART = np.uint64(512)
NOTHING, ZERO = np.int16(NODATA), np.float32(0)


class Recipe(NamedTuple):
    """How a feature is computed: its place among the components, its formula, and the places of two bands."""

    place: int
    formula: int
    first: int = 0
    second: int = 0


def fill_components(
    values: Array, out: Array, recipes: Sequence[Recipe], scale: float, offset: float
) -> None:
    """Write bands and features of each date; NaN in all components where any band is -32768.

    Parameters
    ----------
    values
        Stored values, int16 (pixels, dates, bands).
    out
        float32 (pixels, dates, components), the bands first. Fastest where both lie alike in memory: pixels side by
        side, or the bands and the components of a date.
    recipes
        Of the features; other components than bands and these stay as they are.
    scale, offset
        A band in physical units is value * scale + offset.
    """
    if not values.size:
        return
    table = np.array(recipes, np.uint64).reshape(-1, len(Recipe._fields))
    numbers = np.float32(scale), np.float32(offset)
    if _steps(values)[0] == 1 == _steps(out)[0]:
        _fill_planes(
            _flat(values),
            _steps(values),
            _flat(out),
            _steps(out),
            (*values.shape, out.shape[2]),
            table,
            *numbers,
        )
        return
    rows = np.ascontiguousarray(values)
    target = out if _steps(out)[2] == 1 else np.empty(out.shape, np.float32)
    _fill_rows(
        _flat(rows),
        _steps(rows),
        _flat(target),
        _steps(target),
        (*values.shape, out.shape[2]),
        table,
        *numbers,
    )
    if target is not out:
        out[...] = target


def _steps(array: Array) -> tuple[int, int, int]:
    """Elements from one to the next in each direction."""
    pixel, date, band = (step // array.itemsize for step in array.strides)
    return pixel, date, band


def _flat(array: Array) -> Array:
    """The memory from the first element to the last, as one piece, whatever the layout."""
    last = sum((length - 1) * step for length, step in zip(array.shape, _steps(array), strict=True))
    return as_strided(array, (last + 1,), (array.itemsize,))


# Unsigned places, here and below: with signed ones each is tested for being negative, and loops are not vectorised.
@njit(cache=True, nogil=True, error_model="numpy")
def _fill_planes(
    values: Array,
    steps: tuple[int, int, int],
    out: Array,
    out_steps: tuple[int, int, int],
    shape: tuple[int, int, int, int],
    recipes: Array,
    scale: np.float32,
    offset: np.float32,
) -> None:
    """Pixels lie side by side, in both arrays."""
    pixels, dates, bands = np.uint64(shape[0]), np.uint64(shape[1]), np.uint64(shape[2])
    date_step, band_step = np.uint64(steps[1]), np.uint64(steps[2])
    out_date_step, step = np.uint64(out_steps[1]), np.uint64(out_steps[2])
    for date in range(dates):
        for start in range(np.uint64(0), pixels, PART):
            part = min(PART, pixels - start)
            stored, first = date * date_step + start, date * out_date_step + start
            for band in range(bands):
                _scale_plane(values, stored + band * band_step, out, first + band * step, part, scale, offset)
            for recipe in recipes:
                target = first + recipe[0] * step
                if recipe[1] == NORMALISED_DIFFERENCE:
                    one, other = first + recipe[2] * step, first + recipe[3] * step
                    _difference_plane(out, one, other, target, part)
                else:
                    _brightness_plane(out, first, step, bands, target, part)
            if _lacks(values, stored, band_step, bands, part):
                _hide(values, stored, band_step, bands, out, first, step, np.uint64(shape[3]), part)


@njit(cache=True, nogil=True, error_model="numpy")
def _scale_plane(
    values: Array, source: Any, out: Array, target: Any, pixels: Any, scale: np.float32, offset: np.float32
) -> None:
    for p in range(pixels):
        out[target + p] = np.float32(values[source + p]) * scale + offset


@njit(cache=True, nogil=True, error_model="numpy")
def _difference_plane(out: Array, one: Any, other: Any, target: Any, pixels: Any) -> None:
    for p in range(pixels):
        total = out[one + p] + out[other + p]
        difference = out[one + p] - out[other + p]
        out[target + p] = ZERO if abs(total) < SMALL else difference / total


@njit(cache=True, nogil=True, error_model="numpy")
def _brightness_plane(out: Array, first: Any, step: Any, bands: Any, target: Any, pixels: Any) -> None:
    """Band by band in the outer loop, so that the inner one runs along memory."""
    for p in range(pixels):
        out[target + p] = out[first + p] * out[first + p]
    for band in range(np.uint64(1), bands):
        source = first + band * step
        for p in range(pixels):
            out[target + p] += out[source + p] * out[source + p]
    for p in range(pixels):
        out[target + p] = np.sqrt(out[target + p])


@njit(cache=True, nogil=True, error_model="numpy")
def _lacks(values: Array, stored: Any, band_step: Any, bands: Any, pixels: Any) -> bool:
    """Whether a value of a date is missing; a minimum is found faster than the first of something."""
    least = np.int16(0)
    for band in range(bands):
        source = stored + band * band_step
        for p in range(pixels):
            least = min(least, values[source + p])
    return least == NOTHING


@njit(cache=True, nogil=True, error_model="numpy")
def _hide(
    values: Array,
    stored: Any,
    band_step: Any,
    bands: Any,
    out: Array,
    first: Any,
    step: Any,
    components: Any,
    pixels: Any,
) -> None:
    for p in range(pixels):
        missing = False
        for band in range(bands):
            missing |= values[stored + band * band_step + p] == NOTHING
        if missing:
            for component in range(components):
                out[first + component * step + p] = np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_rows(
    values: Array,
    steps: tuple[int, int, int],
    out: Array,
    out_steps: tuple[int, int, int],
    shape: tuple[int, int, int, int],
    recipes: Array,
    scale: np.float32,
    offset: np.float32,
) -> None:
    """Bands and components of a date lie side by side."""
    pixels, dates, bands = np.uint64(shape[0]), np.uint64(shape[1]), np.uint64(shape[2])
    pixel_step, date_step = np.uint64(steps[0]), np.uint64(steps[1])
    out_pixel_step, out_date_step = np.uint64(out_steps[0]), np.uint64(out_steps[1])
    components = np.uint64(shape[3])
    for pixel in range(pixels):
        for date in range(dates):
            stored = pixel * pixel_step + date * date_step
            first = pixel * out_pixel_step + date * out_date_step
            missing = False
            for band in range(bands):
                value = values[stored + band]
                missing |= value == NOTHING
                out[first + band] = np.float32(value) * scale + offset
            _features_of_date(out, first, bands, recipes)
            if missing:
                out[first : first + components] = np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _features_of_date(out: Array, first: Any, bands: Any, recipes: Array) -> None:
    for recipe in recipes:
        if recipe[1] == NORMALISED_DIFFERENCE:
            one, other = out[first + recipe[2]], out[first + recipe[3]]
            total, difference = one + other, one - other
            result = ZERO if abs(total) < SMALL else difference / total
        else:
            squares = out[first] * out[first]
            for band in range(np.uint64(1), bands):
                squares += out[first + band] * out[first + band]
            result = np.sqrt(squares)
        out[first + recipe[0]] = result
