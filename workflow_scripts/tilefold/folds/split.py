"""The split: each polygon's place and role, for one seed and all folds."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import shapely

from tilefold.folds.groups import classes_held, classes_of_groups
from tilefold.folds.imposed import NONE, allowed_roles, imposed_roles
from tilefold.folds.location import home_tiles, joined, locate
from tilefold.folds.outside import outside_tiles
from tilefold.folds.roles import (
    DRAWN,
    FUSION_TEST,
    LEARN,
    NO_ROLE,
    VALIDATION,
    assign_roles,
    hold_out,
    may_take,
    repair_roles,
    shares_of,
)
from tilefold.folds.strata import regions_of_polygons
from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership
from tilefold.ground_truth.reading import LAYER
from tilefold.ground_truth.shapes import SQUARE_METRES_PER_HECTARE, areas_m2
from tilefold.regions.names import ALL, OUTSIDE
from tilefold.storage.tables import write_table

logger = logging.getLogger(__name__)


def split_polygons(
    reference: Path | str,
    settings: Mapping[str, Any],
    *,
    split: Path | str,
    regions: Mapping[str, Path | str] | None = None,
) -> None:
    """Give each polygon its place and its role.

    Parameters
    ----------
    reference
        GeoPackage written by `clean_ground_truth`.
    settings
        ``seed``; ``ratio`` (share of a class's groups for training) and ``validation_ratio`` (share of validation
        within training), each a number or numbers by class code with a "default"; ``imposed`` and ``field_values``
        (see `imposed_roles`); ``fusion_holdout_ratio`` (see `hold_out`); ``singletons`` (see `_with_roles`);
        ``grids`` of the training tiles, by name; ``ownership`` among all tiles; ``regions`` (names, may be empty).
    split
        Parquet table to write, one row a polygon: ``polygon``, ``group``, ``id``, ``group_id``, ``code``, ``region``,
        ``home_tile`` (empty if no tile owns a pixel), ``role`` (learn, validation, test, fusion_test; empty if its
        group holds no owned pixel), ``allowed`` (roles that its group may take in a fold, empty without a role),
        ``validation_share`` (share of its samples that is validation though it learns; 0 but for `singletons`),
        ``pixels`` (owned, all tiles), ``owned_tiles`` and ``owned_pixels``, ``footprint_tiles`` (tiles with a pixel
        in it, owned or not), ``fold_value`` (the reference's), ``outside`` (whether the polygon lies outside the
        footprints of all training tiles); lists are joined by ";", tiles sorted. Its attributes hold
        ``pixel_hectares`` by tile.
    regions
        Rasters of `burn_regions` of the training tiles, by tile, if there are regions.

    Raises
    ------
    ImposedError
        If the imposed roles cannot be followed.
    """
    columns = ["polygon", "group", "id", "group_id", "code", "fold_value"]
    if settings["imposed"] != NONE:
        columns.append("split_value")
    polygons = pyogrio.read_dataframe(
        reference, layer=LAYER, columns=columns, read_geometry=False
    ).sort_values("polygon", ignore_index=True)
    grids = {tile: Grid.from_dict(grid) for tile, grid in settings["grids"].items()}
    ownership = Ownership.from_dict(settings["ownership"])
    located = locate(reference, grids, ownership)
    polygons["region"] = ALL
    if regions:
        of_polygons = regions_of_polygons(reference, grids, ownership, regions, settings["regions"])
        polygons["region"] = polygons["polygon"].map(of_polygons).fillna(OUTSIDE).astype(object)
    table = draw_split(polygons, located, settings)
    table["outside"] = outside_tiles(reference, ownership, grids, table)
    table.attrs = {"pixel_hectares": {tile: _pixel_hectares(grids[tile]) for tile in sorted(grids)}}
    write_table(split, table)


def draw_split(polygons: pd.DataFrame, located: pd.DataFrame, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Place and role of each polygon, see `split_polygons`; without ``outside``.

    Parameters
    ----------
    polygons
        ``polygon``, ``group``, ``id``, ``group_id``, ``code``, ``region``, ``fold_value`` and, where roles are
        imposed, ``split_value``, by ascending polygon.
    located
        See `locate`.
    settings
        See `split_polygons`; nothing of where tiles lie.
    """
    imposed = imposed_roles(polygons, settings["imposed"], settings["field_values"])
    table = _placed(polygons, located)
    groups = _with_roles(_groups(table, located), table, imposed, settings)
    drawn = groups.set_index("group")
    table.insert(7, "role", table["group"].map(drawn["role"]).fillna(NO_ROLE))
    table.insert(8, "allowed", table["group"].map(drawn["allowed"]).fillna(NO_ROLE))
    table.insert(9, "validation_share", table["group"].map(drawn["validation_share"]).fillna(0.0))
    logger.info(
        "%d polygons in %d groups: %s", len(table), len(groups), groups["role"].value_counts().to_dict()
    )
    return table


