"""Reading the rasters of regions: by windows, or at single pixels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from tilefold.regions.burning import Numbers
from tilefold.regions.names import NO_REGION
from tilefold.storage.rasters import BLOCK


def rasters_by_tile(tiles: Sequence[str], rasters: Sequence[str]) -> dict[str, str] | None:
    """Rasters of regions by tile; None without regions, where there are no rasters."""
    return dict(zip(tiles, rasters, strict=True)) if rasters else None


def numbers_at(
    raster: Path | str | None, row: NDArray[np.integer[Any]], col: NDArray[np.integer[Any]]
) -> Numbers:
    """Numbers of regions of some pixels; memory is that of one strip of `BLOCK` rows.

    Parameters
    ----------
    raster
        Raster of `burn_regions` or `fill_regions`; None: no regions, so all numbers are 0.
    row, col
        Pixels of its grid, (n,).

    Returns
    -------
    array of uint8, (n,)
    """
    numbers = np.full(len(row), NO_REGION, np.uint8)
    if raster is None:
        return numbers
    strip = np.asarray(row) // BLOCK
    with rasterio.open(raster) as dataset:
        for number in np.unique(strip).tolist():
            mine, start = strip == number, number * BLOCK
            rows = start, min(start + BLOCK, dataset.height)
            values = dataset.read(1, window=(rows, (0, dataset.width)))
            numbers[mine] = values[np.asarray(row)[mine] - start, np.asarray(col)[mine]]
    return numbers
