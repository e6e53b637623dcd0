"""Products of the Theia distribution: one folder a product, one GeoTIFF a band, masks in ``MASKS``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tilefold.sensors.errors import BadAcquisitionError, MissingProductsError
from tilefold.sensors.product import AcquisitionFiles, Product, file_stamp, parse_date


def list_products(root: Path, tile: str, definition: Mapping[str, Any]) -> list[Product]:
    """Products of a tile, from one listing of ``root/<tile>`` and one look at each product's metadata file.

    Names that do not have the form of a product are left alone.

    Raises
    ------
    MissingProductsError
        If the tile has no folder, or no product in it.
    BadAcquisitionError
        If a product has no metadata file, an impossible date, or belongs to another tile.
    """
    folder = root / tile
    if not folder.is_dir():
        raise MissingProductsError(f"tile {tile}: no folder {folder}")
    pattern = re.compile(definition["product"])
    found = []
    for path in sorted(folder.iterdir()):
        match = pattern.fullmatch(path.name)
        if match:
            found.append(_product(path, tile, match, definition))
    if not found:
        raise MissingProductsError(
            f"tile {tile}: no product in {folder}; expected folders named like {definition['product']}"
        )
    return sorted(found)


def _product(path: Path, tile: str, match: re.Match[str], definition: Mapping[str, Any]) -> Product:
    date = parse_date(match["date"], definition["date_format"])
    if date is None:
        raise BadAcquisitionError(
            path.name,
            path,
            f"found the date {match['date']!r}, expected the form {definition['date_format']}",
        )
    # Folders are named 31TCJ or T31TCJ, products always T31TCJ.
    if match["tile"].removeprefix("T") != tile.removeprefix("T"):
        raise BadAcquisitionError(
            path.name, path, f"found a product of tile {match['tile']} in the folder of tile {tile}; move it"
        )
    metadata = path / definition["metadata"].format(name=path.name)
    try:
        stamp = file_stamp(metadata)
    except OSError as error:
        raise BadAcquisitionError(
            path.name, metadata, f"no metadata file ({error.strerror}); is the delivery complete?"
        ) from error
    return Product(date, path.name, stamp)


def acquisition_files(root: Path, tile: str, definition: Mapping[str, Any], name: str) -> AcquisitionFiles:
    """Files of the product that lies in the folder ``root/<tile>/<name>``; nothing is opened."""
    folder = root / tile / name
    return AcquisitionFiles(
        product=name,
        bands=tuple(folder / definition["band_path"].format(name=name, band=b) for b in definition["bands"]),
        masks=tuple(folder / path.format(name=name) for path in definition["mask_paths"]),
        mask_valid=tuple(definition["mask_valid"]),
        nodata=definition["nodata"],
    )
