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
    if raster is None:
        return np.full(len(row), NO_REGION, np.uint8)
    return bands_at(raster, row, col)[0].astype(np.uint8, copy=False)


def bands_at(
    raster: Path | str, row: NDArray[np.integer[Any]], col: NDArray[np.integer[Any]]
) -> NDArray[Any]:
    """All bands of a raster at some pixels, (bands, n); memory is that of one strip of `BLOCK` rows."""
    strip = np.asarray(row) // BLOCK
    with rasterio.open(raster) as dataset:
        found = np.empty((dataset.count, len(row)), dataset.dtypes[0])
        for number in np.unique(strip).tolist():
            mine, start = strip == number, number * BLOCK
            rows = start, min(start + BLOCK, dataset.height)
            values = dataset.read(window=(rows, (0, dataset.width)))
            found[:, mine] = values[:, np.asarray(row)[mine] - start, np.asarray(col)[mine]]
    return found
