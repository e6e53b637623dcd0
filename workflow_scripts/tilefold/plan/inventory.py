"""Looking at the data: which tiles, products, dates, grids. Only the controller does this, once."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tilefold.config.load import ConfigError
from tilefold.config.model import Config
from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring
from tilefold.plan.calendar import calendar_faults, regular_dates
from tilefold.plan.check import config_faults
from tilefold.plan.external import try_functions
from tilefold.plan.features import feature_expressions
from tilefold.plan.grids import header_grid, output_grid
from tilefold.plan.nomenclature import choose_nodata, read_nomenclature
from tilefold.plan.plan import Plan
from tilefold.plan.rules import code_digests
from tilefold.plan.runs import fold_faults
from tilefold.plan.sensors import definition
from tilefold.sensors.listing import BadAcquisitionError, MissingProductsError, list_products, reference_file

Products = dict[str, dict[str, list[dict[str, Any]]]]


def make_plan(config: Config) -> Plan:
    """Find out all that the jobs need, or say all that is wrong.

    Raises
    ------
    ConfigError
        With every fault of the config and of the data that it names.
    """
    faults = config_faults(config)
    classes, class_faults = read_nomenclature(config.reference.nomenclature)
    nodata, nodata_faults = choose_nodata(config.maps.nodata, [item.code for item in classes])
    faults += class_faults + nodata_faults
    train, mapped, tile_faults = _choose_tiles(config)
    faults += tile_faults
    if tile_faults:
        raise ConfigError(faults)
    faults += fold_faults(config.folds, train)
    products, product_faults = _find_products(config, sorted({*train, *mapped}))
    faults += product_faults
    if product_faults:
        raise ConfigError(faults)
    calendars, date_faults = _make_calendars(config, products)
    faults += date_faults
    if faults:
        raise ConfigError(faults)
    external, external_faults = try_functions(config, calendars, products)
    if external_faults:
        raise ConfigError(external_faults)
    grids, ownership, grid_faults = _make_grids(config, products)
    if grid_faults:
        raise ConfigError(grid_faults)
    return Plan(
        config=config,
        train=tuple(train),
        mapped=tuple(mapped),
        grids=grids,
        ownership=ownership,
        products=products,
        calendars=calendars,
        expressions=feature_expressions(config),
        external=external,
        classes=tuple(classes),
        nodata=nodata,
        code=code_digests(config),
    )


def _choose_tiles(config: Config) -> tuple[list[str], list[str], list[str]]:
    """Training tiles, mapped tiles (both sorted), faults."""
    faults = [
        f"sensors.{name}.path: no folder {sensor.path}"
        for name, sensor in config.sensors.items()
        if not Path(sensor.path).is_dir()
    ]
    if faults:
        return [], [], faults
    train, mapped = config.tiles.train, config.tiles.map
    if train is None or mapped is None:
        found = _tiles_on_disk(config)
        if not found:
            folders = ", ".join(sensor.path for sensor in config.sensors.values())
            return [], [], [f"tiles: no folder of a tile is in all of {folders}"]
        train, mapped = train or found, mapped or found
    return sorted(train), sorted(mapped), []


def _tiles_on_disk(config: Config) -> list[str]:
    found = [
        {entry.name for entry in Path(sensor.path).iterdir() if entry.is_dir() and entry.name.isalnum()}
        for sensor in config.sensors.values()
    ]
    return sorted(set.intersection(*found))


def _find_products(config: Config, tiles: list[str]) -> tuple[Products, list[str]]:
    products: Products = {tile: {} for tile in tiles}
    faults = []
    for name, sensor in config.sensors.items():
        described = definition(config, name)
        for tile in tiles:
            try:
                found = list_products(Path(sensor.path), tile, described)
            except (MissingProductsError, BadAcquisitionError) as error:
                faults.append(f"sensors.{name}: {error}")
                continue
            products[tile][name] = [item.to_dict() for item in found]
    return products, faults


def _make_calendars(config: Config, products: Products) -> tuple[dict[str, list[str]], list[str]]:
    calendars: dict[str, list[str]] = {}
    faults: list[str] = []
    wanted = config.calendar
    for name, sensor in config.sensors.items():
        dates = {tile: [item["date"] for item in found[name]] for tile, found in products.items()}
        wrong = calendar_faults(name, dates, wanted.start, wanted.end)
        if wrong:
            faults += wrong
            continue
        start = wanted.start or datetime.date.fromisoformat(min(min(days) for days in dates.values()))
        end = wanted.end or datetime.date.fromisoformat(max(max(days) for days in dates.values()))
        calendars[name] = regular_dates(start, end, sensor.step or wanted.step)
    return calendars, faults


def _make_grids(config: Config, products: Products) -> tuple[dict[str, Grid], Ownership, list[str]]:
    """Grid of each tile, footprints in the common CRS, faults."""
    headers: dict[str, Grid] = {}
    for tile, found in products.items():
        candidates = [_header(config, tile, sensor, items) for sensor, items in found.items()]
        headers[tile] = min(candidates, key=lambda grid: grid.resolution)
    crs, faults = _common_crs(config, headers)
    if faults:
        return {}, Ownership(crs, {}), faults
    grids = {
        tile: output_grid(header, config.output_crs, config.resolution) for tile, header in headers.items()
    }
    rings = {tile: footprint_ring(header, crs) for tile, header in headers.items()}
    return grids, Ownership(crs, rings), []


def _header(config: Config, tile: str, sensor: str, products: list[dict[str, Any]]) -> Grid:
    root = Path(config.sensors[sensor].path)
    return header_grid(reference_file(root, tile, definition(config, sensor), products[0]["name"]))


def _common_crs(config: Config, headers: Mapping[str, Grid]) -> tuple[str, list[str]]:
    if config.output_crs:
        return config.output_crs, []
    by_crs: dict[str, str] = {}
    for tile, grid in headers.items():
        by_crs.setdefault(grid.crs, tile)
    if len(by_crs) > 1:
        found = ", ".join(f"{tile} in {crs}" for crs, tile in by_crs.items())
        return "", [f"output_crs: the tiles have several CRSs ({found}); give the one of the map"]
    return next(iter(by_crs)), []
