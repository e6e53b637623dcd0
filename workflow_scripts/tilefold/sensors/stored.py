"""From a file's numbers to stored values: int16, -32768 where nothing was measured."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

#: Stored where nothing was measured.
EMPTY = -32768

#: Values that a measurement may have.
LOWEST, HIGHEST = -32767, 32767

#: Stored values of a factor of ten in power: 10 dB in hundredths.
TENFOLD = 1000.0


def store_numbers(values: NDArray[Any], nodata: int, shift: int, out: NDArray[np.int16]) -> None:
    """Store numbers: shifted, rounded half up, clipped to -32767..32767.

    Parameters
    ----------
    values
        Numbers of a file, of any type, (rows, columns). What is no finite number was not measured.
    nodata
        Number where nothing was measured.
    shift
        What is added.
    out
        Result of the same shape; may be `values` itself.
    """
    if values.dtype.kind == "f":
        _store_floats(values, nodata, shift, out)
    elif values.dtype.itemsize <= 2:
        _store_short(values, np.int32(nodata), np.int32(shift), out)
    else:
        _store_long(values, nodata, shift, out)


def store_power(power: NDArray[Any], out: NDArray[np.int16]) -> None:
    """Store linear power in hundredths of a decibel: 1000 log10(power), rounded half up.

    A decibel is then exact to 0.005 dB, and so is the power that it gives back. What is not above 0, or no finite
    number, was not measured.
    """
    _store_decibels(power, out)


@njit(cache=True, nogil=True)
def _store_short(values: Any, nodata: Any, shift: Any, out: Any) -> None:
    for row in range(values.shape[0]):
        for col in range(values.shape[1]):
            number = np.int32(values[row, col])
            clipped = min(max(number + shift, np.int32(LOWEST)), np.int32(HIGHEST))
            out[row, col] = np.int32(EMPTY) if number == nodata else clipped


@njit(cache=True, nogil=True)
def _store_long(values: Any, nodata: int, shift: int, out: Any) -> None:
    for row in range(values.shape[0]):
        for col in range(values.shape[1]):
            number = np.int64(values[row, col])
            # Compared before the shift, which could overflow.
            if number == nodata:
                out[row, col] = EMPTY
            elif number < LOWEST - shift:
                out[row, col] = LOWEST
            elif number > HIGHEST - shift:
                out[row, col] = HIGHEST
            else:
                out[row, col] = number + shift


@njit(cache=True, nogil=True)
def _store_floats(values: Any, nodata: int, shift: int, out: Any) -> None:
    for row in range(values.shape[0]):
        for col in range(values.shape[1]):
            number = np.float64(values[row, col])
            if number == nodata or not math.isfinite(number):
                out[row, col] = EMPTY
            else:
                near = min(max(number + shift, np.float64(LOWEST)), np.float64(HIGHEST))
                out[row, col] = math.floor(near + 0.5)


@njit(cache=True, nogil=True)
def _store_decibels(power: Any, out: Any) -> None:
    for row in range(power.shape[0]):
        for col in range(power.shape[1]):
            value = np.float64(power[row, col])
            if value > 0 and math.isfinite(value):
                near = math.floor(TENFOLD * math.log10(value) + 0.5)
                out[row, col] = min(max(near, LOWEST), HIGHEST)
            else:
                out[row, col] = EMPTY
