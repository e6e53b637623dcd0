"""Looking at the data: which tiles, products, dates, grids. Only the controller does this, once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rasterio.errors import RasterioError

from tilefold.config.load import ConfigError
from tilefold.config.model import Config
from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring
from tilefold.plan.calendar import make_calendar
from tilefold.plan.check import config_faults
from tilefold.plan.external import try_functions
from tilefold.plan.features import feature_expressions
from tilefold.plan.grids import header_grid, output_grid
from tilefold.plan.nomenclature import choose_nodata, read_nomenclature
from tilefold.plan.plan import Plan
from tilefold.plan.rules import code_digests
from tilefold.plan.runs import fold_faults
from tilefold.plan.sensors import definition
from tilefold.sensors.listing import BadAcquisitionError, MissingProductsError, find_products, reference_file

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
    products, refused, product_faults = _find_products(config, sorted({*train, *mapped}))
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
        refused=refused,
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


def _find_products(
    config: Config, tiles: list[str]
) -> tuple[Products, dict[str, dict[str, list[dict[str, str]]]], list[str]]:
    """Products, those that are left out, faults."""
    products: Products = {tile: {} for tile in tiles}
    refused: dict[str, dict[str, list[dict[str, str]]]] = {tile: {} for tile in tiles}
    faults = []
    for name, sensor in config.sensors.items():
        described = definition(config, name)
        for tile in tiles:
            try:
                found = find_products(Path(sensor.path), tile, described)
            except MissingProductsError as error:
                faults.append(f"sensors.{name}: {error}")
                continue
            if not found.products or config.on_bad_acquisition == "stop":
                faults += [f"sensors.{name}: {error}" for error in found.refused]
            products[tile][name] = [item.to_dict() for item in found.products]
            refused[tile][name] = [error.to_row(sensor.path) for error in found.refused]
    return products, refused, faults


def _make_calendars(config: Config, products: Products) -> tuple[dict[str, list[str]], list[str]]:
    calendars: dict[str, list[str]] = {}
    faults: list[str] = []
    for name in config.sensors:
        dates = {tile: [item["date"] for item in found[name]] for tile, found in products.items()}
        calendars[name], wrong = make_calendar(config, name, dates)
        faults += wrong
    return calendars, faults


def _make_grids(config: Config, products: Products) -> tuple[dict[str, Grid], Ownership, list[str]]:
    """Grid of each tile, footprints in the common CRS, faults."""
    headers: dict[str, Grid] = {}
    faults: list[str] = []
    for tile, found in products.items():
        candidates = []
        for sensor, items in found.items():
            try:
                candidates.append(_header(config, tile, sensor, items))
            except BadAcquisitionError as error:
                faults.append(f"sensors.{sensor}: {error}")
        if candidates:
            headers[tile] = min(candidates, key=lambda grid: grid.resolution)
    if faults:
        return {}, Ownership("", {}), faults
    crs, faults = _common_crs(config, headers)
    if faults:
        return {}, Ownership(crs, {}), faults
    grids = {
        tile: output_grid(header, config.output_crs, config.resolution) for tile, header in headers.items()
    }
    rings = {tile: footprint_ring(header, crs) for tile, header in headers.items()}
    return grids, Ownership(crs, rings), []


def _header(config: Config, tile: str, sensor: str, products: list[dict[str, Any]]) -> Grid:
    """Grid of the sensor's first product that has a readable header."""
    root = Path(config.sensors[sensor].path)
    first: BadAcquisitionError | None = None
    for product in products:
        try:
            path = reference_file(root, tile, definition(config, sensor), product["name"])
            return _grid_of_header(product["name"], path)
        except BadAcquisitionError as error:
            if config.on_bad_acquisition == "stop":
                raise
            first = first or error
    raise first or MissingProductsError(f"tile {tile}: no product of {sensor}")


def _grid_of_header(product: str, path: Path) -> Grid:
    try:
        return header_grid(path)
    except (RasterioError, ValueError) as error:
        reason = f"cannot be read: {error}" if path.is_file() else "the file is missing"
        raise BadAcquisitionError(product, path, reason) from error


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
