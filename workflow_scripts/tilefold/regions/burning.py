"""Which region each pixel of a tile is in, as rasters."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import to_common
from tilefold.grids.windows import Window
from tilefold.ground_truth.rasterise import search_bounds
from tilefold.ground_truth.shapes import reproject
from tilefold.regions.names import NO_REGION
from tilefold.regions.preparing import LAYER
from tilefold.storage.metadata import provenance
from tilefold.storage.rasters import BLOCK, create_raster

Numbers = NDArray[np.uint8]

#: Points whose nearest region is looked for at once.
POINTS = 2**18

logger = logging.getLogger(__name__)


def burn_regions(regions: Path | str, settings: Mapping[str, Any], *, raster: Path | str) -> None:
    """Write the region of each pixel of a tile; memory is that of one strip of `BLOCK` rows.

    A pixel is in a region if its centre is (GDAL's rule); where regions overlap it is in the first by name.

    Parameters
    ----------
    regions
        GeoPackage of `prepare_regions`.
    settings
        ``tile``, ``grid``.
    raster
        To write: uint8, the region's number, 0 outside all regions.
    """
    grid = Grid.from_dict(settings["grid"])
    numbers, shapes = regions_near(regions, grid, grid)
    counts = np.zeros(256, np.int64)
    with create_raster(raster, grid, **_form(settings)) as dataset:
        for strip in _strips(grid):
            burnt = burn_window(numbers, shapes, strip)
            dataset.write(burnt, 1, window=strip.to_ranges())
            counts += np.bincount(burnt.ravel(), minlength=256)
    outside, pixels = counts[NO_REGION], grid.height * grid.width
    logger.info("tile %s: %d of %d pixels are in no region", settings["tile"], outside, pixels)


def fill_regions(
    burnt: Path | str, regions: Path | str, settings: Mapping[str, Any], *, raster: Path | str
) -> None:
    """Give each pixel outside all regions the number of the region nearest to its centre.

    Distances are plane ones in the common CRS; of equally near regions the first by name counts.

    Parameters
    ----------
    burnt
        Raster of `burn_regions`.
    regions
        GeoPackage of `prepare_regions`.
    settings
        ``tile``, ``grid``, ``crs`` (the common one).
    raster
        To write: uint8, numbers of regions.
    """
    grid = Grid.from_dict(settings["grid"])
    edges = region_edges(regions)
    with rasterio.open(burnt) as source, create_raster(raster, grid, **_form(settings)) as dataset:
        for strip in _strips(grid):
            numbers = source.read(1, window=strip.to_ranges())
            fill_window(numbers, strip, grid, settings["crs"], edges)
            dataset.write(numbers, 1, window=strip.to_ranges())


def fill_window(
    numbers: Numbers, window: Window, grid: Grid, crs: str, edges: tuple[shapely.STRtree, Numbers]
) -> None:
    """Put the nearest region's number where a window of a grid has none; see `fill_regions`.

    Parameters
    ----------
    numbers
        (rows, columns) of the window; changed.
    window
        Of the grid; it may reach beyond it.
    grid, crs
        The grid, and the common CRS.
    edges
        See `region_edges`.
    """
    row, col = np.nonzero(numbers == NO_REGION)
    for start in range(0, row.size, POINTS):
        part = slice(start, start + POINTS)
        x, y = to_common(grid, crs, row[part] + window.row_start, col[part] + window.col_start)
        numbers[row[part], col[part]] = _nearest(*edges, np.asarray(shapely.points(x, y)))


def _form(settings: Mapping[str, Any]) -> dict[str, Any]:
    tags = provenance(settings)
    return {"dtype": "uint8", "nodata": NO_REGION, "descriptions": ["region"], "tags": tags}


def _strips(grid: Grid) -> Iterator[Window]:
    for start in range(0, grid.height, BLOCK):
        yield Window(start, min(start + BLOCK, grid.height), 0, grid.width)


def regions_near(
    regions: Path | str, grid: Grid, around: Grid
) -> tuple[NDArray[np.int32], NDArray[np.object_]]:
    """Regions by number, clipped well outside the grid `around`, in pixel coordinates of `grid`."""
    crs = pyogrio.read_info(regions, layer=LAYER)["crs"]
    bounds = search_bounds(around, crs)
    found = pyogrio.read_dataframe(regions, layer=LAYER, bbox=bounds).sort_values("number")
    clipped = shapely.intersection(found.geometry.to_numpy(), shapely.box(*bounds))
    a, _, c, _, e, f = grid.transform
    shapes = shapely.transform(
        reproject(clipped, crs, grid.crs),
        lambda points: np.column_stack(((points[:, 0] - c) / a, (points[:, 1] - f) / e)),
    )
    met = shapely.area(shapes) > 0
    return found["number"].to_numpy(np.int32)[met], shapes[met]


def burn_window(numbers: NDArray[np.int32], shapes: NDArray[np.object_], window: Window) -> Numbers:
    """Regions of a window's pixels from `regions_near`, (rows, columns)."""
    if not numbers.size:
        return np.full(window.shape, NO_REGION, np.uint8)
    # What is burnt last stays: backwards, so that the first region wins.
    burnt: Numbers = rasterize(
        zip(shapes[::-1], numbers[::-1].tolist(), strict=True),
        out_shape=window.shape,
        fill=NO_REGION,
        transform=Affine.translation(window.col_start, window.row_start),
        dtype="uint8",
    )
    return burnt


def region_edges(regions: Path | str) -> tuple[shapely.STRtree, Numbers]:
    """Edges of all regions in a spatial index, and the region that each belongs to."""
    found = pyogrio.read_dataframe(regions, layer=LAYER).sort_values("number")
    rings, region = shapely.get_parts(shapely.boundary(found.geometry.to_numpy()), return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    edges = np.stack([points[:-1][joined], points[1:][joined]], axis=1)
    owner = found["number"].to_numpy(np.uint8)[region][ring[1:][joined]]
    return shapely.STRtree(np.asarray(shapely.linestrings(edges))), owner


def _nearest(tree: shapely.STRtree, owner: Numbers, points: NDArray[np.object_]) -> Numbers:
    place, edge = tree.query_nearest(points, all_matches=True)
    nearest = np.full(len(points), 255, np.uint8)
    np.minimum.at(nearest, place, owner[edge])
    return nearest
