"""Which pixels of one grid a pixel of another touches: the strict way of carrying masks between grids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.sensors.alignment import TOLERANCE, same_crs

Indexes = NDArray[np.int32]


@dataclass(frozen=True)
class Touched:
    """For each pixel of a window the rectangle of source pixels that it touches, half-open.

    The arrays broadcast to (rows, columns) of the window.
    """

    row_start: Indexes
    row_stop: Indexes
    col_start: Indexes
    col_stop: Indexes


@lru_cache(maxsize=4)
def touched_pixels(source: Grid, target: Grid, window: Window) -> Touched:
    """Rectangles of `source` pixels that each pixel of a window of `target` touches.

    The rectangle holds the pixel's four corners; an overlap under a thousandth of a source pixel is no touch,
    so that rounding of coordinates does not make neighbours of pixels that only share an edge.
    The result is kept, since all acquisitions of a block need the same one.
    """
    a, _, c, _, e, f = target.transform
    x = c + a * np.arange(window.col_start, window.col_stop + 1)
    y = f + e * np.arange(window.row_start, window.row_stop + 1)
    if same_crs(source.crs, target.crs):
        rows, cols = _source_pixels(source, x[None, :], y[:, None])
        return Touched(
            *_limits(np.minimum(rows[:-1], rows[1:]), np.maximum(rows[:-1], rows[1:])),
            *_limits(np.minimum(cols[:, :-1], cols[:, 1:]), np.maximum(cols[:, :-1], cols[:, 1:])),
        )
    transformer = Transformer.from_crs(target.crs, source.crs, always_xy=True)
    rows, cols = _source_pixels(source, *transformer.transform(*np.meshgrid(x, y)))
    return Touched(
        *_limits(_of_corners(rows, np.minimum), _of_corners(rows, np.maximum)),
        *_limits(_of_corners(cols, np.minimum), _of_corners(cols, np.maximum)),
    )


def _source_pixels(
    source: Grid, x: NDArray[Any], y: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fractional rows and columns of coordinates; far outside where a coordinate has no image."""
    a, _, c, _, e, f = source.transform
    rows, cols = (y - f) / e, (x - c) / a
    return np.where(np.isfinite(rows), rows, -2.0), np.where(np.isfinite(cols), cols, -2.0)


def _of_corners(values: NDArray[np.float64], smallest: Callable[..., Any]) -> NDArray[np.float64]:
    """Smallest (or largest) value of each pixel's four corners."""
    across = smallest(values[:, :-1], values[:, 1:])
    found: NDArray[np.float64] = smallest(across[:-1], across[1:])
    return found


def _limits(low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[Indexes, Indexes]:
    start = np.floor(low + TOLERANCE).astype(np.int32)
    stop = np.ceil(high - TOLERANCE).astype(np.int32)
    return start, np.maximum(stop, start + 1)


def source_window(touched: Touched, source: Grid) -> Window:
    """Smallest window of the source that holds all that is touched and exists; empty if nothing does."""
    row_start = min(max(int(touched.row_start.min()), 0), source.height)
    row_stop = max(min(int(touched.row_stop.max()), source.height), row_start)
    col_start = min(max(int(touched.col_start.min()), 0), source.width)
    col_stop = max(min(int(touched.col_stop.max()), source.width), col_start)
    return Window(row_start, row_stop, col_start, col_stop)


def all_usable(usable: NDArray[np.bool_], read: Window, touched: Touched) -> NDArray[np.bool_]:
    """Pixels that touch nothing but usable source pixels; what lies outside the source is not usable.

    Parameters
    ----------
    usable
        Source pixels of the window `read`, which is what `source_window` gives.
    read
        That window.
    touched
        What each target pixel touches.

    Returns
    -------
    array of bool, (rows, columns) of the target window
    """
    # Number of usable pixels above and left of each corner: four look-ups count those of any rectangle.
    count = np.zeros((read.height + 1, read.width + 1), np.int32)
    np.cumsum(np.cumsum(usable, axis=0, dtype=np.int32), axis=1, out=count[1:, 1:])
    top = np.clip(touched.row_start - read.row_start, 0, read.height)
    bottom = np.clip(touched.row_stop - read.row_start, 0, read.height)
    left = np.clip(touched.col_start - read.col_start, 0, read.width)
    right = np.clip(touched.col_stop - read.col_start, 0, read.width)
    found = count[bottom, right] - count[top, right] - count[bottom, left] + count[top, left]
    size = (touched.row_stop - touched.row_start) * (touched.col_stop - touched.col_start)
    complete: NDArray[np.bool_] = found == size
    return complete
