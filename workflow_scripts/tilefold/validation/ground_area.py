"""Pixels and ground area of each value of a raster, in an equal-area way whatever its CRS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window, blocks, whole
from tilefold.storage.rasters import BLOCK, grid_of

#: Points on each edge of a block, so that edges that are bent on the ellipsoid are followed.
EDGE_POINTS = 8
SQUARE_METRES = 10_000.0


def raster_areas(path: Path | str, nodata: int) -> pd.DataFrame:
    """Pixels and hectares of each value of a classified raster.

    Every pixel of a block has the block's mean ground area, on the ellipsoid of the CRS. A block is in memory.

    Parameters
    ----------
    path
        Raster of codes.
    nodata
        Value that is left out.

    Returns
    -------
    DataFrame
        `value` (ascending), `pixels`, `hectares`.
    """
    pixels: dict[int, int] = {}
    hectares: dict[int, float] = {}
    for values, area in labelled_blocks(path):
        for value, count in zip(*np.unique(values, return_counts=True), strict=True):
            pixels[int(value)] = pixels.get(int(value), 0) + int(count)
            hectares[int(value)] = hectares.get(int(value), 0.0) + float(count) * area
    found = sorted(set(pixels) - {nodata})
    rows = [(value, pixels[value], hectares[value]) for value in found]
    return pd.DataFrame(rows, columns=["value", "pixels", "hectares"])


def labelled_blocks(path: Path | str) -> Iterator[tuple[NDArray[np.int64], float]]:
    """Blocks of a classified raster in row-major order, with the ground area of one pixel in hectares."""
    with rasterio.open(path) as dataset:
        grid = grid_of(dataset)
        for window in blocks(whole(grid.height, grid.width), BLOCK):
            yield dataset.read(1, window=window.to_ranges()).astype(np.int64), pixel_hectares(grid, window)


def pixel_hectares(grid: Grid, window: Window) -> float:
    """Mean ground area of a window's pixels, in hectares."""
    crs = CRS.from_user_input(grid.crs)
    left, bottom, right, top = grid.crop(window).bounds
    step = np.linspace(0, 1, EDGE_POINTS, endpoint=False)
    across, down = left + step * (right - left), top + step * (bottom - top)
    x = np.concatenate(
        [across, np.full(EDGE_POINTS, right), left + right - across, np.full(EDGE_POINTS, left)]
    )
    y = np.concatenate([np.full(EDGE_POINTS, top), down, np.full(EDGE_POINTS, bottom), top + bottom - down])
    longitude, latitude = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True).transform(x, y)
    geod = crs.get_geod()
    if geod is None:
        raise ValueError(f"the CRS {grid.crs} has no ellipsoid, so areas on the ground are unknown")
    area, _ = geod.polygon_area_perimeter(longitude, latitude)
    return abs(area) / SQUARE_METRES / (window.height * window.width)
