"""How much each region's model counts at each pixel of a tile, where regions change smoothly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from tilefold.grids.grid import Grid
from tilefold.grids.lengths import in_units
from tilefold.grids.windows import Window, blocks, whole
from tilefold.regions.burning import (
    Numbers,
    burn_window,
    fill_window,
    region_edges,
    regions_near,
)
from tilefold.storage.metadata import provenance
from tilefold.storage.rasters import create_raster

#: Most regions that are mixed at a pixel; others have lower weights.
MIXED = 3
#: Weights are stored as multiples of 1 / WEIGHT_SCALE.
WEIGHT_SCALE = 10_000
#: Rows and columns that are worked on at once, besides those around them.
SIDE = 512


def weigh_regions(regions: Path | str, settings: Mapping[str, Any], *, raster: Path | str) -> None:
    """Write which regions count at each pixel of a tile, and how much; see `border_weights`.

    Regions beyond the tile's edge count too. Memory: a block with a margin of the width of the change.

    Parameters
    ----------
    regions
        GeoPackage of `prepare_regions`.
    settings
        ``tile``, ``grid``, ``crs`` (the common one), ``blend_m`` (metres on either side of a border), ``filled``
        (whether pixels outside all regions are in the nearest one).
    raster
        To write, uint16: `MIXED` bands of numbers of regions (see `burn_regions`), the pixel's own first, and as
        many of their weights, in 1 / `WEIGHT_SCALE`.
    """
    grid = Grid.from_dict(settings["grid"])
    width = in_units(settings["blend_m"], grid.crs)
    margin = math.ceil(width / min(grid.resolution)) + 1
    around = grid.crop(Window(-margin, grid.height + margin, -margin, grid.width + margin))
    near = regions_near(regions, grid, around)
    edges = region_edges(regions) if settings["filled"] else None
    names = [f"{kind}_{place}" for kind in ("region", "weight") for place in range(1, MIXED + 1)]
    tags = provenance(settings)
    with create_raster(raster, grid, dtype="uint16", nodata=None, descriptions=names, tags=tags) as output:
        for block in blocks(whole(*grid.shape), SIDE):
            wide = Window(
                *(block.row_start - margin, block.row_stop + margin),
                *(block.col_start - margin, block.col_stop + margin),
            )
            numbers = burn_window(*near, wide)
            if edges is not None:
                fill_window(numbers, wide, grid, settings["crs"], edges)
            weighed = border_weights(numbers, width, grid.resolution)
            output.write(weighed[:, margin:-margin, margin:-margin], window=block.to_ranges())


def border_weights(numbers: Numbers, width: float, resolution: tuple[float, float]) -> NDArray[np.uint16]:
    """Regions of the largest weights at each pixel, and the weights.

    A region's weight at a pixel is linear in the signed distance of the pixel from the region's border: 1 where the
    pixel lies in the region and as far from the border as the width or farther, 1/2 on the border, 0 where it lies
    outside, as far from it or farther. Distances are those between pixel centres, less half a pixel.

    Parameters
    ----------
    numbers
        (rows, columns): number of each pixel's region.
    width
        How far from a border regions are mixed, in units of the CRS.
    resolution
        Pixel size (x, y), in units of the CRS.

    Returns
    -------
    array of uint16, (2 `MIXED`, rows, columns)
        Numbers of the regions by weight, of equal weights by number, and weights in 1 / `WEIGHT_SCALE`.
    """
    result = np.zeros((2 * MIXED, *numbers.shape), np.uint16)
    found = np.unique(numbers)
    if found.size == 1:
        result[0], result[MIXED] = found[0], WEIGHT_SCALE
        return result
    step, half = resolution[::-1], min(resolution) / 2
    weights = np.empty((found.size, *numbers.shape), np.float32)
    for place, number in enumerate(found):
        inside = numbers == number
        depth = distance_transform_edt(inside, step) - distance_transform_edt(~inside, step)
        depth -= np.where(inside, half, -half)
        weights[place] = np.clip(0.5 + depth / (2 * width), 0, 1)
    order = np.argsort(-weights, axis=0, kind="stable")[:MIXED]
    kept = len(order)
    result[:kept] = found[order]
    result[MIXED : MIXED + kept] = np.rint(np.take_along_axis(weights, order, 0) * WEIGHT_SCALE)
    result[:MIXED][result[MIXED:] == 0] = 0
    return result
