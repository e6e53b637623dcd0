"""Bands on a finer or a turned grid, by cubic convolution.

The rule is GDAL's (`cubic`, Keys 1981 with a = -1/2) where pixels do not grow: of the 4 x 4 source pixels around a
pixel's centre; where one of them is nodata or outside, bilinear of those of the nearest 2 x 2 that are not; nodata
where the nearest one is nodata or outside. GDAL takes ten times as long, since it cannot know that all bands
and dates of a block want the same places.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.sensors.alignment import same_crs
from tilefold.sensors.convolution import convolve_anywhere, convolve_lattice

#: Places are rounded to this part of a source pixel: what should be a quarter of a pixel is one, whatever the
#: rounding of coordinates, and the arithmetic of a whole ratio of pixel sizes is exact.
PLACE = 2.0**-16

#: How much larger than a source pixel a pixel may be; GDAL widens its kernel from here on.
GROWTH = 1.05


@dataclass(frozen=True)
class Places:
    """Where the centres of a window's pixels lie in the source: fractional rows and columns from its corner.

    Both broadcast to (rows, columns); on a lattice they are (rows, 1) and (1, columns).
    """

    rows: NDArray[np.float64]
    cols: NDArray[np.float64]

    @property
    def on_lattice(self) -> bool:
        """Whether a pixel's source row depends on its row alone, and its source column on its column."""
        return self.rows.shape[1] == 1 and self.cols.shape[0] == 1


@lru_cache(maxsize=8)
def pixel_places(source: Grid, target: Grid, window: Window) -> Places:
    """Places of a window of `target` in `source`; kept, since all bands and dates of a block need the same."""
    x, y = (
        target.centres(
            np.arange(window.row_start, window.row_stop), np.arange(window.col_start, window.col_stop)
        )[0],
        target.centres(np.arange(window.row_start, window.row_stop), np.zeros(1, int))[1],
    )
    return _places(source, target, x, y)
