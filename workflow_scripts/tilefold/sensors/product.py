"""What is known of a product before its pixels are read."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, order=True)
class Product:
    """One acquisition of a sensor over a tile, as the plan sees it; ordered by date, then name.

    Attributes
    ----------
    date
        Day of acquisition, ``YYYY-MM-DD``.
    name
        What tells the product from the others of its tile: the name of its folder, or the text of its date.
    stamp
        Size in bytes and time of change in nanoseconds of the file that stands for the product: another
        stamp means that it was delivered again.
    """

    date: str
    name: str
    stamp: tuple[int, int]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON and for the engine's params."""
        return {"name": self.name, "date": self.date, "stamp": list(self.stamp)}


@dataclass(frozen=True)
class AcquisitionFiles:
    """Where the pixels of one acquisition are and which of them can be used.

    Attributes
    ----------
    product
        Name of the product.
    bands
        One single-band raster for each band, in the order of the sensor's bands.
    masks
        Single-band rasters; a pixel is clear where each holds one of `mask_valid`.
    mask_valid
        Values of masks that mean clear.
    nodata
        Value of bands where nothing was measured.
    """

    product: str
    bands: tuple[Path, ...]
    masks: tuple[Path, ...]
    mask_valid: tuple[int, ...]
    nodata: int


def file_stamp(path: Path) -> tuple[int, int]:
    """Size in bytes and time of change in nanoseconds.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def parse_date(text: str, date_format: str) -> str | None:
    """ISO date that a text begins with, None if it does not begin with a date.

    Parameters
    ----------
    text
        For example ``20150711T100008``.
    date_format
        Form of the date in `strptime`'s words, of fixed width, such as ``%Y%m%d`` or ``%Y%j``.
    """
    width = len(datetime.date(2000, 1, 1).strftime(date_format))
    try:
        return datetime.datetime.strptime(text[:width], date_format).date().isoformat()
    except ValueError:
        return None
