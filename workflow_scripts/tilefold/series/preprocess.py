"""Preprocessing: the acquisitions of one sensor over one tile become a series on the calendar."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window, blocks, whole
from tilefold.sensors.reading import read_acquisition
from tilefold.series.gapfilling import fill_gaps, merge_same_day
from tilefold.series.layout import CLEAR_DATES, NODATA, series_descriptions
from tilefold.storage.metadata import provenance
from tilefold.storage.rasters import BLOCK, create_raster

logger = logging.getLogger(__name__)


def preprocess_tile(
    root: Path | str,
    settings: Mapping[str, Any],
    *,
    series: Path | str,
    clear_dates: Path | str,
    threads: int = 1,
) -> None:
    """Write the gap-filled series of a tile and the number of its clear days.

    Works block by block: memory is that of all acquisitions and the series of one block of 256 x 256 pixels.

    Parameters
    ----------
    root
        Folder of the sensor.
    settings
        `tile`, `grid`, `calendar` (ISO dates), `products` (name and date), `definition` of the sensor.
    series
        To write: int16, all bands of the first date, then of the next; -32768 where never seen clear.
    clear_dates
        To write: uint16, days on which a pixel was seen clear.
    threads
        Threads for reading and gap-filling; the result does not depend on it.

    Raises
    ------
    BadAcquisitionError
        If an acquisition cannot be read.
    """
    grid = Grid.from_dict(settings["grid"])
    products = sorted(settings["products"], key=lambda product: (product["date"], product["name"]))
    names = [product["name"] for product in products]
    days = [_day(product["date"]) for product in products]
    calendar = [_day(date) for date in settings["calendar"]]
    tags = provenance(settings)
    descriptions = series_descriptions(settings["definition"]["bands"], settings["calendar"])
    windows = list(blocks(whole(grid.height, grid.width), BLOCK))
    with (
        create_raster(
            series, grid, dtype="int16", nodata=NODATA, descriptions=descriptions, tags=tags
        ) as series_raster,
        create_raster(
            clear_dates, grid, dtype="uint16", nodata=None, descriptions=[CLEAR_DATES], tags=tags
        ) as clear_raster,
        ThreadPoolExecutor(threads) as readers,
    ):
        for number, window in enumerate(windows, start=1):
            values, valid = _read_block(readers, root, settings, names, grid, window)
            values, valid, merged = merge_same_day(values, valid, days)
            filled, clear = fill_gaps(values, valid, merged, calendar, threads)
            series_raster.write(filled, window=window.to_ranges())
            clear_raster.write(clear, 1, window=window.to_ranges())
            logger.info("tile %s: block %d of %d", settings["tile"], number, len(windows))


def _read_block(
    readers: ThreadPoolExecutor,
    root: Path | str,
    settings: Mapping[str, Any],
    names: Sequence[str],
    grid: Grid,
    window: Window,
) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Read all acquisitions of a block: (acquisitions, bands, rows, columns) and (acquisitions, rows, columns)."""
    definition = settings["definition"]
    values = np.empty((len(names), len(definition["bands"]), *window.shape), np.int16)
    valid = np.empty((len(names), *window.shape), np.bool_)

    def read(index: int) -> None:
        values[index], valid[index] = read_acquisition(
            root, settings["tile"], definition, names[index], grid, window
        )

    list(readers.map(read, range(len(names))))
    return values, valid


def _day(date: str) -> int:
    return datetime.date.fromisoformat(date).toordinal()
