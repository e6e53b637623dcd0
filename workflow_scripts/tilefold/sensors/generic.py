"""Products of any sensor with one raster a band, found by patterns of the configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from tilefold.sensors.errors import BadAcquisitionError, MissingProductsError
from tilefold.sensors.product import (
    AcquisitionFiles,
    BandFile,
    MaskFile,
    MaskRule,
    Product,
    TileProducts,
    file_stamp,
    parse_date,
)


def find_products(root: Path, tile: str, definition: Mapping[str, Any]) -> TileProducts:
    """Products of a tile, from one listing of the folder whose entries bear the dates.

    That folder is what stands before the first part of `band_path` with ``{date}``. A product is an entry of
    it that begins with a date of the form `date_format`; an entry without is left alone, unless a file of the
    first band lies where one of a product would. A product without a file of the first band, or with an
    impossible date, is refused.

    Raises
    ------
    MissingProductsError
        If there is no such folder, or no product in it.
    ValueError
        If `band_path` has no ``{date}``.
    """
    folder, pattern = _dated_folder(root, tile, definition)
    if not folder.is_dir():
        raise MissingProductsError(f"tile {tile}: no folder {folder}")
    products: list[Product] = []
    refused: list[BadAcquisitionError] = []
    for path in sorted(folder.iterdir()):
        match = pattern.fullmatch(path.name)
        if not match:
            continue
        try:
            product = _product(root, tile, definition, match["date"])
        except BadAcquisitionError as error:
            refused.append(error)
        else:
            products += [product] if product else []
    if not products and not refused:
        raise MissingProductsError(
            f"tile {tile}: no product in {folder}; expected {definition['band_path']} "
            f"with dates of the form {definition['date_format']}"
        )
    return TileProducts(sorted(products), refused)


def _dated_folder(root: Path, tile: str, definition: Mapping[str, Any]) -> tuple[Path, re.Pattern[str]]:
    """Folder whose entries bear the dates, and the form of their names."""
    parts = PurePosixPath(definition["band_path"]).parts
    dated = next((index for index, part in enumerate(parts) if "{date}" in part), None)
    if dated is None:
        raise ValueError(f"band_path: found {definition['band_path']!r}, which has no {{date}}")
    folder = root.joinpath(*(_fill(part, tile, "", definition["bands"][0]) for part in parts[:dated]))
    name = re.escape(_fill(parts[dated], tile, "\0", definition["bands"][0]))
    # A date that stands twice in a name is the same both times.
    name = name.replace(re.escape("\0"), "(?P<date>.+)", 1).replace(re.escape("\0"), "(?P=date)")
    return folder, re.compile(name)


def _fill(pattern: str, tile: str, date: str, band: str) -> str:
    return pattern.replace("{tile}", tile).replace("{date}", date).replace("{band}", band)


def _product(root: Path, tile: str, definition: Mapping[str, Any], text: str) -> Product | None:
    first = root / _fill(definition["band_path"], tile, text, definition["bands"][0])
    date = parse_date(text, definition["date_format"])
    if date is None:
        if not first.is_file():
            return None
        raise BadAcquisitionError(
            text,
            first,
            f"the date in the name does not begin as {definition['date_format']}; mend the name or set date_format",
        )
    try:
        return Product(date, text, file_stamp(first))
    except OSError as error:
        raise BadAcquisitionError(text, first, f"no file of the first band ({error.strerror})") from error


def acquisition_files(root: Path, tile: str, definition: Mapping[str, Any], name: str) -> AcquisitionFiles:
    """Files of the acquisition whose date is written `name` in its paths; nothing is opened."""
    mask, bits = definition["mask_path"], definition.get("mask_bits")
    rule = MaskRule(tuple(definition["mask_valid"])) if bits is None else MaskRule(bits=tuple(bits))
    return AcquisitionFiles(
        product=name,
        bands=tuple(
            BandFile(root / _fill(definition["band_path"], tile, name, band)) for band in definition["bands"]
        ),
        masks=(MaskFile(root / _fill(mask, tile, name, ""), rule),) if mask else (),
        nodata=definition["nodata"],
        resampling=definition.get("resampling", "cubic"),
    )
