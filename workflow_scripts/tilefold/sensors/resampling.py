"""Bands on a finer or a turned grid, by cubic convolution.

The rule is GDAL's (`cubic`: Keys 1981 with a = -1/2) for pixels that do not grow: from the 4 x 4 source pixels
around a pixel's centre; where one of them is nodata or outside, bilinear from those of the nearest 2 x 2 that are
not; nodata where the nearest one is nodata or outside. GDAL itself takes ten times as long, since it cannot know
that all bands and dates of a block want the same places.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.sensors.alignment import GROWTH, same_crs, source_steps
from tilefold.sensors.convolution import convolve_anywhere, convolve_lattice

#: Places are rounded to this part of a source pixel: what should be a quarter of a pixel is one, whatever the
#: rounding of coordinates, and then the arithmetic is exact.
PLACE = 2.0**-24


@dataclass(frozen=True)
class Places:
    """Where the centres of a window's pixels lie in the source: fractional rows and columns from its corner.

    Both broadcast to (rows, columns). On a lattice they are (rows, 1) and (1, columns): a pixel's source row
    depends on its row alone, its source column on its column.
    """

    rows: NDArray[np.float64]
    cols: NDArray[np.float64]
    on_lattice: bool


@lru_cache(maxsize=8)
def pixel_places(source: Grid, target: Grid, window: Window) -> Places:
    """Places of a window of `target` in `source`; kept, since all bands and dates of a block need the same."""
    x, y = target.centres(
        np.arange(window.row_start, window.row_stop), np.arange(window.col_start, window.col_stop)
    )
    on_lattice = same_crs(source.crs, target.crs)
    across, down = x[None, :], y[:, None]
    if not on_lattice:
        to_source = Transformer.from_crs(target.crs, source.crs, always_xy=True)
        across, down = to_source.transform(*np.meshgrid(x, y))
    a, _, c, _, e, f = source.transform
    return Places(_rounded((down - f) / e), _rounded((across - c) / a), on_lattice)


def _rounded(places: NDArray[np.float64]) -> NDArray[np.float64]:
    # A centre without an image in the source's CRS is outside.
    return np.round(np.where(np.isfinite(places), places, -9.0) / PLACE) * PLACE


def pixels_grow(source: Grid, target: Grid) -> bool:
    """Whether pixels of `target` are larger than those of `source`, so that each must be made of many."""
    return max(source_steps(source, target)) > GROWTH


def source_part(places: Places, source: Grid) -> Window:
    """Smallest window of the source that holds the 4 x 4 pixels around all places; empty if they are outside."""
    limits = []
    for part, length in ((places.rows, source.height), (places.cols, source.width)):
        first, last = np.floor(part.min() - 0.5) - 1, np.floor(part.max() - 0.5) + 2
        start = int(min(max(first, 0), length))
        limits += [start, int(max(min(last + 1, length), start))]
    return Window(*limits)


def resample(
    values: NDArray[np.int16] | None, part: Window, places: Places, nodata: int
) -> NDArray[np.int16]:
    """Values at places of the source.

    Parameters
    ----------
    values
        Source pixels of the window `part`, which is what `source_part` gives; None if it is empty.
    part
        That window.
    places
        Where values are wanted.
    nodata
        Value of source pixels, and of the result, where nothing was measured.

    Returns
    -------
    array of int16, (rows, columns)
        Rounded half up, clipped to -32767..32767; a value that happens to be `nodata` is one higher.
    """
    rows, cols = places.rows - part.row_start, places.cols - part.col_start
    out = np.empty((rows.shape[0], cols.shape[1]), np.int16)
    if values is None:
        out[:] = nodata
    elif places.on_lattice:
        convolve_lattice(values, rows.ravel(), cols.ravel(), nodata, out)
    else:
        convolve_anywhere(values, rows, cols, nodata, out)
    return out
