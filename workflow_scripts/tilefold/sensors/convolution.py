"""Compiled kernels of the cubic convolution; the rule is in `tilefold.sensors.resampling`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]


@njit(cache=True, nogil=True)
def convolve_lattice(values: Array, rows: Array, cols: Array, nodata: int, out: Array) -> None:
    """Convolve along columns, then along rows: a quarter of the work, and the second half of it vectorises."""
    height, width = out.shape
    across = np.empty((values.shape[0], width), np.float64)
    spoilt_across = np.empty((values.shape[0], width), np.uint8)
    col_start, col_weight = _find_taps(cols)
    for row in range(values.shape[0]):
        _convolve_row(values, row, col_start, col_weight, nodata, across, spoilt_across)
    row_start, row_weight = _find_taps(rows)
    spoilt = np.empty(width, np.uint8)
    for row in range(height):
        start = row_start[row]
        if start < 0 or start + 4 > values.shape[0]:
            spoilt[:] = 1
        else:
            _combine_rows(across, start, row_weight[row], nodata, out, row)
            _combine_flags(spoilt_across, start, spoilt)
        for col in range(width):
            if spoilt[col]:
                out[row, col] = _bilinear(values, rows[row], cols[col], nodata)


@njit(cache=True, nogil=True)
def convolve_anywhere(values: Array, rows: Array, cols: Array, nodata: int, out: Array) -> None:
    """Convolve with a place of its own for each pixel."""
    for row in range(out.shape[0]):
        for col in range(out.shape[1]):
            out[row, col] = _convolve_one(values, rows[row, col], cols[row, col], nodata)


@njit(cache=True, nogil=True)
def _convolve_one(values: Array, row: float, col: float, nodata: int) -> int:
    above, before = math.floor(row - 0.5), math.floor(col - 0.5)
    if above < 1 or before < 1 or above + 3 > values.shape[0] or before + 3 > values.shape[1]:
        return _bilinear(values, row, col, nodata)
    w0, w1, w2, w3 = _weights(col - 0.5 - before)
    down = _weights(row - 0.5 - above)
    # Unsigned: a negative index would count from the end, and asking costs a third of the time.
    top, left = np.uint64(above) - np.uint64(1), np.uint64(before) - np.uint64(1)
    total = 0.0
    spoilt = False
    for i in range(np.uint64(4)):
        a, b = values[top + i, left], values[top + i, left + np.uint64(1)]
        c, d = values[top + i, left + np.uint64(2)], values[top + i, left + np.uint64(3)]
        spoilt |= (a == nodata) | (b == nodata) | (c == nodata) | (d == nodata)
        total += down[i] * (((w0 * a + w1 * b) + w2 * c) + w3 * d)
    return _bilinear(values, row, col, nodata) if spoilt else _stored(total, nodata)


@njit(cache=True, nogil=True)
def _find_taps(places: Array) -> tuple[Array, Array]:
    """Find the first of the four source pixels around each place, and the weights of the four."""
    start = np.empty(places.size, np.int64)
    weight = np.empty((places.size, 4), np.float64)
    for index in range(places.size):
        before = math.floor(places[index] - 0.5)
        start[index] = before - 1
        weight[index, 0], weight[index, 1], weight[index, 2], weight[index, 3] = _weights(
            places[index] - 0.5 - before
        )
    return start, weight


@njit(cache=True, nogil=True)
def _weights(d: float) -> tuple[float, float, float, float]:
    """Keys' kernel with a = -1/2 at the distances 1 + d, d, 1 - d, 2 - d."""
    return (
        ((-0.5 * d + 1.0) * d - 0.5) * d,
        (1.5 * d - 2.5) * d * d + 1.0,
        ((-1.5 * d + 2.0) * d + 0.5) * d,
        (0.5 * d - 0.5) * d * d,
    )


@njit(cache=True, nogil=True)
def _convolve_row(
    values: Array, row: int, start: Array, weight: Array, nodata: int, across: Array, spoilt: Array
) -> None:
    last = values.shape[1] - 4
    for col in range(start.size):
        left = start[col]
        if left < 0 or left > last:
            across[row, col] = 0.0
            spoilt[row, col] = 1
            continue
        a, b = values[row, left], values[row, left + 1]
        c, d = values[row, left + 2], values[row, left + 3]
        across[row, col] = ((weight[col, 0] * a + weight[col, 1] * b) + weight[col, 2] * c) + weight[
            col, 3
        ] * d
        spoilt[row, col] = (a == nodata) | (b == nodata) | (c == nodata) | (d == nodata)


@njit(cache=True, nogil=True)
def _combine_rows(across: Array, start: int, weight: Array, nodata: int, out: Array, row: int) -> None:
    w0, w1, w2, w3 = weight[0], weight[1], weight[2], weight[3]
    for col in range(out.shape[1]):
        total = w0 * across[start, col] + w1 * across[start + 1, col]
        total = total + w2 * across[start + 2, col]
        total = total + w3 * across[start + 3, col]
        out[row, col] = _stored(total, nodata)


@njit(cache=True, nogil=True)
def _combine_flags(flags: Array, start: int, combined: Array) -> None:
    for col in range(combined.size):
        combined[col] = (
            flags[start, col] | flags[start + 1, col] | flags[start + 2, col] | flags[start + 3, col]
        )


@njit(cache=True, nogil=True)
def _bilinear(values: Array, row: float, col: float, nodata: int) -> int:
    """Mean of the nearest 2 x 2 source pixels that hold something, if the nearest does."""
    height, width = values.shape
    nearest_row, nearest_col = math.floor(row), math.floor(col)
    if nearest_row < 0 or nearest_col < 0 or nearest_row >= height or nearest_col >= width:
        return nodata
    if values[nearest_row, nearest_col] == nodata:
        return nodata
    top, left = math.floor(row - 0.5), math.floor(col - 0.5)
    down, right = row - 0.5 - top, col - 0.5 - left
    total = 0.0
    weights = 0.0
    for i in range(2):
        for j in range(2):
            if 0 <= top + i < height and 0 <= left + j < width and values[top + i, left + j] != nodata:
                weight = (down if i else 1.0 - down) * (right if j else 1.0 - right)
                total += weight * values[top + i, left + j]
                weights += weight
    return _stored(total / weights, nodata)


@njit(cache=True, nogil=True)
def _stored(value: float, nodata: int) -> Any:
    """Round half up and clip; keep clear of nodata."""
    # Adding 2^17 keeps the number positive, where a cast is a floor; four taps reach at most 1.6 x 2^15.
    whole = np.int32(value + 131072.5) - np.int32(131072)
    clipped = min(max(whole, np.int32(-32767)), np.int32(32767))
    return clipped + np.int32(1) if clipped == nodata else clipped
