"""Products whose names say their tile and date, in one folder a tile."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tilefold.sensors.errors import BadAcquisitionError, MissingProductsError
from tilefold.sensors.product import MaskRule, Product, TileProducts, file_stamp, parse_date


def find_named(
    folder: Path,
    tile: str,
    definition: Mapping[str, Any],
    *,
    named: Callable[[Path], str] = lambda path: path.name,
    stamped: Callable[[Path], Path],
) -> TileProducts:
    """Find a tile's products by one listing of its folder and one look at a file of each.

    Names that do not have the form of a product are left alone.

    Parameters
    ----------
    folder
        Folder of the tile.
    tile
        Its name; with or without the T of Sentinel-2's grid.
    definition
        The sensor's `product`, a regular expression of names with the groups `date` and perhaps `tile`, and
        `date_format`.
    named
        Name of the product that an entry of the folder is.
    stamped
        The file of a product that stands for it: without it the delivery is not complete.

    Raises
    ------
    MissingProductsError
        If the tile has no folder, or no product in it.
    """
    if not folder.is_dir():
        raise MissingProductsError(f"tile {tile}: no folder {folder}")
    pattern = re.compile(definition["product"])
    products: list[Product] = []
    refused: list[BadAcquisitionError] = []
    for path in sorted(folder.iterdir()):
        match = pattern.fullmatch(path.name)
        if not match:
            continue
        try:
            products.append(_product(path, named(path), tile, match, definition, stamped(path)))
        except BadAcquisitionError as error:
            refused.append(error)
    if not products and not refused:
        raise MissingProductsError(
            f"tile {tile}: no product in {folder}; expected names like {definition['product']}"
        )
    return TileProducts(sorted(products), refused)


def _product(
    path: Path, name: str, tile: str, match: re.Match[str], definition: Mapping[str, Any], stamped: Path
) -> Product:
    date = parse_date(match["date"], definition["date_format"])
    if date is None:
        raise BadAcquisitionError(
            name, path, f"found the date {match['date']!r}, expected the form {definition['date_format']}"
        )
    # Folders are named 31TCJ or T31TCJ, products either way too.
    found = match.groupdict().get("tile")
    if found is not None and found.removeprefix("T") != tile.removeprefix("T"):
        raise BadAcquisitionError(
            name, path, f"found a product of tile {found} in the folder of tile {tile}; move it"
        )
    try:
        return Product(date, name, file_stamp(stamped))
    except OSError as error:
        raise BadAcquisitionError(
            name, stamped, f"no such file ({error.strerror}); is the delivery complete?"
        ) from error


def parse_name(definition: Mapping[str, Any], name: str) -> dict[str, str]:
    """Named parts of a product's name.

    Raises
    ------
    ValueError
        If it is no name of the sensor's products.
    """
    match = re.fullmatch(definition["product"], name)
    if not match:
        raise ValueError(f"product {name}: expected a name like {definition['product']}")
    return {key: value for key, value in match.groupdict().items() if value is not None}


def mask_rule(entry: Mapping[str, Any]) -> MaskRule:
    """Rule of a mask, from its entry in the catalogue: `valid`, `invalid`, `bits`, all optional."""
    valid = entry.get("valid")
    return MaskRule(
        None if valid is None else tuple(valid), tuple(entry.get("invalid", ())), tuple(entry.get("bits", ()))
    )
