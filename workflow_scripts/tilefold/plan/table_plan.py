"""The plan of a project whose samples come ready in a table: no images are looked at, no maps are made."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel
from pyproj import CRS
from pyproj.exceptions import CRSError

from tilefold.config.load import ConfigError
from tilefold.config.model import Config
from tilefold.folds.areas import BLOCKS, TILES
from tilefold.grids.ownership import Ownership
from tilefold.plan.areas import fold_faults, length_faults, scheme_kind, value_faults
from tilefold.plan.design import Design
from tilefold.plan.features import feature_expressions, feature_faults
from tilefold.plan.grouping import listed
from tilefold.plan.plan import Plan
from tilefold.plan.resampling import resampling_faults
from tilefold.plan.rules import code_digests
from tilefold.plan.splitting import validation_faults
from tilefold.plan.table import SampleTable, look_at_table, values_of_column

#: Keys that speak of images or of polygons' shapes.
OF_IMAGES = (
    "output_crs",
    "resolution",
    "on_bad_acquisition",
    "user_features",
    "external_features",
    "regions",
    "tiles.map",
    "calendar.step",
    "calendar.method",
    "calendar.gaussian_width",
    "reference.layer",
    "reference.crs",
    "reference.overlaps",
    "reference.min_area",
    "reference.min_width",
    "reference.test_path",
    "reference.test_layer",
)


def make_table_plan(design: Design) -> Plan:
    """Find out all that the jobs need, or say all that is wrong.

    Raises
    ------
    ConfigError
        With every fault of the config and of the table.
    """
    config = design.config
    table = look_at_table(config)
    train, tile_faults = _training_tiles(config, table)
    values, wrong_values = _fold_values(config, table)
    faults = [*design.faults, *table.faults, *tile_faults, *wrong_values, *feature_faults(config)]
    faults += [*_image_keys(config), *_place_faults(config), *resampling_faults(config)]
    if train:
        wrong_folds = fold_faults(config.folds, train)
        faults += wrong_folds
        faults += validation_faults(config, train) if not wrong_folds else []
    if faults:
        raise ConfigError(faults)
    return Plan(
        config=config,
        train=tuple(train),
        mapped=(),
        grids={},
        ownership=Ownership((config.samples and config.samples.crs) or "", {}),
        products={},
        calendars=table.calendars,
        expressions=feature_expressions(config),
        external=None,
        classes=tuple(design.classes),
        nodata=design.nodata,
        code=code_digests(config),
        fold_values=tuple(values),
        table={"tiles": {tile: table.tiles[tile] for tile in train}, "columns": table.columns},
    )


def _training_tiles(config: Config, table: SampleTable) -> tuple[list[str], list[str]]:
    if config.tiles.train is None:
        return sorted(table.tiles), []
    unknown = sorted(set(config.tiles.train) - set(table.tiles))
    if unknown and table.tiles:
        return [], [
            f"tiles.train: no sample is of {listed(unknown)}; tiles of the table are {listed(sorted(table.tiles))}"
        ]
    return sorted(set(config.tiles.train) & set(table.tiles)), []


def _fold_values(config: Config, table: SampleTable) -> tuple[list[str], list[str]]:
    folds = config.folds
    if folds.scheme != "field" or folds.field is None or table.faults:
        return [], []
    return value_faults(folds, values_of_column(config.reference.path, folds.field))


def _image_keys(config: Config) -> list[str]:
    """Keys that were given and mean nothing with a table."""
    return [
        f"{key}: found with samples, which have no images and no shapes; remove it"
        for key in OF_IMAGES
        if _is_given(config, key.split("."))
    ]


def _is_given(section: BaseModel, path: Sequence[str]) -> bool:
    if path[0] not in section.model_fields_set:
        return False
    return len(path) == 1 or _is_given(getattr(section, path[0]), path[1:])


def _place_faults(config: Config) -> list[str]:
    """Coordinates that are half there, and lengths that need them."""
    samples, folds = config.samples, config.folds
    if samples is None:
        raise ValueError("the configuration has no table of samples")
    given = [key for key in ("x", "y", "crs") if getattr(samples, key) is not None]
    if 0 < len(given) < 3:
        lacking = [key for key in ("x", "y", "crs") if key not in given]
        return [f"samples.{lacking[0]}: coordinates need x, y and crs; give all three or none"]
    faults = []
    if scheme_kind(folds) == BLOCKS:
        faults.append("folds.scheme: blocks need images; with samples make folds by tiles or by a field")
    if folds.buffer_m and not given:
        faults.append("folds.buffer_m: needs coordinates; give samples.x, samples.y and samples.crs")
    elif folds.buffer_m and scheme_kind(folds) == TILES:
        faults.append(
            "folds.buffer_m: a table does not say where tiles end; hold out values of the column of tiles with "
            f"folds.scheme: field and folds.field: {samples.tile_field}"
        )
    if samples.crs is not None:
        try:
            CRS.from_user_input(samples.crs)
        except CRSError:
            return [
                *faults,
                f"samples.crs: found {samples.crs!r}, which is no CRS; give for example EPSG:2154",
            ]
        faults += length_faults(folds, samples.crs, config.validation.bootstrap.block_m)
    return faults
