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
from tilefold.plan.areas import field_values, fold_faults, length_faults
from tilefold.plan.calendar import make_calendar
from tilefold.plan.check import config_faults, raster_faults
from tilefold.plan.design import Design, check_design, network_input_faults
from tilefold.plan.external import try_functions
from tilefold.plan.features import feature_expressions
from tilefold.plan.files import file_faults
from tilefold.plan.grids import header_grid, output_grid
from tilefold.plan.grouping import acquisition_faults
from tilefold.plan.models import model_faults
from tilefold.plan.plan import Plan
from tilefold.plan.products import Products, find_all_products
from tilefold.plan.reference import classes_are_text
from tilefold.plan.regions import blend_faults, find_regions
from tilefold.plan.rules import code_digests
from tilefold.plan.sensor_faults import sensor_faults
from tilefold.plan.sensors import definition
from tilefold.plan.sites import place_sites
from tilefold.plan.splitting import validation_faults
from tilefold.plan.table_plan import make_table_plan
from tilefold.plan.tiles import choose_tiles
from tilefold.sensors.listing import BadAcquisitionError, MissingProductsError, reference_file

#: What is looked at only where all else is right.
LAST_CHECKS = "the headers of images and the functions of external_features"


def make_plan(config: Config) -> Plan:
    """Find out all that the jobs need, or say all that is wrong.

    Raises
    ------
    ConfigError
        With every fault of the config and of the data that it names; those of images' headers and of users'
        functions come once there is no other.
    """
    design = check_design(config)
    return make_table_plan(design) if config.samples is not None else _make_image_plan(design)


def _make_image_plan(design: Design) -> Plan:
    config = design.config
    by_sensor = sensor_faults(config)
    sound = [name for name, wrong in by_sensor.items() if not wrong]
    faults = [fault for wrong in by_sensor.values() for fault in wrong]
    faults += [*config_faults(config, sound), *design.faults]
    region_names, region_faults = find_regions(config.regions)
    faults += region_faults
    train, mapped, tile_faults = choose_tiles(config, sound) if sound else ([], [], [])
    train = train if config.models.source is None else []
    tiles = sorted({*train, *mapped})
    found = find_all_products(config, sound, tiles)
    calendars, date_faults = _make_calendars(config, found.products)
    faults += [*tile_faults, *found.faults, *date_faults, *file_faults(config, found.products)]
    fold_values, value_faults = field_values(config)
    faults += value_faults
    if tiles:
        wrong_folds = fold_faults(config.folds, train) if train else []
        faults += [*wrong_folds, *raster_faults(config, tiles)]
        faults += validation_faults(config, train) if train and not wrong_folds else []
    if faults:
        raise ConfigError(faults, then=LAST_CHECKS)
    external, external_faults = try_functions(config, calendars, found.products)
    grids, ownership, grid_faults = _make_grids(config, found.products)
    lengths = length_faults(config.folds, ownership.crs, config.validation.bootstrap.block_m)
    late_faults = [*external_faults, *grid_faults, *lengths]
    late_faults += blend_faults(config.regions, grids)
    late_faults += [] if grid_faults else place_sites(config.report.sites, grids, ownership)[1]
    if external is not None:
        late_faults += network_input_faults(config, external["groups"])
    if late_faults:
        raise ConfigError(late_faults)
    plan = Plan(
        config=config,
        train=tuple(train),
        mapped=tuple(mapped),
        grids=grids,
        ownership=ownership,
        products=found.products,
        calendars=calendars,
        expressions=feature_expressions(config),
        external=external,
        classes=tuple(design.classes),
        nodata=design.nodata,
        code=code_digests(config),
        refused=found.refused,
        fold_values=tuple(fold_values),
        region_names=tuple(region_names),
        text_classes=classes_are_text(config),
    )
    if wrong_models := model_faults(plan):
        raise ConfigError(wrong_models)
    return plan


def _make_calendars(config: Config, products: Products) -> tuple[dict[str, list[str]], list[str]]:
    """Dates of each sensor that has products, faults."""
    calendars: dict[str, list[str]] = {}
    faults: list[str] = []
    for name in config.sensors:
        dates = {
            tile: [item["date"] for item in found[name]] for tile, found in products.items() if name in found
        }
        if dates:
            calendars[name], wrong = make_calendar(config, name, dates)
            faults += wrong
    return calendars, list(dict.fromkeys(faults))


def _make_grids(config: Config, products: Products) -> tuple[dict[str, Grid], Ownership, list[str]]:
    """Grid of each tile, footprints in the common CRS, faults."""
    headers: dict[str, Grid] = {}
    wrong: dict[str, list[BadAcquisitionError]] = {}
    for tile, found in products.items():
        candidates = []
        for sensor, items in found.items():
            try:
                candidates.append(_header(config, tile, sensor, items))
            except BadAcquisitionError as error:
                wrong.setdefault(sensor, []).append(error)
        if candidates:
            headers[tile] = min(candidates, key=lambda grid: grid.resolution)
    if wrong:
        faults = [fault for name, errors in wrong.items() for fault in acquisition_faults(name, errors)]
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
        if config.maps.crs:
            return config.maps.crs, []
        found = ", ".join(f"{tile} in {crs}" for crs, tile in by_crs.items())
        return "", [
            f"output_crs: the tiles have several CRSs ({found}); give the one of the map, or give it as maps.crs, "
            "so that each tile is processed in its own"
        ]
    return next(iter(by_crs)), []
