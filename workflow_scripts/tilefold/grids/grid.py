"""The grid of a tile, as one immutable value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from tilefold.grids.windows import Window


@dataclass(frozen=True)
class Grid:
    """North-up pixel grid.

    Attributes
    ----------
    crs
        Coordinate reference system, as ``EPSG:<code>`` or WKT.
    transform
        Affine coefficients ``(a, b, c, d, e, f)``: x = a * column + b * row + c,
        y = d * column + e * row + f, in CRS units, at pixel corners.
    height, width
        Rows and columns.
    """

    crs: str
    transform: tuple[float, float, float, float, float, float]
    height: int
    width: int

    def __post_init__(self) -> None:
        a, b, _, d, e, _ = self.transform
        if b != 0 or d != 0 or a <= 0 or e >= 0:
            raise ValueError(f"a grid must be north-up without rotation, found transform {self.transform}")
        if self.height < 1 or self.width < 1:
            raise ValueError(f"a grid needs at least one pixel, found {self.height} x {self.width}")

    @property
    def affine(self) -> Affine:
        """Transform as an affine object."""
        return Affine(*self.transform)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.height, self.width

    @property
    def resolution(self) -> tuple[float, float]:
        """Pixel size (x, y), both positive, in CRS units."""
        return self.transform[0], -self.transform[4]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top in CRS units."""
        a, _, c, _, e, f = self.transform
        return c, f + e * self.height, c + a * self.width, f

    def crop(self, window: Window) -> Grid:
        """Grid of a window of this grid."""
        a, _, c, _, e, f = self.transform
        transform = (a, 0.0, c + a * window.col_start, 0.0, e, f + e * window.row_start)
        return Grid(self.crs, transform, window.height, window.width)

    def centres(
        self, rows: NDArray[np.integer[Any]], cols: NDArray[np.integer[Any]]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Coordinates (x, y) of pixel centres, in CRS units."""
        a, _, c, _, e, f = self.transform
        return c + a * (np.asarray(cols) + 0.5), f + e * (np.asarray(rows) + 0.5)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON and for the engine's params."""
        return {
            "crs": self.crs,
            "transform": list(self.transform),
            "height": self.height,
            "width": self.width,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Grid:
        """Inverse of `to_dict`."""
        a, b, c, d, e, f = data["transform"]
        return cls(data["crs"], (a, b, c, d, e, f), data["height"], data["width"])
