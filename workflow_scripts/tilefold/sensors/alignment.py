"""Reading any raster on a given grid: plainly where pixels coincide, warped where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window

#: Fraction of a pixel within which two grids count as the same.
TOLERANCE = 1e-3

#: Tolerance of coordinates, in pixels, that makes GDAL transform each one; 0 is refused there.
EXACT = 1e-9


def source_grid(dataset: DatasetReader) -> Grid:
    """Grid of an open raster, its CRS as WKT (looking for an EPSG code costs more than reading a block).

    Raises
    ------
    ValueError
        If it has no CRS or is not north-up.
    """
    if dataset.crs is None:
        raise ValueError("no coordinate reference system")
    t = dataset.transform
    return Grid(dataset.crs.wkt, (t.a, t.b, t.c, t.d, t.e, t.f), dataset.height, dataset.width)


@lru_cache(maxsize=256)
def same_crs(first: str, second: str) -> bool:
    """Whether two texts (``EPSG:<code>`` or WKT) describe one CRS."""
    return first == second or CRS.from_user_input(first) == CRS.from_user_input(second)


def pixel_offset(source: Grid, target: Grid) -> tuple[int, int] | None:
    """Rows and columns to add to a pixel of `target` to get the same pixel of `source`.

    None where the pixels of the two grids do not coincide: another CRS, size of pixels or phase.
    """
    if not same_crs(source.crs, target.crs):
        return None
    offsets = []
    for size, start, other_size, other_start, length in (
        (source.transform[4], source.transform[5], target.transform[4], target.transform[5], target.height),
        (source.transform[0], source.transform[2], target.transform[0], target.transform[2], target.width),
    ):
        offset = (other_start - start) / size
        drift = abs(other_size / size - 1) * length
        if drift > TOLERANCE or abs(offset - round(offset)) > TOLERANCE:
            return None
        offsets.append(round(offset))
    return offsets[0], offsets[1]


def read_shifted(
    dataset: DatasetReader,
    window: Window,
    offset: tuple[int, int],
    *,
    indexes: Sequence[int],
    fill: float,
    dtype: str | None = None,
) -> NDArray[Any]:
    """Read a window of a grid whose pixels coincide with the raster's.

    Parameters
    ----------
    dataset
        The raster.
    window
        Window of the grid.
    offset
        From the grid's to the raster's rows and columns, see `pixel_offset`.
    indexes
        Bands to read, from 1.
    fill
        Value of pixels outside the raster.
    dtype
        Data type of the result. Default: the raster's.

    Returns
    -------
    array of `dtype`, (bands, rows, columns)
    """
    top, left = window.row_start + offset[0], window.col_start + offset[1]
    row_start, row_stop = max(top, 0), min(top + window.height, dataset.height)
    col_start, col_stop = max(left, 0), min(left + window.width, dataset.width)
    part = (row_start, row_stop), (col_start, col_stop)
    if (row_stop - row_start, col_stop - col_start) == window.shape:
        return dataset.read(list(indexes), window=part, out_dtype=dtype)
    values = np.full((len(indexes), *window.shape), fill, dtype or dataset.dtypes[0])
    if row_start < row_stop and col_start < col_stop:
        inside = dataset.read(list(indexes), window=part, out_dtype=dtype)
        values[:, row_start - top : row_stop - top, col_start - left : col_stop - left] = inside
    return values


def warped(dataset: DatasetReader, target: Grid, resampling: Resampling, **options: Any) -> WarpedVRT:
    """View of a raster on another grid.

    The view covers the whole grid and coordinates are transformed exactly (no tolerance), so what a window
    of it holds does not depend on which windows are read.

    Parameters
    ----------
    dataset
        The raster.
    target
        The grid.
    resampling
        How values between pixels are found.
    **options
        Further arguments of `rasterio.vrt.WarpedVRT`: no-data values, data type, alpha band.
    """
    return WarpedVRT(
        dataset,
        crs=target.crs,
        transform=target.affine,
        height=target.height,
        width=target.width,
        resampling=resampling,
        tolerance=EXACT,
        **options,
    )
