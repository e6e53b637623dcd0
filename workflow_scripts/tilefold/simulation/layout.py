"""Where the tiles of a scene lie: their grids on one lattice of 20 m, so that overlaps match pixel by pixel."""

from __future__ import annotations

import math

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.simulation.dials import Dials

PIXEL = 10.0
#: South-west corner of the first tile, in the CRS of the scene (near Toulouse in UTM zone 31 N).
CORNER = (360000.0, 4800000.0)
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
    left, top = CORNER[0] - MARGIN * PIXEL, CORNER[1] + south * PIXEL
    return Grid(dials.crs, (PIXEL, 0.0, left, 0.0, -PIXEL, top), height, width)


def tile_grids(dials: Dials) -> dict[str, Grid]:
    """10 m grid of each tile, in the order of `dials.tiles`."""
    scene = scene_grid(dials)
    return {name: scene.crop(window) for name, window in tile_windows(dials).items()}


def coarse(grid: Grid) -> Grid:
    """The 20 m grid with the same upper left corner."""
    a, _, c, _, e, f = grid.transform
    return Grid(grid.crs, (2 * a, 0.0, c, 0.0, 2 * e, f), grid.height // 2, grid.width // 2)
