"""Pixels of one acquisition on the grid of its tile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
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
from tilefold.sensors.alignment import (
    pixel_offset,
    read_shifted,
    read_warped,
    same_crs,
    source_grid,
    warped,
)
from tilefold.sensors.errors import BadAcquisitionError
from tilefold.sensors.listing import reader_of
from tilefold.sensors.masks import usable_pixels
from tilefold.sensors.product import AcquisitionFiles, BandFile, MaskRule
from tilefold.sensors.resampling import pixel_places, pixels_grow, resample, source_part
from tilefold.sensors.stored import EMPTY, store_numbers, store_power
from tilefold.sensors.touching import all_usable, source_window, touched_pixels


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
class _Raster:
    """One open file of an acquisition and how it lies on the grid.

    `offset` leads from the grid's pixels to the raster's where they coincide.
    """

    path: Path
    dataset: DatasetReader
    source: Grid
    offset: tuple[int, int] | None


@dataclass(frozen=True)
class _Bands:
    """The bands of an acquisition that are in one file.

    `view` is the file on the grid where its pixels do not coincide and `tilefold.sensors.resampling` does not
    serve: another rule than the cubic one, pixels that grow, or values that are no short integers.
    """

    raster: _Raster
    nodata: int
    view: WarpedVRT | None
    #: Place of each band among the acquisition's bands.
    places: list[int] = field(default_factory=list)
    bands: list[BandFile] = field(default_factory=list)

    @property
    def indexes(self) -> list[int]:
        return [band.index for band in self.bands]


class OpenAcquisition:
    """The open files of one acquisition, for one thread at a time; close it, or use it in a `with` statement.

    Rasters whose pixels coincide with the grid's are read as they are; bands of another CRS, origin or size
    of pixels are resampled (nodata has no weight, and a pixel whose nearest source pixel is nodata is nodata),
    masks so that a pixel which touches an unusable one is unusable.
    """

    def __init__(self, files: AcquisitionFiles, grid: Grid) -> None:
        self.files = files
        self._grid = grid
        self._rasters: dict[Path, _Raster] = {}
        self._bands: dict[Path, _Bands] = {}
        with ExitStack() as opening:
            for place, band in enumerate(files.bands):
                with _naming(files.product, band.path):
                    self._open_band(opening, place, band)
            for mask in files.masks:
                with _naming(files.product, mask.path):
                    self._open_raster(opening, mask.path)
            self._open_files = opening.pop_all()

    def _open_raster(self, opening: ExitStack, path: Path) -> _Raster:
        if path in self._rasters:
            return self._rasters[path]
        # Closed, not left as a context: rasterio's contexts belong to the thread that enters them.
        dataset = opening.enter_context(closing(rasterio.open(path)))
        source = source_grid(dataset)
        if self._rasters:
            _check_area(source, next(iter(self._rasters.values())).source)
        raster = _Raster(path, dataset, source, pixel_offset(source, self._grid))
        self._rasters[path] = raster
        return raster

    def _open_band(self, opening: ExitStack, place: int, band: BandFile) -> None:
        raster = self._open_raster(opening, band.path)
        if band.index > raster.dataset.count:
            raise ValueError(f"found {raster.dataset.count} bands, expected at least {band.index}")
        if band.path not in self._bands:
            nodata = _held_nodata(raster.dataset.dtypes[0], self.files)
            view = None
            if raster.offset is None and not _is_convolved(raster, self.files, self._grid):
                resampling = Resampling[self.files.resampling]
                vrt = warped(raster.dataset, self._grid, resampling, src_nodata=nodata, nodata=nodata)
                view = opening.enter_context(closing(vrt))
            self._bands[band.path] = _Bands(raster, nodata, view)
        self._bands[band.path].places.append(place)
        self._bands[band.path].bands.append(band)

    @property
    def number_of_files(self) -> int:
        """How many files are open."""
        return len(self._rasters)

    def check(self) -> None:
        """Read the last pixel of every file: what was cut short usually lacks its end.

        Raises
        ------
        BadAcquisitionError
            If one cannot be read.
        """
        for path, raster in self._rasters.items():
            height, width = raster.dataset.shape
            with _naming(self.files.product, path):
                raster.dataset.read(window=((height - 1, height), (width - 1, width)))

    def read(self, window: Window) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        """Read a window of the grid; the values do not depend on which windows are read.

        Returns
        -------
        bands : array of int16, (bands, rows, columns)
            Stored values in the sensor's own scale, rounded half up and clipped to -32767..32767; linear power
            in hundredths of a decibel.
        valid : array of bool, (rows, columns)
            Clear pixels inside the product. Bands of other pixels mean nothing.

        Raises
        ------
        BadAcquisitionError
            If a file is cut short.
        """
        stored = np.empty((len(self.files.bands), *window.shape), np.int16)
        valid = self._read_masks(window)
        for path, group in self._bands.items():
            with _naming(self.files.product, path):
                self._store_group(group, window, stored)
            for place in group.places:
                valid &= stored[place] != EMPTY
        return stored, valid

    def read_power(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Read a window of linear power, before it is stored; otherwise as `read`."""
        power = np.empty((len(self.files.bands), *window.shape), np.float32)
        valid = self._read_masks(window)
        for path, group in self._bands.items():
            with _naming(self.files.product, path):
                values = self._read_group(group, window)
            for place, band in zip(group.places, values, strict=True):
                power[place] = band
                valid &= np.isfinite(power[place]) & (power[place] > 0)
        return power, valid

    def _store_group(self, group: _Bands, window: Window, stored: NDArray[np.int16]) -> None:
        if group.view is None and group.raster.offset is None:
            return self._convolve_group(group, window, stored)
        values = self._read_group(group, window)
        for place, band, source in zip(group.places, group.bands, values, strict=True):
            if self.files.is_power:
                store_power(source, stored[place])
            else:
                store_numbers(source, group.nodata, band.shift, stored[place])
        return None

    def _read_group(self, group: _Bands, window: Window) -> NDArray[Any]:
        """Numbers of a file's bands on the grid, (bands, rows, columns)."""
        if group.view is not None:
            return read_warped(group.view, window, group.indexes)
        raster = group.raster
        if raster.offset is None:
            raise ValueError("power is never convolved")
        return read_shifted(raster.dataset, window, raster.offset, indexes=group.indexes, fill=group.nodata)

    def _convolve_group(self, group: _Bands, window: Window, stored: NDArray[np.int16]) -> None:
        places = pixel_places(group.raster.source, self._grid, window)
        part = source_part(places, group.raster.source)
        if part.height * part.width == 0:
            stored[group.places] = EMPTY
            return
        values = group.raster.dataset.read(group.indexes, window=part.to_ranges())
        around = np.empty(part.shape, np.int16)
        for place, band, source in zip(group.places, group.bands, values, strict=True):
            store_numbers(source, group.nodata, band.shift, around)
            stored[place] = resample(around, part, places, EMPTY)

    def _read_masks(self, window: Window) -> NDArray[np.bool_]:
        valid = np.ones(window.shape, np.bool_)
        for mask in self.files.masks:
            with _naming(self.files.product, mask.path):
                valid &= _read_mask(self._rasters[mask.path], self._grid, window, mask.rule)
        return valid

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


