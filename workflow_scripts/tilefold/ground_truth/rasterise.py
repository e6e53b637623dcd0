"""Which pixels a reference polygon holds: one rasterisation for the split and for the pools.

A pixel is in a polygon if its centre is (GDAL's rule); where polygons overlap it belongs to the first in
canonical order, so that no pixel is counted or sampled twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.features import rasterize

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, to_common
from tilefold.grids.windows import Window, blocks, whole
from tilefold.ground_truth.reading import LAYER
from tilefold.ground_truth.shapes import reproject

NO_POLYGON = 0


@dataclass(frozen=True)
class GridReference:
    """Reference polygons that may meet a grid, in canonical order.

    Attributes
    ----------
    grid
        The grid.
    polygon, group, code
        Columns of the reference (int32), one entry a polygon.
    tree
        Their shapes in pixel coordinates of the grid (x = columns, y = rows from its upper left corner), in a
        spatial index. In these, edges of polygons are the same numbers whatever the block that is burnt, so a
        centre that lies exactly on an edge is judged alike in every block.
    """

    grid: Grid
    polygon: NDArray[np.int32]
    group: NDArray[np.int32]
    code: NDArray[np.int32]
    tree: shapely.STRtree


@dataclass(frozen=True)
class BlockPixels:
    """Reference pixels of one block of a grid, row-major.

    Attributes
    ----------
    window
        The block.
    polygon, row, col
        Polygon number, row and column in the grid (int32).
    owned
        Whether the tile owns the pixel.
    """

    window: Window
    polygon: NDArray[np.int32]
    row: NDArray[np.int32]
    col: NDArray[np.int32]
    owned: NDArray[np.bool_]


def load_reference(path: Path | str, grid: Grid) -> GridReference:
    """Read the polygons of a cleaned reference that may meet a grid.

    Parameters
    ----------
    path
        GeoPackage written by `clean_ground_truth`.
    grid
        A tile's grid; the polygons are carried to its CRS.
    """
    crs = pyogrio.read_info(path, layer=LAYER)["crs"]
    found = pyogrio.read_dataframe(
        path, layer=LAYER, columns=["polygon", "group", "code"], bbox=search_bounds(grid, crs)
    ).sort_values("polygon")
    a, _, c, _, e, f = grid.transform
    shapes = shapely.transform(
        reproject(found.geometry.to_numpy(), crs, grid.crs),
        lambda points: np.column_stack(((points[:, 0] - c) / a, (points[:, 1] - f) / e)),
    )
    return GridReference(
        grid,
        found["polygon"].to_numpy(np.int32),
        found["group"].to_numpy(np.int32),
        found["code"].to_numpy(np.int32),
        shapely.STRtree(shapes),
    )


def search_bounds(grid: Grid, crs: str) -> tuple[float, float, float, float]:
    """Bounds of a grid in the CRS of polygons, wide enough for edges that bend on the way there."""
    left, bottom, right, top = grid.bounds
    if CRS.from_user_input(grid.crs) != CRS.from_user_input(crs):
        transformer = Transformer.from_crs(grid.crs, crs, always_xy=True)
        left, bottom, right, top = transformer.transform_bounds(left, bottom, right, top, densify_pts=51)
    margin_x, margin_y = 0.01 * (right - left), 0.01 * (top - bottom)
    return left - margin_x, bottom - margin_y, right + margin_x, top + margin_y


def burn(reference: GridReference, window: Window) -> NDArray[np.int32]:
    """Rasterise the polygons of a window of the grid.

    Returns
    -------
    array of int32, (rows, columns)
        Number of the polygon that each pixel belongs to, 0 for none.
    """
    area = shapely.box(window.col_start, window.row_start, window.col_stop, window.row_stop)
    # What is burnt last stays: backwards, so that the first polygon wins.
    meeting = np.sort(reference.tree.query(area))[::-1]
    if not meeting.size:
        return np.full(window.shape, NO_POLYGON, np.int32)
    burnt: NDArray[np.int32] = rasterize(
        zip(reference.tree.geometries[meeting], reference.polygon[meeting].tolist(), strict=True),
        out_shape=window.shape,
        fill=NO_POLYGON,
        transform=Affine.translation(window.col_start, window.row_start),
        dtype="int32",
    )
    return burnt


def reference_pixels(
    reference: GridReference, tile: str, ownership: Ownership, size: int
) -> Iterator[BlockPixels]:
    """Go through the reference pixels of a tile's grid by blocks; blocks without any are left out.

    Parameters
    ----------
    reference
        Polygons on the tile's grid.
    tile
        Its name in the ownership.
    ownership
        Partition among the tile and at least those that overlap it.
    size
        Rows and columns of a block.
    """
    near = ownership.neighbours(tile)
    itself = near.names.index(tile)
    for window in blocks(whole(*reference.grid.shape), size):
        burnt = burn(reference, window)
        row, col = np.nonzero(burnt)
        if not row.size:
            continue
        rows, cols = row + window.row_start, col + window.col_start
        x, y = to_common(reference.grid, ownership.crs, rows, cols)
        yield BlockPixels(
            window,
            burnt[row, col],
            rows.astype(np.int32),
            cols.astype(np.int32),
            near.owners(x, y) == itself,
        )
