"""The grid that each tile is processed on."""

from __future__ import annotations

import math
from pathlib import Path

import rasterio
from rasterio.warp import transform_bounds

from tilefold.grids.grid import Grid
from tilefold.storage.rasters import grid_of


def header_grid(path: Path) -> Grid:
    """Grid in the header of a raster; no pixel is read."""
    with rasterio.open(path) as dataset:
        return grid_of(dataset)


def output_grid(header: Grid, crs: str | None, resolution: float | None) -> Grid:
    """Grid of a tile from its product's header.

    With an output CRS, the product's bounds are carried there and widened to multiples of the resolution, so
    that the grids of all tiles lie on one lattice. Without, the grid keeps the product's origin.

    Parameters
    ----------
    header
        Grid of the tile's finest product.
    crs
        Output CRS; None: the product's.
    resolution
        Pixel size in units of the CRS; None: the product's.
    """
    if crs is None and resolution is None:
        return header
    size_x, size_y = (resolution, resolution) if resolution else header.resolution
    left, bottom, right, top = header.bounds
    if crs is None:
        width, height = round((right - left) / size_x), round((top - bottom) / size_y)
        return Grid(header.crs, (size_x, 0.0, left, 0.0, -size_y, top), height, width)
    left, bottom, right, top = transform_bounds(header.crs, crs, left, bottom, right, top)
    first_col, last_col = math.floor(left / size_x), math.ceil(right / size_x)
    first_row, last_row = math.floor(-top / size_y), math.ceil(-bottom / size_y)
    transform = (size_x, 0.0, first_col * size_x, 0.0, -size_y, -first_row * size_y)
    return Grid(crs, transform, last_row - first_row, last_col - first_col)
