"""Split of the polygons of one seed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio

from tilefold.folds.location import locate_polygons
from tilefold.folds.roles import assign_roles
from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership
from tilefold.ground_truth.cleaning import LAYER
from tilefold.storage.tables import join_list, write_table

logger = logging.getLogger(__name__)

REGION = "all"


def split_polygons(reference: Path | str, settings: Mapping[str, Any], *, split: Path | str) -> None:
    """Write where each polygon lies and its role.

    Parameters
    ----------
    reference
        GeoPackage of cleaned polygons.
    settings
        `seed`, `ratio`, `validation_ratio`, `grids` of the training tiles, `ownership` of all tiles.
    split
        Table to write, one row a polygon: `polygon`, `group`, `id`, `code`, `region`, `home_tile` (the tile that
        owns most pixels of the polygon's group), `role` ("" where the group holds no owned pixel), `pixels`
        (owned), `owned_tiles` with `owned_pixels`, `footprint_tiles` (with a pixel centre in the polygon).
    """
    polygons = pyogrio.read_dataframe(
        reference, layer=LAYER, columns=["polygon", "group", "id", "code"], read_geometry=False
    ).sort_values("polygon", ignore_index=True)
    grids = {tile: Grid.from_dict(grid) for tile, grid in settings["grids"].items()}
    located = locate_polygons(reference, grids, Ownership.from_dict(settings["ownership"]))
    owned = located[located["owned"] > 0]
    table = polygons.astype({"polygon": np.int32, "group": np.int32, "code": np.int32}).assign(
        region=REGION,
        home_tile=polygons["group"].map(_home_tiles(polygons, owned)).fillna(""),
        pixels=_per_polygon(polygons, owned, "owned", "sum", 0).astype(np.int64),
        owned_tiles=_per_polygon(polygons, owned, "tile", join_list, ""),
        owned_pixels=_per_polygon(polygons, owned, "owned", join_list, ""),
        footprint_tiles=_per_polygon(polygons, located, "tile", join_list, ""),
    )
    table["role"] = _roles(table, settings)
    columns = ["polygon", "group", "id", "code", "region", "home_tile", "role", "pixels"]
    write_table(split, table[[*columns, "owned_tiles", "owned_pixels", "footprint_tiles"]])
    logger.info("seed %d: %s", settings["seed"], table["role"].value_counts().to_dict())


def _per_polygon(
    polygons: pd.DataFrame, located: pd.DataFrame, column: str, how: Any, missing: Any
) -> pd.Series:
    gathered = located.groupby("polygon")[column].agg(how)
    return polygons["polygon"].map(gathered).fillna(missing)


def _home_tiles(polygons: pd.DataFrame, owned: pd.DataFrame) -> pd.Series:
    """Tile that owns most pixels of each group, the first by name of equals."""
    counts = owned.merge(polygons[["polygon", "group"]], on="polygon")
    totals = counts.groupby(["group", "tile"], as_index=False)["owned"].sum()
    ordered = totals.sort_values(["group", "owned", "tile"], ascending=[True, False, True])
    first = ordered.drop_duplicates("group")
    return pd.Series(first["tile"].to_numpy(), index=first["group"].to_numpy())


def _roles(table: pd.DataFrame, settings: Mapping[str, Any]) -> pd.Series:
    """Role of each polygon: that of its group, if any part of the group holds an owned pixel."""
    groups = table[table["home_tile"] != ""].drop_duplicates("group")
    roles = assign_roles(
        groups, seed=settings["seed"], ratio=settings["ratio"], validation_ratio=settings["validation_ratio"]
    )
    by_group = pd.Series(roles.to_numpy(), index=groups["group"].to_numpy())
    return table["group"].map(by_group).fillna("")
