"""Tables of the satellite data: calendars, products, clear dates."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray

from tilefold.grids.windows import blocks, whole
from tilefold.report.table import Link, Table, count, percent

logger = logging.getLogger(__name__)

#: Rows and columns read at once.
BLOCK = 2048


def calendar_table(calendars: Mapping[str, Sequence[str]]) -> Table:
    """Dates of each sensor's series."""
    rows = [
        [sensor, count(len(dates)), dates[0], dates[-1], _step(dates)] for sensor, dates in calendars.items()
    ]
    columns = ["sensor", "dates", "first", "last", "days between dates"]
    return Table("Dates of the series, common to all tiles.", columns, rows, [])


def clear_table(
    products: Mapping[str, Mapping[str, int]],
    clear: Mapping[str, Mapping[str, Path | str]],
    links: list[Link],
) -> Table:
    """Products and clear days of each tile and sensor."""
    rows = []
    for tile, sensors in clear.items():
        for sensor, path in sensors.items():
            histogram = clear_histogram(path)
            pixels = histogram.sum()
            never = histogram[0] / pixels
            low, median, high = (quantile(histogram, share) for share in (0.05, 0.5, 0.95))
            used = products.get(tile, {}).get(sensor)
            rows.append(
                [tile, sensor, count(used), count(low), count(median), count(high), percent(never, 2)]
            )
            logger.info("clear days of %s, %s: median %d", tile, sensor, median)
    columns = ["tile", "sensor", "products", "clear days: 5 % of pixels have at most", "median"]
    columns += ["95 % have at most", "pixels never clear"]
    caption = "Products, and the clear days of a tile's pixels. Pixels never clear are left without a class."
    return Table(caption, columns, rows, links, (0, 1))


def skipped_table(skipped: pd.DataFrame, links: list[Link]) -> Table:
    """Acquisitions that series are made without, and why."""
    columns = ["tile", "sensor", "product", "file", "reason"]
    rows = skipped[columns].astype(str).to_numpy().tolist()
    caption = "Acquisitions that could not be read and are left out whole."
    return Table(caption, columns, rows, links, (0, 1, 2, 3, 4))


def clear_histogram(path: Path | str) -> NDArray[np.int64]:
    """Pixels by number of clear days, int64 (largest number + 1,)."""
    histogram = np.zeros(1, np.int64)
    with rasterio.open(path) as dataset:
        for window in blocks(whole(dataset.height, dataset.width), BLOCK):
            days = dataset.read(1, window=window.to_ranges())
            part = np.bincount(days.ravel(), minlength=len(histogram))
            part[: len(histogram)] += histogram
            histogram = part
    return histogram


def quantile(histogram: NDArray[np.int64], share: float) -> int:
    """Smallest number of days that at least this share of the pixels do not exceed."""
    return int(np.searchsorted(np.cumsum(histogram), share * histogram.sum()))


def _step(dates: Sequence[str]) -> str:
    days = np.unique(np.diff(np.array(list(dates), "datetime64[D]")).astype(int))
    if not len(days):
        return ""
    return str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"
