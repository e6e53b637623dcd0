"""Statistics of a raster's bands, where GDAL and QGIS look for them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import rasterio

from tilefold.grids.windows import blocks, whole
from tilefold.storage.rasters import BLOCK


def write_statistics(path: Path | str) -> None:
    """Add minimum, maximum, mean, standard deviation and share of valid pixels to each band of a raster.

    Over all pixels with data, exact for integers; a band without any gets none. Memory is bounded by a block.

    Parameters
    ----------
    path
        Raster of an integer type with a nodata value, or of floats, whose NaN is no data; its metadata are changed.
    """
    with rasterio.open(path, "r+") as raster:
        wide = np.float64 if np.dtype(raster.dtypes[0]).kind == "f" else np.int64
        for band in raster.indexes:
            lowest, highest, number, total, squares = math.inf, -math.inf, 0, wide(0), wide(0)
            for block in blocks(whole(raster.height, raster.width), BLOCK):
                read = raster.read(band, window=block.to_ranges())
                values = read[(read != raster.nodata) & ~np.isnan(read)].astype(wide)
                if values.size:
                    lowest, highest = min(lowest, values.min()), max(highest, values.max())
                    number += values.size
                    total += values.sum()
                    squares += (values * values).sum()
            if number:
                spread = max(number * squares.item() - total.item() ** 2, 0)
                found = {
                    "MINIMUM": str(lowest),
                    "MAXIMUM": str(highest),
                    "MEAN": f"{total / number:.6g}",
                    "STDDEV": f"{math.sqrt(spread) / number:.6g}",
                    "VALID_PERCENT": f"{100 * number / (raster.height * raster.width):.4g}",
                }
                raster.update_tags(band, **{f"STATISTICS_{name}": text for name, text in found.items()})
