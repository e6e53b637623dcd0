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

from tilefold.folds.groups import classes_of_groups
from tilefold.folds.location import home_tiles, joined, locate
from tilefold.folds.outside import outside_tiles
from tilefold.folds.roles import NO_ROLE, assign_roles, repair_roles
from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership
from tilefold.ground_truth.reading import LAYER
from tilefold.ground_truth.shapes import SQUARE_METRES_PER_HECTARE, areas_m2
from tilefold.storage.tables import write_table

#: Without regions there is one.
REGION = "all"

logger = logging.getLogger(__name__)


def split_polygons(reference: Path | str, settings: Mapping[str, Any], *, split: Path | str) -> None:
    """Give each polygon its place and its role.

    Parameters
    ----------
    reference
        GeoPackage written by `clean_ground_truth`.
    settings
        ``seed``; ``ratio`` (share of a class's groups for training); ``validation_ratio`` (share of validation
        within training); ``grids`` of the training tiles, by name; ``ownership`` among all tiles.
    split
        Parquet table to write, one row a polygon: ``polygon``, ``group``, ``id``, ``group_id``, ``code``, ``region``,
        ``home_tile`` (empty if no tile owns a pixel), ``role`` (learn, validation, test; empty if its group holds
        no owned pixel), ``pixels`` (owned, all tiles), ``owned_tiles`` and ``owned_pixels``, ``footprint_tiles``
        (tiles with a pixel in it, owned or not); lists are joined by ";", tiles sorted; ``outside`` (whether the
        polygon lies outside the footprints of all training tiles). Its attributes hold
        ``pixel_hectares`` by tile.
    """
    polygons = pyogrio.read_dataframe(
        reference, layer=LAYER, columns=["polygon", "group", "id", "group_id", "code"], read_geometry=False
    ).sort_values("polygon", ignore_index=True)
    grids = {tile: Grid.from_dict(grid) for tile, grid in settings["grids"].items()}
    located = locate(reference, grids, Ownership.from_dict(settings["ownership"]))
    table = _placed(polygons, located)
    groups = _groups(table, located)
    roles = assign_roles(groups, settings["seed"], settings["ratio"], settings["validation_ratio"])
    groups["role"] = repair_roles(groups, settings["seed"], roles)
    table.insert(7, "role", table["group"].map(groups.set_index("group")["role"]).fillna(NO_ROLE))
    table["outside"] = outside_tiles(reference, Ownership.from_dict(settings["ownership"]), grids, table)
    table.attrs = {"pixel_hectares": {tile: _pixel_hectares(grids[tile]) for tile in sorted(grids)}}
    write_table(split, table)
    logger.info(
        "%d polygons in %d groups: %s", len(table), len(groups), groups["role"].value_counts().to_dict()
    )


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
            "region": REGION,
            "home_tile": number.map(home_tiles(located, "polygon")).fillna("").astype(str),
            "pixels": number.map(owned.groupby("polygon")["owned"].sum()).fillna(0).astype(np.int64),
            "owned_tiles": number.map(joined(owned, "tile")).fillna("").astype(str),
            "owned_pixels": number.map(joined(owned, "owned")).fillna("").astype(str),
            "footprint_tiles": number.map(joined(located, "tile")).fillna("").astype(str),
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
