"""What is known of a product before its pixels are read."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilefold.sensors.errors import BadAcquisitionError


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
class TileProducts:
    """What one look at a tile's folder found.

    Attributes
    ----------
    products
        Products by date, then name.
    refused
        What is wrong with those that have no usable date or are incomplete, by name.
    """

    products: list[Product]
    refused: list[BadAcquisitionError]


@dataclass(frozen=True)
class BandFile:
    """One band of an acquisition.

    Attributes
    ----------
    path
        The raster.
    index
        The band's number in it, from 1.
    shift
        What is added to its numbers to get stored values.
    """

    path: Path
    index: int = 1
    shift: int = 0


@dataclass(frozen=True)
class MaskRule:
    """Which values of a mask mean that a pixel can be used: those that satisfy all three conditions.

    Attributes
    ----------
    valid
        The value is one of these; None: any value.
    invalid
        The value is none of these.
    bits
        None of these bits is set, the lowest being 0.
    """

    valid: tuple[int, ...] | None = None
    invalid: tuple[int, ...] = ()
    bits: tuple[int, ...] = ()


@dataclass(frozen=True)
class MaskFile:
    """One mask of an acquisition: the first band of a raster, and which of its values can be used."""

    path: Path
    rule: MaskRule


@dataclass(frozen=True)
class AcquisitionFiles:
    """Where the pixels of one acquisition are and which of them can be used.

    Attributes
    ----------
    product
        Name of the product.
    bands
        One for each band, in the order of the sensor's bands.
    masks
        A pixel is clear where each of them says so.
    nodata
        Value of bands where nothing was measured.
    same_bits
        Files of unsigned integers hold the bits of a negative `nodata`.
    is_power
        Bands hold linear power and are stored in hundredths of a decibel.
    resampling
        How bands get onto another grid: ``cubic``, ``bilinear`` or ``nearest``.
    """

    product: str
    bands: tuple[BandFile, ...]
    masks: tuple[MaskFile, ...]
    nodata: int
    same_bits: bool = False
    is_power: bool = False
    resampling: str = "cubic"


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
