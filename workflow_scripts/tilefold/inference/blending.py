"""Probabilities of overlapping tiles, blended so that a map has no seam at the tile line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import to_common
from tilefold.grids.windows import Window
from tilefold.inference.decisions import decide
from tilefold.inference.scales import PROBABILITY_NODATA, PROBABILITY_SCALE

#: Mean probabilities as whole multiples of this, so that the order of a sum never turns a tie.
PRECISION = 1e-9
#: Least distance from an edge that counts, in pixels, so that a pixel that one tile alone saw has a weight.
EDGE = 1e-3


def edge_distance(tile: Grid, grid: Grid, window: Window) -> NDArray[np.float64]:
    """Distance of pixel centres of a window of a grid from the nearest edge of a tile, in the tile's pixels.

    Parameters
    ----------
    tile
        The tile's own grid: only there do its edges lie along rows and columns.
    grid
        Grid of the window, of the tile's CRS or another.
    window
        Pixels whose distances are wanted.

    Returns
    -------
    array of float64, (rows, columns)
        At least `EDGE`, also outside of the tile.
    """
    rows, cols = np.mgrid[window.row_start : window.row_stop, window.col_start : window.col_stop]
    x, y = to_common(grid, tile.crs, rows, cols)
    left, bottom, right, top = tile.bounds
    width, height = tile.resolution
    from_sides = np.minimum(x - left, right - x) / width
    from_ends = np.minimum(y - bottom, top - y) / height
    return np.maximum(np.minimum(from_sides, from_ends), EDGE)


@dataclass
class Blend:
    """Weighted sum of the probabilities of a block's pixels.

    A tile's weight at a pixel is the pixel's distance from the tile's edge: across an overlap of two tiles it goes
    from all of the one to all of the other, and no step is left at either end.

    Parameters
    ----------
    classes
        Number of classes.
    shape
        Rows and columns of the block.
    """

    classes: int
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        self._sum = np.zeros((self.classes, *self.shape))
        self._weight = np.zeros(self.shape)
        self._tiles = np.zeros(self.shape, np.uint8)

    def add(
        self, part: tuple[slice, slice], probabilities: NDArray[np.uint16], weights: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Add a tile; the pixels that it classified.

        Parameters
        ----------
        part
            Rows and columns of the block that the tile covers.
        probabilities
            uint16 (classes, rows, columns), 0 to 1000; `PROBABILITY_NODATA` where there is no label.
        weights
            (rows, columns), positive.
        """
        seen = probabilities[0] != PROBABILITY_NODATA
        weighted = np.where(seen, weights, 0.0)
        self._sum[:, *part] += np.where(seen, probabilities, 0) * weighted
        self._weight[part] += weighted
        self._tiles[part] += seen
        return np.asarray(seen)

    @property
    def several(self) -> NDArray[np.bool_]:
        """Pixels that more than one tile classified, (rows, columns)."""
        return np.asarray(self._tiles > 1)

    def product(self, name: str, codes: Sequence[int]) -> NDArray[Any]:
        """Values of one of `Decisions` at the pixels of `several`, (bands, pixels), as in maps."""
        chosen = self.several
        mean = self._sum[:, chosen] / self._weight[chosen] / PROBABILITY_SCALE
        decisions = decide((np.rint(mean / PRECISION) * PRECISION).T, codes)
        values: NDArray[Any] = vars(decisions)[name]
        return np.atleast_2d(values.T)
