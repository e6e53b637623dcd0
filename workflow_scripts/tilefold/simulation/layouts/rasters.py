"""Raster files of products, as their producers write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rasterio
from numpy.typing import NDArray

from tilefold.grids.grid import Grid


def write_geotiff(path: Path, grid: Grid, values: NDArray[Any], nodata: float | None, **options: Any) -> None:
    """Write a compressed GeoTIFF.

    Parameters
    ----------
    path
        The file; its folder exists.
    grid
        Its grid.
    values
        (rows, columns) or (bands, rows, columns).
    nodata
        Value without data, or None.
    **options
        Further options of creation.
    """
    predictor = {"f": 3, "i": 2}.get(values.dtype.kind, 1)
    _write(
        path,
        grid,
        values,
        "GTiff",
        nodata=nodata,
        compress="DEFLATE",
        zlevel=1,
        predictor=predictor,
        **options,
    )


def write_jpeg2000(path: Path, grid: Grid, values: NDArray[Any]) -> None:
    """Write a lossless JPEG 2000 image of one band."""
    _write(path, grid, values, "JP2OpenJPEG", QUALITY="100", REVERSIBLE="YES")


def _write(path: Path, grid: Grid, values: NDArray[Any], driver: str, **options: Any) -> None:
    bands = values[None] if values.ndim == 2 else values
    with rasterio.open(
        path,
        "w",
        driver=driver,
        height=grid.height,
        width=grid.width,
        count=len(bands),
        dtype=bands.dtype.name,
        crs=grid.crs,
        transform=grid.affine,
        **options,
    ) as dataset:
        dataset.write(bands)
