"""The acquisitions of each tile and sensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tilefold.config.model import Config
from tilefold.plan.grouping import acquisition_faults, listed
from tilefold.plan.sensors import definition
from tilefold.sensors.listing import BadAcquisitionError, MissingProductsError, find_products

#: For each tile and sensor, plain data of its products.
Products = dict[str, dict[str, list[dict[str, Any]]]]


@dataclass(frozen=True)
class FoundProducts:
    """What the sensors' folders hold.

    Attributes
    ----------
    products
        For each tile and sensor, its products; a sensor without any is not there.
    refused
        For each tile and sensor, the products that are left out: product, file, reason.
    faults
        What must be mended.
    """

    products: Products
    refused: dict[str, dict[str, list[dict[str, str]]]]
    faults: list[str] = field(default_factory=list)


def find_all_products(config: Config, sensors: Sequence[str], tiles: Sequence[str]) -> FoundProducts:
    """Products of the sensors over the tiles, those that are left out, faults.

    Parameters
    ----------
    config
        The configuration.
    sensors
        The sensors to look for; their sections have no faults.
    tiles
        The tiles.
    """
    found = FoundProducts({tile: {} for tile in tiles}, {tile: {} for tile in tiles})
    for name in sensors:
        found.faults.extend(_find_of_sensor(config, name, found))
    return found


def _find_of_sensor(config: Config, name: str, found: FoundProducts) -> list[str]:
    """Fill in one sensor's products; its faults."""
    root, described = Path(config.sensors[name].path), definition(config, name)
    missing: dict[str, MissingProductsError] = {}
    wrong: list[BadAcquisitionError] = []
    for tile in found.products:
        try:
            here = find_products(root, tile, described)
        except MissingProductsError as error:
            missing[tile] = error
            continue
        if not here.products or config.on_bad_acquisition == "stop":
            wrong += here.refused
        if here.products:
            found.products[tile][name] = [item.to_dict() for item in here.products]
        found.refused[tile][name] = [error.to_row(root) for error in here.refused]
    return [*_missing_faults(name, missing), *acquisition_faults(name, wrong)]


def _missing_faults(sensor: str, missing: dict[str, MissingProductsError]) -> list[str]:
    if not missing:
        return []
    first = next(iter(missing.values()))
    if len(missing) == 1:
        return [f"sensors.{sensor}: {first}"]
    tiles = listed(list(missing))
    return [f"sensors.{sensor}: {len(missing)} tiles without products ({tiles}), the first: {first}"]
