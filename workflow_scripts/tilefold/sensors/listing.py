"""What the plan asks of sensors: which products a tile has, and which file gives the tile's grid.

Only names and file stamps are looked at; no raster is opened.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from tilefold.sensors.catalogue import READERS
from tilefold.sensors.errors import BadAcquisitionError, MissingProductsError
from tilefold.sensors.product import AcquisitionFiles, Product, TileProducts

__all__ = [
    "BadAcquisitionError",
    "MissingProductsError",
    "Product",
    "TileProducts",
    "find_products",
    "list_products",
    "reader_of",
    "reference_file",
]


class Reader(Protocol):
    """What the module of a reader offers."""

    def find_products(self, root: Path, tile: str, definition: Mapping[str, Any]) -> TileProducts:
        """Products of a tile, sorted, and what is wrong with those that cannot be used."""

    def acquisition_files(
        self, root: Path, tile: str, definition: Mapping[str, Any], name: str
    ) -> AcquisitionFiles:
        """Files of one product; nothing is opened."""


def reader_of(definition: Mapping[str, Any]) -> Reader:
    """Module that reads a sensor.

    Raises
    ------
    ValueError
        If no reader has that name.
    """
    name = definition["reader"]
    if name not in READERS:
        raise ValueError(f"reader: found {name!r}, known are {', '.join(READERS)}")
    return cast(Reader, importlib.import_module(READERS[name]))


def find_products(root: Path | str, tile: str, definition: Mapping[str, Any]) -> TileProducts:
    """Products of a sensor over a tile, sorted by date and name, and those refused by name.

    Parameters
    ----------
    root
        Folder of the sensor.
    tile
        Name of the tile.
    definition
        The sensor's description, see `tilefold.sensors.catalogue`.

    Raises
    ------
    MissingProductsError
        If the tile has none.
    """
    return reader_of(definition).find_products(Path(root), tile, definition)


def list_products(root: Path | str, tile: str, definition: Mapping[str, Any]) -> list[Product]:
    """Products of a sensor over a tile, as `find_products` finds them, all of which must be good.

    Raises
    ------
    MissingProductsError
        If the tile has none.
    BadAcquisitionError
        If one is incomplete or has an impossible date; the message names it.
    """
    found = find_products(root, tile, definition)
    if found.refused:
        raise found.refused[0]
    return found.products


def reference_file(
    root: Path | str, tile: str, definition: Mapping[str, Any], product: Product | str
) -> Path:
    """Band file of a product with the finest pixels; its header gives the grid of the tile.

    Parameters
    ----------
    root, tile, definition
        As for `list_products`.
    product
        The product or its name.

    Returns
    -------
    Path
        The first of the finest bands; without `resolutions` in the description, the first band.
    """
    name = product.name if isinstance(product, Product) else product
    files = reader_of(definition).acquisition_files(Path(root), tile, definition, name)
    resolutions = definition.get("resolutions", {})
    finest = min(range(len(files.bands)), key=lambda band: resolutions.get(definition["bands"][band], 0))
    return files.bands[finest].path