def _held_nodata(dtype: str, files: AcquisitionFiles) -> int:
    """Nodata value as a file of a data type holds it."""
    if in_dtype_range(files.nodata, dtype):
        return files.nodata
    if files.same_bits and dtype == "uint16":
        return files.nodata % 2**16
    raise ValueError(f"its data type {dtype} cannot hold the sensor's nodata value {files.nodata}")


def _is_convolved(raster: _Raster, files: AcquisitionFiles, grid: Grid) -> bool:
    """Whether the compiled cubic convolution puts a raster on the grid."""
    dtype = np.dtype(raster.dataset.dtypes[0])
    return (
        files.resampling == "cubic"
        and not files.is_power
        and dtype.kind in "iu"
        and dtype.itemsize <= 2
        and not pixels_grow(raster.source, grid)
    )


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


def _read_mask(raster: _Raster, grid: Grid, window: Window, rule: MaskRule) -> NDArray[np.bool_]:
    """Usable pixels of a window of the grid."""
    if raster.offset is None:
        touched = touched_pixels(raster.source, grid, window)
        read = source_window(touched, raster.source)
        usable = np.zeros(read.shape, np.bool_)
        if usable.size:
            usable = usable_pixels(raster.dataset.read(1, window=read.to_ranges()), rule)
        return all_usable(usable, read, touched)
    values = read_shifted(raster.dataset, window, raster.offset, indexes=[1], fill=0)[0]
    return usable_pixels(values, rule) & _inside(raster.source, window, raster.offset)


def _inside(source: Grid, window: Window, offset: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels of a window that the raster holds."""
    rows = np.arange(window.row_start, window.row_stop) + offset[0]
    cols = np.arange(window.col_start, window.col_stop) + offset[1]
    row_inside = (rows >= 0) & (rows < source.height)
    col_inside = (cols >= 0) & (cols < source.width)
    return row_inside[:, None] & col_inside[None, :]
