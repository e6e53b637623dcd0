"""Pixels of one acquisition on the grid of its tile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.dtypes import in_dtype_range
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.sensors.alignment import pixel_offset, read_shifted, same_crs, source_grid, warped
from tilefold.sensors.errors import BadAcquisitionError
from tilefold.sensors.listing import reader_of
from tilefold.sensors.product import AcquisitionFiles
from tilefold.sensors.resampling import pixel_places, pixels_grow, resample, source_part
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
    """Read one window of one acquisition; see `open_acquisition` and `OpenAcquisition.read`."""
    with open_acquisition(root, tile, definition, product, grid) as acquisition:
        return acquisition.read(window)


def open_acquisition(
    root: Path | str, tile: str, definition: Mapping[str, Any], product: str, grid: Grid
) -> OpenAcquisition:
    """Open all files of one acquisition and check their headers.

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

    Raises
    ------
    BadAcquisitionError
        If a file is missing, cut short, without CRS, or covers another area than the first band.
    """
    return OpenAcquisition(
        reader_of(definition).acquisition_files(Path(root), tile, definition, product), grid
    )


@dataclass(frozen=True)
class _Layer:
    """One open raster of an acquisition and how it lies on the grid.

    `offset` leads from the grid's pixels to the raster's where they coincide. `view` is a band on the grid where
    they do not and `tilefold.sensors.resampling` does not serve: pixels grow, or values are no int16.
    """

    path: Path
    dataset: DatasetReader
    source: Grid
    offset: tuple[int, int] | None
    view: WarpedVRT | None = None


class OpenAcquisition:
    """The open files of one acquisition, for one thread at a time; close it, or use it in a `with` statement.

    Rasters whose pixels coincide with the grid's are read as they are; bands of another CRS, origin or size
    of pixels are resampled by cubic convolution (nodata has no weight, and a pixel whose nearest source
    pixel is nodata is nodata), masks so that a pixel which touches an unusable one is unusable.
    """

    def __init__(self, files: AcquisitionFiles, grid: Grid) -> None:
        self.files = files
        self._grid = grid
        with ExitStack() as opening:
            first: Grid | None = None
            self._bands: list[_Layer] = []
            for path in files.bands:
                with _naming(files.product, path):
                    self._bands.append(_open_band(opening, path, files.nodata, grid, first))
                first = first or self._bands[0].source
            self._masks: list[_Layer] = []
            for path in files.masks:
                with _naming(files.product, path):
                    self._masks.append(_open_layer(opening, path, grid, first))
            self._open_files = opening.pop_all()

    @property
    def number_of_files(self) -> int:
        """How many files are open."""
        return len(self._bands) + len(self._masks)

    def read(self, window: Window) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        """Read a window of the grid; the values do not depend on which windows are read.

        Returns
        -------
        bands : array of int16, (bands, rows, columns)
            Stored values in the sensor's own scale, rounded half up and clipped to -32767..32767.
        valid : array of bool, (rows, columns)
            Clear pixels inside the product. Bands of other pixels mean nothing.

        Raises
        ------
        BadAcquisitionError
            If a file is cut short.
        """
        bands = np.empty((len(self._bands), *window.shape), np.int16)
        valid = np.ones(window.shape, np.bool_)
        for index, layer in enumerate(self._bands):
            with _naming(self.files.product, layer.path):
                bands[index] = _read_band(layer, self._grid, window, self.files.nodata, valid)
        for layer in self._masks:
            with _naming(self.files.product, layer.path):
                valid &= _read_mask(layer, self._grid, window, self.files.mask_valid)
        return bands, valid

    def close(self) -> None:
        """Close all files."""
        self._open_files.close()

    def __enter__(self) -> OpenAcquisition:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _naming(product: str, path: Path) -> Iterator[None]:
    """Name the product and the file in whatever goes wrong."""
    try:
        yield
    except (RasterioError, ValueError) as error:
        if not path.is_file():
            raise BadAcquisitionError(product, path, "the file is missing") from error
        reason = f"{error} {error.__cause__ or ''}".strip()
        raise BadAcquisitionError(product, path, f"cannot be read: {reason}") from error


def _open_layer(opening: ExitStack, path: Path, grid: Grid, first: Grid | None) -> _Layer:
    # Closed, not left as a context: rasterio's contexts belong to the thread that enters them.
    dataset = opening.enter_context(closing(rasterio.open(path)))
    source = source_grid(dataset)
    if first is not None:
        _check_area(source, first)
    return _Layer(path, dataset, source, pixel_offset(source, grid))


def _open_band(opening: ExitStack, path: Path, nodata: int, grid: Grid, first: Grid | None) -> _Layer:
    layer = _open_layer(opening, path, grid, first)
    dtype = layer.dataset.dtypes[0]
    if not in_dtype_range(nodata, dtype):
        raise ValueError(f"its data type {dtype} cannot hold the sensor's nodata value {nodata}")
    if layer.offset is not None or (dtype == "int16" and not pixels_grow(layer.source, grid)):
        return layer
    view = warped(layer.dataset, grid, Resampling.cubic, src_nodata=nodata, nodata=nodata)
    return _Layer(path, layer.dataset, layer.source, None, opening.enter_context(closing(view)))


def _check_area(source: Grid, first: Grid) -> None:
    """Every raster of a product covers the same rectangle, but for a part of a coarser raster's pixel."""
    if not same_crs(source.crs, first.crs):
        raise ValueError(f"found the CRS {source.crs}, the first band has {first.crs}")
    for axis in (0, 1):
        fine, coarse = sorted((source.resolution[axis], first.resolution[axis]))
        # Less than one pixel too few where sizes are equal, less than one coarse pixel too many where not.
        allowed = coarse - fine / 2
        if any(abs(source.bounds[edge] - first.bounds[edge]) > allowed for edge in (axis, axis + 2)):
            raise ValueError(
                f"found {source.height} x {source.width} pixels with bounds {source.bounds}, "
                f"the first band has {first.height} x {first.width} with {first.bounds}"
            )


