"""One sensor's acquisitions over a tile, made one gap-filled series."""

from __future__ import annotations

import datetime
import logging
import resource
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window, shifted
from tilefold.sensors.errors import BadAcquisitionError, MissingProductsError
from tilefold.sensors.reading import OpenAcquisition, open_acquisition
from tilefold.sensors.speckle import combine, local_means, widened
from tilefold.series.gapfilling import fill_gaps, merge_same_day
from tilefold.series.layout import CLEAR_DATES, NODATA, series_descriptions
from tilefold.series.methods import METHODS
from tilefold.series.skipping import without_bad, write_skipped
from tilefold.storage.metadata import provenance
from tilefold.storage.rasters import BLOCK, create_raster

logger = logging.getLogger(__name__)

#: Memory in bytes for a block's acquisitions and its series.
MEMORY = 768 * 2**20

#: Bytes a pixel that the speckle filter needs of each image: its power and the local mean.
FILTER_BYTES = 8

#: Memory in bytes for GDAL's cache of blocks; its default is a share of the machine's.
GDAL_CACHE = 256 * 2**20


def preprocess_tile(
    root: Path | str,
    settings: Mapping[str, Any],
    *,
    series: Path | str,
    clear_dates: Path | str,
    skipped: Path | str,
    threads: int,
) -> None:
    """Write the gap-filled series of a tile and sensor, and how often each pixel was seen clear.

    Memory is bounded by blocks, whatever the tile's size; results depend on neither their size nor the threads.

    Parameters
    ----------
    root
        Folder of the sensor.
    settings
        `tile`; `grid`; `calendar` (ISO dates); `products` (each with `name` and `date`); `definition` of the
        sensor, see `tilefold.sensors.catalogue`; `method`, `method_parameters` (see `fill_gaps`);
        `on_bad_acquisition`: stop, or skip, which leaves out the whole acquisition as if it had never been
        there; `refused`: rows for the table of skipped acquisitions that were left out before.
    series
        To write: int16, nodata -32768, all bands of the first date, then of the next.
    clear_dates
        To write: uint16, the number of clear days.
    skipped
        To write: CSV of acquisitions that were left out, with `product`, `file` and `reason`.
    threads
        Threads that read products and fill gaps.

    Raises
    ------
    MissingProductsError
        If there is no product, or none can be read.
    BadAcquisitionError
        If one cannot be read and is not to be skipped; no file is written then.
    ValueError
        If a setting has a value that is not known.
    """
    _check_choices(settings)
    products = _products(settings)
    write = partial(_write_series, root, settings, series=series, clear_dates=clear_dates, threads=threads)
    bad: list[BadAcquisitionError] = []
    if settings["on_bad_acquisition"] == "stop":
        write(products)
    else:
        bad = without_bad(root, settings, products, write, threads)
    for error in bad:
        logger.warning("left out: %s", error)
    write_skipped(skipped, [*settings["refused"], *(error.to_row(root) for error in bad)])


def _write_series(
    root: Path | str,
    settings: Mapping[str, Any],
    products: Sequence[Mapping[str, Any]],
    *,
    series: Path | str,
    clear_dates: Path | str,
    threads: int,
) -> None:
    """Write the series of some products and their clear dates."""
    grid = Grid.from_dict(settings["grid"])
    bands = settings["definition"]["bands"]
    floats = FILTER_BYTES if settings["definition"].get("speckle_window") else 0
    windows = list(_blocks(grid, len(products), len(bands), len(settings["calendar"]), floats))
    descriptions = series_descriptions(bands, settings["calendar"])
    tags = provenance(settings)
    with (
        rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE),
        closing(
            _Acquisitions(root, settings, [product["name"] for product in products], grid)
        ) as acquisitions,
        create_raster(
            series, grid, dtype="int16", nodata=NODATA, descriptions=descriptions, tags=tags
        ) as out,
        create_raster(
            clear_dates, grid, dtype="uint16", nodata=None, descriptions=[CLEAR_DATES], tags=tags
        ) as count,
    ):
        days = [_day(product["date"]) for product in products]
        filled = _fill_blocks(acquisitions, windows, days, settings, threads)
        for number, (window, values, clear) in enumerate(filled, start=1):
            out.write(values, window=window.to_ranges())
            count.write(clear, 1, window=window.to_ranges())
            logger.info("%s %s: block %d of %d", settings["tile"], settings["sensor"], number, len(windows))


def _fill_blocks(
    acquisitions: _Acquisitions,
    windows: Sequence[Window],
    days: Sequence[int],
    settings: Mapping[str, Any],
    threads: int,
) -> Iterator[tuple[Window, NDArray[np.int16], NDArray[np.uint16]]]:
    """Read and fill block after block; a block's arrays are overwritten by the next."""
    calendar, method = [_day(date) for date in settings["calendar"]], settings["method"]
    bands = len(settings["definition"]["bands"])
    buffers = _Buffers(windows, len(days), bands, bands * len(calendar))
    with ThreadPoolExecutor(threads) as pool:
        for window in windows:
            values, valid = buffers.stack(window)
            if settings["definition"].get("speckle_window"):
                _read_filtered(acquisitions, window, values, valid, pool)
            else:
                _read_block(acquisitions, window, values, valid, pool)
            merged = merge_same_day(values, valid, days)
            room = buffers.series(window)
            yield window, *fill_gaps(*merged, calendar, threads, room, method, settings["method_parameters"])


