"""Pixels of one acquisition on the grid of its tile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.dtypes import in_dtype_range
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.sensors.alignment import pixel_offset, read_shifted, same_crs, source_grid, warped
from tilefold.sensors.errors import BadAcquisitionError
from tilefold.sensors.listing import reader_of
from tilefold.sensors.product import AcquisitionFiles
from tilefold.sensors.touching import all_usable, source_window, touched_pixels

#: Values that an observation may have; -32768 is kept free for the series' nodata.
LOWEST, HIGHEST = -32767, 32767


def read_acquisition(
    root: Path | str,
    tile: str,
    definition: Mapping[str, Any],
    product: str,
    grid: Grid,
    window: Window,
) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Read a window of one acquisition.

    Rasters whose pixels coincide with the grid's are read as they are; bands of another CRS, origin or size
    of pixels are resampled by cubic convolution (nodata has no weight, and a pixel whose nearest source
    pixel is nodata is nodata), masks so that a pixel which touches an unusable one is unusable. The values do
    not depend on the window.

    Parameters
    ----------
    root
        Folder of the sensor.
    tile
        Name of the tile.
    definition
        The sensor's description, see `tilefold.sensors.catalogue`.
    product
        Name of the product, as `tilefold.sensors.listing.list_products` gives it.
    grid
        Grid of the tile.
    window
        Window of that grid.

    Returns
    -------
    bands : array of int16, (bands, rows, columns)
        Stored values in the sensor's own scale, rounded half up and clipped to -32767..32767.
    valid : array of bool, (rows, columns)
        Clear pixels inside the product. Bands of other pixels mean nothing.

    Raises
    ------
    BadAcquisitionError
        If a file is missing, cut short, without CRS, or covers another area than the first band.
    """
    files = reader_of(definition).acquisition_files(Path(root), tile, definition, product)
    bands = np.empty((len(files.bands), *window.shape), np.int16)
    valid = np.ones(window.shape, np.bool_)
    first: Grid | None = None
    for index, path in enumerate(files.bands):
        with _open(files, path, first) as (dataset, source):
            first = first or source
            _read_band(dataset, source, grid, window, files.nodata, bands[index], valid)
    for path in files.masks:
        with _open(files, path, first) as (dataset, source):
            valid &= _read_mask(dataset, source, grid, window, files.mask_valid)
    return bands, valid


@contextmanager
def _open(files: AcquisitionFiles, path: Path, first: Grid | None) -> Iterator[tuple[DatasetReader, Grid]]:
    """Open one raster of an acquisition and check its header; what goes wrong inside names the file."""
    try:
        with rasterio.open(path) as dataset:
            source = source_grid(dataset)
            _check_area(source, first)
            yield dataset, source
    except (RasterioError, ValueError) as error:
        if not path.is_file():
            raise BadAcquisitionError(files.product, path, "the file is missing") from error
        reason = f"{error} {error.__cause__ or ''}".strip()
        raise BadAcquisitionError(files.product, path, f"cannot be read: {reason}") from error


def _check_area(source: Grid, first: Grid | None) -> None:
    """Every raster of a product covers the same rectangle, but for a part of a coarser raster's pixel."""
    if first is None:
        return
    if not same_crs(source.crs, first.crs):
        raise ValueError(f"found the CRS {source.crs}, the first band has {first.crs}")
    for axis in (0, 1):
        fine, coarse = sorted((source.resolution[axis], first.resolution[axis]))
        # Less than one pixel too few where sizes are equal, less than one coarse pixel too many where not.
        allowed = coarse - fine / 2
        edges = (axis, axis + 2)
        if any(abs(source.bounds[edge] - first.bounds[edge]) > allowed for edge in edges):
            raise ValueError(
                f"found {source.height} x {source.width} pixels with bounds {source.bounds}, "
                f"the first band has {first.height} x {first.width} with {first.bounds}"
            )


def _read_band(
    dataset: DatasetReader,
    source: Grid,
    grid: Grid,
    window: Window,
    nodata: int,
    band: NDArray[np.int16],
    valid: NDArray[np.bool_],
) -> None:
    """Fill `band` and clear `valid` where nothing was measured."""
    dtype = dataset.dtypes[0]
    if not in_dtype_range(nodata, dtype):
        raise ValueError(f"its data type {dtype} cannot hold the sensor's nodata value {nodata}")
    offset = pixel_offset(source, grid)
    if offset is not None:
        values = read_shifted(dataset, window, offset, indexes=[1], fill=nodata)[0]
    else:
        with warped(dataset, grid, Resampling.cubic, src_nodata=nodata, nodata=nodata) as view:
            values = view.read(1, window=window.to_ranges())
    valid &= values != nodata
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        valid &= finite
        values = np.floor(np.where(finite, values, 0) + 0.5)
    limits = np.iinfo(values.dtype) if values.dtype.kind in "iu" else np.finfo(values.dtype)
    if limits.min < LOWEST or limits.max > HIGHEST:
        values = np.clip(values, max(limits.min, LOWEST), min(limits.max, HIGHEST))
    band[:] = values


def _read_mask(
    dataset: DatasetReader, source: Grid, grid: Grid, window: Window, mask_valid: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Usable pixels of a window of the grid."""
    offset = pixel_offset(source, grid)
    if offset is None:
        touched = touched_pixels(source, grid, window)
        read = source_window(touched, source)
        inside = np.zeros(read.shape, np.bool_)
        if inside.size:
            inside = _usable(dataset.read(1, window=read.to_ranges()), mask_valid)
        return all_usable(inside, read, touched)
    values = read_shifted(dataset, window, offset, indexes=[1], fill=0)[0]
    return _usable(values, mask_valid) & _inside(source, window, offset)


def _usable(values: NDArray[Any], mask_valid: tuple[int, ...]) -> NDArray[np.bool_]:
    if mask_valid == (0,):
        return np.asarray(values == 0)
    return np.isin(values, mask_valid)


def _inside(source: Grid, window: Window, offset: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels of a window that the raster holds."""
    rows = np.arange(window.row_start, window.row_stop) + offset[0]
    cols = np.arange(window.col_start, window.col_stop) + offset[1]
    row_inside = (rows >= 0) & (rows < source.height)
    col_inside = (cols >= 0) & (cols < source.width)
    return row_inside[:, None] & col_inside[None, :]
