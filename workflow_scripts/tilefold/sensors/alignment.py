"""Reading any raster on a given grid: plainly where pixels coincide, warped where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window

#: Fraction of a pixel within which two grids count as the same.
TOLERANCE = 1e-3

#: How much larger than a source pixel a pixel may be before it is made of many.
GROWTH = 1.05

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


def source_steps(source: Grid, target: Grid) -> tuple[float, float]:
    """Source pixels from the pixel in the middle of `target` to the next one of its row and of its column."""
    row, col = target.height // 2, target.width // 2
    x, y = target.centres(np.array([row, row + 1]), np.array([col, col + 1]))
    across, down = x[[0, 1, 0]], y[[0, 0, 1]]
    if not same_crs(source.crs, target.crs):
        to_source = Transformer.from_crs(target.crs, source.crs, always_xy=True)
        across, down = to_source.transform(across, down)
    a, _, _, _, e, _ = source.transform
    with np.errstate(invalid="ignore"):
        along_row, along_col = (
            float(np.hypot((across[other] - across[0]) / a, (down[other] - down[0]) / e)) for other in (1, 2)
        )
    # The middle of a grid far away may have no image in the source's CRS; nothing of the source is there.
    return (along_row, along_col) if np.isfinite([along_row, along_col]).all() else (1.0, 1.0)


def warped(dataset: DatasetReader, target: Grid, resampling: Resampling, **options: Any) -> WarpedVRT:
    """View of a raster on another grid, to be read by `read_warped`.

    The view covers the whole grid, coordinates are transformed exactly (no tolerance), and how many source pixels
    make one pixel is fixed: GDAL would find it for each part that it warps, from the part's shape.

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
    x_scale, y_scale = (
        1.0 if step <= GROWTH else 1 / step for step in source_steps(source_grid(dataset), target)
    )
    return WarpedVRT(
        dataset,
        crs=target.crs,
        transform=target.affine,
        height=target.height,
        width=target.width,
        resampling=resampling,
        tolerance=EXACT,
        XSCALE=x_scale,
        YSCALE=y_scale,
        **options,
    )


def read_warped(view: WarpedVRT, window: Window, indexes: Sequence[int]) -> NDArray[Any]:
    """Read a window of a view; the values do not depend, bit by bit, on which windows are read.

    The view is read by its own blocks. GDAL warps what spans several of them in one piece, and places in the
    source are found from a piece's corner: another piece, another last bit.

    Returns
    -------
    array of the view's data type, (bands, rows, columns)
    """
    values = np.empty((len(indexes), *window.shape), view.dtypes[0])
    height, width = view.block_shapes[0]
    for top in range(window.row_start // height * height, window.row_stop, height):
        for left in range(window.col_start // width * width, window.col_stop, width):
            rows = max(top, window.row_start), min(top + height, window.row_stop)
            cols = max(left, window.col_start), min(left + width, window.col_stop)
            place = (
                slice(rows[0] - window.row_start, rows[1] - window.row_start),
                slice(cols[0] - window.col_start, cols[1] - window.col_start),
            )
            values[:, *place] = view.read(list(indexes), window=(rows, cols))
    return values
