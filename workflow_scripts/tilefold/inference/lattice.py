"""The common pixel lattice of several tiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import isclose
from pathlib import Path

import rasterio
from pyproj import CRS
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.storage.rasters import grid_of

#: Largest distance, in pixels, between pixels that are taken for the same.
TOLERANCE = 0.01


class LatticeError(ValueError):
    """Tiles whose pixels do not coincide."""


def same_grid(one: Grid, other: Grid) -> bool:
    """Whether two grids have the same pixels, however their CRS is spelt."""
    return one.shape == other.shape and not _difference(one, other) and _offset(one, other) == (0, 0)


@contextmanager
def open_on(path: Path | str, grid: Grid) -> Iterator[DatasetReader]:
    """Open a raster as it lies on a grid: as it is, or each pixel from the one that its centre lies in.

    Parameters
    ----------
    path
        Raster, which may have another CRS than the grid.
    grid
        What is read has its rows and columns; nodata where the raster has no pixel.
    """
    with rasterio.open(path) as raster:
        if same_grid(grid_of(raster), grid):
            yield raster
            return
        with WarpedVRT(
            raster,
            crs=grid.crs,
            transform=grid.affine,
            height=grid.height,
            width=grid.width,
            resampling=Resampling.nearest,
            nodata=raster.nodata,
            # In pixels; otherwise an eighth of one.
            tolerance=1e-6,
        ) as warped:
            yield warped


def common_grid(grids: Mapping[str, Grid]) -> tuple[Grid, dict[str, Window]]:
    """Smallest grid that holds several tiles' grids, and where each tile lies in it.

    Parameters
    ----------
    grids
        Grids by tile.

    Returns
    -------
    grid
        On the lattice of the first tile by name.
    windows
        For each tile, its window of the common grid.

    Raises
    ------
    LatticeError
        If two tiles differ in CRS, resolution or alignment by more than `TOLERANCE` pixels.
    """
    first = min(grids)
    reference = grids[first]
    for tile, grid in sorted(grids.items()):
        if difference := _difference(reference, grid):
            raise LatticeError(
                f"the tiles {first} and {tile} cannot form one mosaic: {difference}; set `output_crs` and "
                "`resolution` in the config, so that all tiles get one lattice, or `maps.crs` to warp their maps"
            )
    offsets = {tile: _offset(reference, grid) for tile, grid in sorted(grids.items())}
    top = min(row for row, _ in offsets.values())
    left = min(col for _, col in offsets.values())
    windows = {
        tile: Window(row - top, row - top + grids[tile].height, col - left, col - left + grids[tile].width)
        for tile, (row, col) in offsets.items()
    }
    height = max(window.row_stop for window in windows.values())
    width = max(window.col_stop for window in windows.values())
    return reference.crop(Window(top, top + height, left, left + width)), windows


def _offset(reference: Grid, grid: Grid) -> tuple[int, int]:
    """Rows and columns from the reference's upper left corner to the grid's."""
    rows, cols = _exact_offset(reference, grid)
    return round(rows), round(cols)


def _exact_offset(reference: Grid, grid: Grid) -> tuple[float, float]:
    a, _, c, _, e, f = reference.transform
    return (grid.transform[5] - f) / e, (grid.transform[2] - c) / a


def _difference(reference: Grid, grid: Grid) -> str:
    """Say what keeps two grids from sharing a lattice; an empty text where nothing does."""
    if grid.crs != reference.crs and CRS.from_user_input(grid.crs) != CRS.from_user_input(reference.crs):
        return f"their coordinate reference systems are {reference.crs} and {grid.crs}"
    drift = TOLERANCE / max(grid.shape)
    if not all(
        isclose(one, other, rel_tol=drift)
        for one, other in zip(reference.resolution, grid.resolution, strict=True)
    ):
        return f"their pixels measure {reference.resolution} and {grid.resolution}"
    rows, cols = _exact_offset(reference, grid)
    if max(abs(rows - round(rows)), abs(cols - round(cols))) > TOLERANCE:
        return f"their corners are {rows:.3f} rows and {cols:.3f} columns apart, not a whole number of pixels"
    return ""