def _products(settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Products by date, those of one day by name."""
    if not settings["products"]:
        raise MissingProductsError(f"tile {settings['tile']}: no product of {settings['sensor']}")
    return sorted(settings["products"], key=lambda product: (product["date"], product["name"]))


def _check_choices(settings: Mapping[str, Any]) -> None:
    for key, known in (("method", tuple(METHODS)), ("on_bad_acquisition", ("stop", "skip"))):
        if settings[key] not in known:
            raise ValueError(f"{key}: found {settings[key]!r}, known: {', '.join(known)}")


def _day(date: str) -> int:
    return datetime.date.fromisoformat(date).toordinal()


def _blocks(grid: Grid, products: int, bands: int, dates: int, more: int = 0) -> Iterator[Window]:
    """Blocks in row-major order: as high as the raster's own, as wide as memory allows in whole ones.

    `more` is what each band of an acquisition takes besides its stored value, in bytes a pixel.
    """
    pixel = products * ((2 + more) * bands + 1) + 2 * dates * bands
    width = max(MEMORY // (pixel * BLOCK * BLOCK), 1) * BLOCK
    for row in range(0, grid.height, BLOCK):
        for col in range(0, grid.width, width):
            yield Window(row, min(row + BLOCK, grid.height), col, min(col + width, grid.width))


class _Buffers:
    """Memory of the largest block, used again by all: getting it afresh costs as much as a pass over it."""

    def __init__(self, windows: Sequence[Window], products: int, bands: int, components: int) -> None:
        pixels = max(window.height * window.width for window in windows)
        self._shape = products, bands, components
        self._values = np.empty(products * bands * pixels, np.int16)
        self._valid = np.empty(products * pixels, np.bool_)
        self._series = np.empty(components * pixels, np.int16)

    def stack(self, window: Window) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        """Arrays (products, bands, rows, columns) and (products, rows, columns) of any content."""
        products, bands, _ = self._shape
        pixels = window.height * window.width
        values = self._values[: products * bands * pixels].reshape(products, bands, *window.shape)
        return values, self._valid[: products * pixels].reshape(products, *window.shape)

    def series(self, window: Window) -> NDArray[np.int16]:
        """Array (components, rows, columns) of any content."""
        components = self._shape[2]
        size = components * window.height * window.width
        return self._series[:size].reshape(components, *window.shape)


class _Acquisitions:
    """The acquisitions of a tile, as many of them kept open as the system lets one process have files.

    Opening the files of an acquisition takes as long as reading a block of it.
    """

    def __init__(
        self, root: Path | str, settings: Mapping[str, Any], names: Sequence[str], grid: Grid
    ) -> None:
        self.names = names
        self.grid = grid
        self.speckle_window: int = settings["definition"].get("speckle_window") or 0
        self._root = root
        self._settings = settings
        self._kept: dict[int, OpenAcquisition] = {}

    def read(self, index: int, window: Window) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        """Bands and clear pixels of one acquisition; two threads never ask for the same one at a time."""
        with self._opened(index) as acquisition:
            return acquisition.read(window)

    def read_power(self, index: int, window: Window) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Linear power and clear pixels of one acquisition, as `read`."""
        with self._opened(index) as acquisition:
            return acquisition.read_power(window)

    @contextmanager
    def _opened(self, index: int) -> Iterator[OpenAcquisition]:
        acquisition = self._kept.get(index) or self._open(index)
        if (index + 1) * acquisition.number_of_files <= _files_to_keep():
            self._kept[index] = acquisition
            yield acquisition
        else:
            with acquisition:
                yield acquisition

    def _open(self, index: int) -> OpenAcquisition:
        settings = self._settings
        return open_acquisition(
            self._root, settings["tile"], settings["definition"], self.names[index], self.grid
        )

    def close(self) -> None:
        """Close what was kept open."""
        for acquisition in self._kept.values():
            acquisition.close()


def _files_to_keep() -> int:
    """Files that may stay open: the process's limit less what libraries, outputs and threads need."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 256


def _read_block(
    acquisitions: _Acquisitions,
    window: Window,
    values: NDArray[np.int16],
    valid: NDArray[np.bool_],
    pool: Executor,
) -> None:
    """Fill `values` and `valid` with all acquisitions of a block; each has its place, whoever reads first."""

    def read(index: int) -> None:
        values[index], valid[index] = acquisitions.read(index, window)

    for _ in pool.map(read, range(len(acquisitions.names))):
        pass


def _read_filtered(
    acquisitions: _Acquisitions,
    window: Window,
    values: NDArray[np.int16],
    valid: NDArray[np.bool_],
    pool: Executor,
) -> None:
    """As `_read_block`, through the speckle filter, which needs all acquisitions and a margin of pixels."""
    size = acquisitions.speckle_window
    wide = widened(window, size, acquisitions.grid)
    inner = shifted(window, wide).to_slices()
    power = np.empty(values.shape, np.float32)
    means = np.empty(values.shape, np.float32)

    def read(index: int) -> None:
        seen, clear = acquisitions.read_power(index, wide)
        valid[index] = clear[inner]
        for band, image in enumerate(seen):
            power[index, band] = image[inner]
            means[index, band] = local_means(image, clear, size, inner)

    for _ in pool.map(read, range(len(acquisitions.names))):
        pass
    for band in range(values.shape[1]):
        combine(power[:, band], means[:, band], valid, values[:, band])