def _with_roles(
    groups: pd.DataFrame, polygons: pd.DataFrame, imposed: pd.Series[str], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Groups with their ``role``, ``allowed`` and ``validation_share``.

    What is held out for fused maps is taken first, among the groups on which no role is imposed, so that it is the
    same for all seeds. The only group of a class learns; with ``singletons`` "both" a part of its samples is
    validation.
    """
    given = groups["group"].map(imposed).to_numpy(object)
    free = given == NO_ROLE
    held = np.zeros(len(groups), np.bool_)
    held[free] = hold_out(groups[free], settings["fusion_holdout_ratio"])
    allowed = np.where(held, FUSION_TEST, allowed_roles(given, imposed.unique()))
    table = groups.assign(allowed=allowed, role=FUSION_TEST, validation_share=0.0)
    seed, shares = settings["seed"], settings["validation_ratio"]
    table.loc[~held, "role"] = assign_roles(table[~held], seed, settings["ratio"], shares)
    chosen = table.set_index("group")[["role", "allowed"]]
    holdings = classes_held(
        polygons[["group", "group_id", "code", "region", "pixels"]].join(chosen, on="group")
    )
    repaired = repair_roles(holdings, seed, holdings["role"].to_numpy(object))
    changed = repaired != holdings["role"].to_numpy(object)
    table["role"] = table["group"].map(dict(zip(holdings["group"], repaired, strict=True)))
    if changed.any():
        logger.info(
            "roles changed so that no class lacks one: %s", ", ".join(holdings["id"][changed].unique())
        )
    if settings["singletons"] == "both":
        alone = table["role"].isin(DRAWN).groupby([table["code"], table["region"]]).transform("sum") == 1
        both = alone & (table["role"] == LEARN) & may_take(table["allowed"], VALIDATION)
        table.loc[both, "validation_share"] = shares_of(table.loc[both, "code"], shares)
    return table


def _placed(polygons: pd.DataFrame, located: pd.DataFrame) -> pd.DataFrame:
    """Columns of the split but the role."""
    number = polygons["polygon"]
    owned = located[located["owned"] > 0]
    return pd.DataFrame(
        {
            "polygon": number.astype(np.int32),
            "group": polygons["group"].astype(np.int32),
            "id": polygons["id"].astype(str),
            "group_id": polygons["group_id"].astype(str),
            "code": polygons["code"].astype(np.int32),
            "region": polygons["region"].astype(object),
            "home_tile": number.map(home_tiles(located, "polygon")).fillna("").astype(str),
            "pixels": number.map(owned.groupby("polygon")["owned"].sum()).fillna(0).astype(np.int64),
            "owned_tiles": number.map(joined(owned, "tile")).fillna("").astype(str),
            "owned_pixels": number.map(joined(owned, "owned")).fillna("").astype(str),
            "footprint_tiles": number.map(joined(located, "tile")).fillna("").astype(str),
            "fold_value": polygons["fold_value"].fillna("").astype(str),
        }
    )


def _groups(table: pd.DataFrame, located: pd.DataFrame) -> pd.DataFrame:
    """One row for each group with owned pixels: ``group``, ``id``, ``code``, ``region``, ``home_tile``."""
    groups = classes_of_groups(table[table["pixels"] > 0])
    homes = home_tiles(located.merge(table[["polygon", "group"]], on="polygon"), "group")
    return groups.assign(home_tile=groups["group"].map(homes))


def _pixel_hectares(grid: Grid) -> float:
    """Ground area of a pixel in the middle of a grid."""
    left, bottom, right, top = grid.bounds
    width, height = grid.resolution
    x, y = (left + right) / 2, (bottom + top) / 2
    pixel = np.array([shapely.box(x, y, x + width, y + height)], object)
    return float(areas_m2(pixel, grid.crs)[0]) / SQUARE_METRES_PER_HECTARE