def _read_band(
    layer: _Layer, grid: Grid, window: Window, nodata: int, valid: NDArray[np.bool_]
) -> NDArray[Any]:
    """Values within int16; clears `valid` where nothing was measured."""
    if layer.view is not None:
        values = layer.view.read(1, window=window.to_ranges())
    elif layer.offset is not None:
        values = read_shifted(layer.dataset, window, layer.offset, indexes=[1], fill=nodata)[0]
    else:
        places = pixel_places(layer.source, grid, window)
        part = source_part(places, layer.source)
        around = layer.dataset.read(1, window=part.to_ranges()) if part.height * part.width else None
        values = resample(around, part, places, nodata)
    valid &= values != nodata
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        valid &= finite
        values = np.floor(np.where(finite, values, 0) + 0.5)
    limits = np.iinfo(values.dtype) if values.dtype.kind in "iu" else np.finfo(values.dtype)
    if limits.min < LOWEST or limits.max > HIGHEST:
        values = np.clip(values, max(limits.min, LOWEST), min(limits.max, HIGHEST), out=values)
    return values


def _read_mask(layer: _Layer, grid: Grid, window: Window, mask_valid: tuple[int, ...]) -> NDArray[np.bool_]:
    """Usable pixels of a window of the grid."""
    if layer.offset is None:
        touched = touched_pixels(layer.source, grid, window)
        read = source_window(touched, layer.source)
        usable = np.zeros(read.shape, np.bool_)
        if usable.size:
            usable = _usable(layer.dataset.read(1, window=read.to_ranges()), mask_valid)
        return all_usable(usable, read, touched)
    values = read_shifted(layer.dataset, window, layer.offset, indexes=[1], fill=0)[0]
    return _usable(values, mask_valid) & _inside(layer.source, window, layer.offset)


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
