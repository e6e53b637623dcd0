"""Multi-temporal speckle filter of Quegan & Yu (2001, doi 10.1109/36.964973), for uncorrelated images.

For image k of N, J_k = M_k / N * sum_i I_i / M_i, where I is linear power and M its mean in a window around the
pixel: the mean stays that of the image, and speckle is averaged over the dates. Pixels that are not clear have no
part: N counts the clear images of the pixel, M_i the clear pixels of image i in the window.

Sums are taken pixel by pixel and in a fixed order, never as running sums, so that a pixel's value does not depend
on the block it is read in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilefold.grids import windows
from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.sensors.stored import store_power


def widened(window: Window, size: int, grid: Grid) -> Window:
    """Window with the margin that means of `size` pixels need, as far as the grid reaches."""
    return windows.widened(window, size // 2, grid.shape)


def local_means(
    power: NDArray[np.float32], clear: NDArray[np.bool_], size: int, inner: tuple[slice, slice]
) -> NDArray[np.float32]:
    """Mean of the clear pixels around each pixel.

    Parameters
    ----------
    power
        Linear power of one image, (rows, columns), with a margin where the grid has one.
    clear
        Pixels that have a part in means.
    size
        Rows and columns of the window, odd.
    inner
        Rows and columns of the part whose means are wanted.

    Returns
    -------
    array of float32, (rows, columns) of the inner part
        NaN where no pixel around is clear.
    """
    rows, cols = inner
    out = np.empty((rows.stop - rows.start, cols.stop - cols.start), np.float32)
    _mean(power, clear, size // 2, rows.start, cols.start, out)
    return out


def combine(
    power: NDArray[np.float32],
    means: NDArray[np.float32],
    clear: NDArray[np.bool_],
    stored: NDArray[np.int16],
) -> None:
    """Filter all images of one band and store them in hundredths of a decibel.

    Parameters
    ----------
    power, means, clear
        Linear power, its local means and clear pixels, (images, rows, columns). `power` is **overwritten**.
    stored
        Result; pixels that are not clear mean nothing.
    """
    _filter(power, means, clear)
    for image, out in zip(power, stored, strict=True):
        store_power(image, out)


@njit(cache=True, nogil=True)
def _mean(power: Any, clear: Any, margin: int, top: int, left: int, out: Any) -> None:
    height, width = power.shape
    sums = np.empty(width, np.float64)
    counts = np.empty(width, np.int64)
    for row in range(out.shape[0]):
        sums[:] = 0.0
        counts[:] = 0
        for around in range(max(top + row - margin, 0), min(top + row + margin + 1, height)):
            for col in range(width):
                if clear[around, col]:
                    sums[col] += power[around, col]
                    counts[col] += 1
        for col in range(out.shape[1]):
            total, count = 0.0, 0
            for around in range(max(left + col - margin, 0), min(left + col + margin + 1, width)):
                total += sums[around]
                count += counts[around]
            out[row, col] = total / count if count else np.nan


@njit(cache=True, nogil=True)
def _filter(power: Any, means: Any, clear: Any) -> None:
    images, height, width = power.shape
    ratios = np.empty(width, np.float64)
    counts = np.empty(width, np.int64)
    for row in range(height):
        ratios[:] = 0.0
        counts[:] = 0
        for image in range(images):
            for col in range(width):
                if clear[image, row, col]:
                    ratios[col] += np.float64(power[image, row, col]) / means[image, row, col]
                    counts[col] += 1
        for image in range(images):
            for col in range(width):
                if clear[image, row, col]:
                    power[image, row, col] = means[image, row, col] * (ratios[col] / counts[col])
