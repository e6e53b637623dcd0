"""Which tile owns a place: a partition of the plane where tiles overlap."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window, whole

Coordinates = NDArray[np.float64]


@dataclass(frozen=True)
class Ownership:
    """Footprints of tiles in a common CRS.

    A point belongs to the tile whose footprint's centre is nearest, among the footprints that hold the
    point; of two equally near ones to the first by name.

    Attributes
    ----------
    crs
        The common CRS.
    rings
        For each tile, the corners of its footprint (x, y) in the common CRS, not closed.
    """

    crs: str
    rings: Mapping[str, tuple[tuple[float, float], ...]]

    @cached_property
    def names(self) -> list[str]:
        """Tiles in the order of the indexes that `owners` returns."""
        return sorted(self.rings)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        """Footprints in the order of `names`, in a spatial index."""
        return shapely.STRtree([shapely.Polygon(self.rings[name]) for name in self.names])

    def owners(self, x: Coordinates, y: Coordinates) -> NDArray[np.int32]:
        """Index into `names` of the tile that owns each point, -1 where no footprint holds it.

        Parameters
        ----------
        x, y
            Coordinates in the common CRS, of any equal shape.
        """
        owner = np.full(x.shape, -1, np.int32)
        nearest = np.full(x.shape, np.inf)
        for index, name in enumerate(self.names):
            footprint = shapely.Polygon(self.rings[name])
            centre = footprint.centroid
            distance = (x - centre.x) ** 2 + (y - centre.y) ** 2
            closer = _held(footprint, x, y) & (distance < nearest)
            owner[closer] = index
            nearest[closer] = distance[closer]
        return owner

    def owned(self, tile: str, grid: Grid, window: Window | None = None) -> NDArray[np.bool_]:
        """Pixels of a tile's grid (or of a window of it) whose centres the tile owns.

        Returns
        -------
        array of bool, (rows, columns)
        """
        window = window or whole(grid.height, grid.width)
        rows, cols = np.mgrid[window.row_start : window.row_stop, window.col_start : window.col_stop]
        x, y = to_common(grid, self.crs, rows, cols)
        return self.owners(x, y) == self.names.index(tile)

    def region(self, tile: str) -> shapely.Geometry:
        """What a tile owns, as a polygon of the common CRS; its borders with other tiles are in it.

        Of each other footprint the half is taken away whose points are nearer to its centre.
        """
        own = shapely.Polygon(self.rings[tile])
        taken: list[shapely.Geometry] = []
        for name in self.neighbours(tile).names:
            other = shapely.Polygon(self.rings[name])
            if own.centroid != other.centroid:
                taken.append(shapely.intersection(other, _nearer(other, own)))
            elif name < tile:
                taken.append(other)
        return shapely.difference(own, shapely.union_all(taken))

    def neighbours(self, tile: str) -> Ownership:
        """The same partition restricted to the tiles whose footprints meet this tile's."""
        index = self._tree
        near = index.query(index.geometries[self.names.index(tile)], predicate="intersects")
        return self.restricted([self.names[place] for place in near])

    def restricted(self, tiles: Collection[str]) -> Ownership:
        """Footprints of some tiles only."""
        return Ownership(self.crs, {name: self.rings[name] for name in sorted(tiles)})

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON and for the engine's params."""
        return {
            "crs": self.crs,
            "rings": {name: [list(p) for p in self.rings[name]] for name in self.names},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Ownership:
        """Inverse of `to_dict`."""
        return cls(data["crs"], {n: tuple((x, y) for x, y in ring) for n, ring in data["rings"].items()})


def _held(footprint: shapely.Polygon, x: Coordinates, y: Coordinates) -> NDArray[np.bool_]:
    """Whether a footprint holds each point, its border included.

    Most blocks of a tile lie wholly inside or outside: one look at their bounds spares one at each point.
    """
    left, bottom, right, top = (x.min(), y.min(), x.max(), y.max()) if x.size else (np.nan,) * 4
    # Points outside the domain of the common CRS are infinite.
    if np.isfinite([left, bottom, right, top]).all():
        bounds = shapely.box(left, bottom, right, top)
        if shapely.covers(footprint, bounds):
            return np.ones(x.shape, np.bool_)
        if shapely.disjoint(footprint, bounds):
            return np.zeros(x.shape, np.bool_)
    return np.asarray(shapely.intersects_xy(footprint, x, y))


def _nearer(this: shapely.Polygon, other: shapely.Polygon) -> shapely.Polygon:
    """Points of both footprints' surroundings that are nearer to this one's centre than to the other's."""
    here, there = (np.array([item.centroid.x, item.centroid.y]) for item in (this, other))
    towards = (here - there) / np.hypot(*(here - there))
    along = np.array([-towards[1], towards[0]])
    left, bottom, right, top = shapely.total_bounds([this, other])
    reach = 2 * np.hypot(right - left, top - bottom)
    middle = (here + there) / 2
    start, end = middle - reach * along, middle + reach * along
    return shapely.Polygon([start, end, end + reach * towards, start + reach * towards])


def to_common(
    grid: Grid, crs: str, rows: NDArray[np.integer[Any]], cols: NDArray[np.integer[Any]]
) -> tuple[Coordinates, Coordinates]:
    """Coordinates (x, y) of a grid's pixel centres in another CRS."""
    x, y = grid.centres(rows, cols)
    if grid.crs == crs or CRS.from_user_input(grid.crs) == CRS.from_user_input(crs):
        return x, y
    return Transformer.from_crs(grid.crs, crs, always_xy=True).transform(x, y)


def footprint_ring(grid: Grid, crs: str) -> tuple[tuple[float, float], ...]:
    """Corners of a grid's rectangle in another CRS, from the upper left, clockwise."""
    left, bottom, right, top = grid.bounds
    x = np.array([left, right, right, left])
    y = np.array([top, top, bottom, bottom])
    if CRS.from_user_input(grid.crs) != CRS.from_user_input(crs):
        x, y = Transformer.from_crs(grid.crs, crs, always_xy=True).transform(x, y)
    return tuple((float(a), float(b)) for a, b in zip(x, y, strict=True))
