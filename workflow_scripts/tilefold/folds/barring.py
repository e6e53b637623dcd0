"""What a fold takes from training, so that no polygon stands on both of its sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from tilefold.folds.roles import LEARN, TEST, VALIDATION
from tilefold.grids.ownership import Ownership
from tilefold.storage.tables import split_list


@dataclass(frozen=True)
class BarredArea:
    """Footprints of the held-out tiles, with a belt around them; empty for the fold `all`."""

    tiles: frozenset[str]
    shape: shapely.Geometry

    @classmethod
    def of_fold(cls, held_out: list[str], barring: Mapping[str, Any] | None) -> BarredArea:
        """Barred area of a fold.

        Parameters
        ----------
        held_out
            Tiles held out.
        barring
            `ownership` of the held-out tiles, `buffer_m`; None for the fold `all`.
        """
        if barring is None:
            return cls(frozenset(), shapely.Polygon())
        rings = Ownership.from_dict(barring["ownership"]).rings
        footprints = shapely.union_all([shapely.Polygon(rings[tile]) for tile in held_out])
        return cls(frozenset(held_out), footprints.buffer(barring["buffer_m"]))

    def holds(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether points (in the common CRS) lie in the area or on its border."""
        if shapely.is_empty(self.shape):
            return np.zeros(x.shape, np.bool_)
        return shapely.intersects_xy(self.shape, x, y)


def fold_roles(split: pd.DataFrame, pixels: pd.DataFrame, area: BarredArea) -> pd.DataFrame:
    """Roles of polygons in a fold.

    A group with any pixel in the barred area trains nowhere and is not tested in-area. A class with two groups
    or more left, but none to learn or none to test, gets one role changed: in this fold only, and only among
    the groups left.

    Parameters
    ----------
    split
        Table of `split_polygons`.
    pixels
        Pixels of the training tiles' pools: `polygon`, `x`, `y` in the common CRS.
    area
        What is barred.

    Returns
    -------
    DataFrame
        `polygon`, `group`, `code`, `region`, `home_tile`, `split_role`, `role` ("" if barred), `held_out` (has
        pixels that held-out tiles own), `barred`, `repaired`.
    """
    inside = pixels["polygon"].to_numpy()[area.holds(pixels["x"].to_numpy(), pixels["y"].to_numpy())]
    meets = split["footprint_tiles"].map(lambda cell: bool(area.tiles.intersection(split_list(cell))))
    touched = meets | split["polygon"].isin(inside)
    barred = split["group"].isin(split.loc[touched, "group"])
    held_out = split["owned_tiles"].map(lambda cell: bool(area.tiles.intersection(split_list(cell))))
    table = split[["polygon", "group", "code", "region", "home_tile"]].assign(
        split_role=split["role"],
        role=split["role"].where(~barred, ""),
        held_out=held_out,
        barred=barred,
        repaired=False,
    )
    return _repair(table, split["pixels"]) if area.tiles else table


def _repair(table: pd.DataFrame, pixels: pd.Series) -> pd.DataFrame:
    left = table[table["role"] != ""].assign(pixels=pixels)
    groups = left.sort_values("pixels", ascending=False).drop_duplicates("group").sort_values("group")
    changed: dict[int, str] = {}
    for _, members in groups.groupby(["code", "region"], sort=True):
        changed |= _missing_roles(members)
    role = table["group"].map(changed)
    apply = role.notna() & (table["role"] != "")
    return table.assign(role=table["role"].mask(apply, role), repaired=apply)


def _missing_roles(members: pd.DataFrame) -> dict[int, str]:
    """New roles, by group, of one class."""
    roles = dict(zip(members["group"].tolist(), members["role"].tolist(), strict=True))
    changed: dict[int, str] = {}
    if len(roles) < 2:
        return changed
    for wanted, givers in ((LEARN, (VALIDATION, TEST)), (TEST, (VALIDATION, LEARN))):
        if wanted in roles.values():
            continue
        giver = next(giver for giver in givers if giver in roles.values())
        group = next(group for group, role in roles.items() if role == giver)
        roles[group] = changed[group] = wanted
    return changed
