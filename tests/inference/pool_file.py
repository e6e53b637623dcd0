"""Pools made without the library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from netCDF4 import Dataset


def write_pool(tile: Any, folder: Path, name: str, pixels: int, seed: int) -> pd.DataFrame:
    """Pixels of the tile picked by numpy, in the order polygon, row, column; written without the library."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(tile.clear.size, pixels, replace=False)
    rows, cols = np.unravel_index(chosen, tile.clear.shape)
    polygon = rng.integers(1, 6, pixels)
    order = np.lexsort((cols, rows, polygon))
    rows, cols, polygon = rows[order], cols[order], polygon[order]
    with Dataset(folder / f"{name}.nc", "w") as dataset:
        sizes = {"sample": pixels, "sentinel2_date": 4, "sentinel2_band": 3, "dem_band": 1}
        for dimension, size in sizes.items():
            dataset.createDimension(dimension, size)
        series = dataset.createVariable("sentinel2", "i2", ("sample", "sentinel2_date", "sentinel2_band"))
        series[:] = tile.series[rows, cols]
        dem = dataset.createVariable("dem", "f4", ("sample", "dem_band"), fill_value=False)
        dem[:] = tile.dem[rows, cols][:, None]
    index = pd.DataFrame(
        {
            "row": rows.astype(np.int32),
            "col": cols.astype(np.int32),
            "polygon": polygon.astype(np.int32),
            "group": (polygon + 10).astype(np.int32),
            "code": np.array([0, 3, 5, 11, 40, 3], np.int32)[polygon],
            "clear_dates": tile.clear[rows, cols],
        }
    )
    index.to_parquet(folder / f"{name}_index.parquet")
    return index
