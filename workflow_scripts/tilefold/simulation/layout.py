"""Where the tiles of a scene lie: their grids on one lattice of 20 m, so that overlaps match pixel by pixel.

Tiles of a second UTM zone have a lattice of their own, on which the same ground is seen.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import to_common
from tilefold.grids.windows import Window
from tilefold.simulation.dials import Dials

Places = NDArray[np.int64]

PIXEL = 10.0
#: South-west corner of the first tile, in the CRS of the scene (near Toulouse in UTM zone 31 N).
CORNER = (360000.0, 4800000.0)
#: The same of a scene of two zones, near 6 degrees east.
CORNER_OF_ZONES = (740000.0, 4800000.0)
#: Ground beyond the outermost tiles, in pixels, that is simulated so that polygons can leave the scene.
MARGIN = 20


def tile_windows(dials: Dials) -> dict[str, Window]:
    """Window of each tile on the scene's lattice: row 0, column 0 is its north-west corner."""
    rows = math.ceil(math.sqrt(len(dials.tiles)))
    step = dials.size - dials.overlap
    windows = {}
    for position, name in enumerate(dials.tiles):
        col, row = divmod(position, rows)
        top, left = MARGIN + (rows - 1 - row) * step, MARGIN + col * step
        windows[name] = Window(top, top + dials.size, left, left + dials.size)
    return windows


def scene_grid(dials: Dials) -> Grid:
    """Grid of the whole simulated ground: all tiles and the margin around them."""
    windows = tile_windows(dials).values()
    height = max(w.row_stop for w in windows) + MARGIN
    width = max(w.col_stop for w in windows) + MARGIN
    south = max(w.row_stop for w in windows)
    west, base = CORNER_OF_ZONES if dials.second_crs else CORNER
    left, top = west - MARGIN * PIXEL, base + south * PIXEL
    return Grid(dials.crs, (PIXEL, 0.0, left, 0.0, -PIXEL, top), height, width)


def tile_grids(dials: Dials) -> dict[str, Grid]:
    """10 m grid of each tile, in the order of `dials.tiles`."""
    scene, windows = scene_grid(dials), tile_windows(dials)
    last = max(window.col_start for window in windows.values())
    grids = {name: scene.crop(window) for name, window in windows.items()}
    return {
        name: _in_zone(grid, dials) if dials.second_crs and windows[name].col_start == last else grid
        for name, grid in grids.items()
    }


def _in_zone(grid: Grid, dials: Dials) -> Grid:
    """Grid of the second zone with as many pixels around the same place, on multiples of 20 m."""
    left, bottom, right, top = grid.bounds
    carry = Transformer.from_crs(grid.crs, dials.second_crs, always_xy=True).transform
    x, y = carry((left + right) / 2, (bottom + top) / 2)
    half, step = dials.size * PIXEL / 2, 2 * PIXEL
    west, north = (step * round(value / step) for value in (x - half, y + half))
    return Grid(dials.second_crs, (PIXEL, 0.0, west, 0.0, -PIXEL, north), *grid.shape)


def lattice_places(dials: Dials, tile: str) -> tuple[Places, Places]:
    """Row and column on the scene's lattice of the pixel that holds each pixel centre of a tile, (rows, columns)."""
    grid, scene = tile_grids(dials)[tile], scene_grid(dials)
    x, y = to_common(grid, scene.crs, *np.mgrid[: grid.height, : grid.width])
    col, row = ~scene.affine * (x, y)
    return np.floor(row).astype(np.int64), np.floor(col).astype(np.int64)


def coarse(grid: Grid) -> Grid:
    """The 20 m grid with the same upper left corner."""
    a, _, c, _, e, f = grid.transform
    return Grid(grid.crs, (2 * a, 0.0, c, 0.0, 2 * e, f), grid.height // 2, grid.width // 2)
