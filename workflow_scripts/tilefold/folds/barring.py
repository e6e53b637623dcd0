"""What a fold takes from training, so that no polygon stands on both of its sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from tilefold.folds.groups import classes_held
from tilefold.folds.roles import LEARN, NO_ROLE, VALIDATION, repair_roles
from tilefold.grids.ownership import Ownership
from tilefold.storage.tables import split_list

HELD_OUT, BARRED = "held_out", "barred"


class BarringError(ValueError):
    """A way of barring that cannot be applied."""


@dataclass(frozen=True)
class BarredArea:
    """Footprints of the held-out tiles, with a belt around them; empty for the fold `all`.

    Attributes
    ----------
    tiles
        Tiles held out.
    footprints
        Union of their footprints in the common CRS.
    belt
        Width of the belt in units of the common CRS.
    """

    tiles: frozenset[str]
    footprints: shapely.Geometry
    belt: float

    @classmethod
    def of_fold(cls, held_out: Sequence[str], barring: Mapping[str, Any] | None) -> BarredArea:
        """Barred area of a fold.

        Parameters
        ----------
        held_out
            Tiles held out.
        barring
            ``ownership`` of the held-out tiles, ``boundary`` ("footprint"), ``straddlers`` ("bar"), ``buffer_m``
            (metres); None for the fold `all`.
        """
        if barring is None:
            return cls(frozenset(), shapely.Polygon(), 0.0)
        if (barring["boundary"], barring["straddlers"]) != ("footprint", "bar"):
            raise BarringError(
                f"folds.boundary {barring['boundary']!r} with folds.straddlers {barring['straddlers']!r} is not "
                "known; use footprint and bar"
            )
        ownership = Ownership.from_dict(barring["ownership"])
        footprints = shapely.union_all([shapely.Polygon(ownership.rings[tile]) for tile in held_out])
        return cls(frozenset(held_out), footprints, _in_units(barring["buffer_m"], ownership.crs))

    def holds(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether points (in the common CRS) lie in the footprints, in the belt or on their borders."""
        inside = np.zeros(x.shape, np.bool_)
        if shapely.is_empty(self.footprints):
            return inside
        left, bottom, right, top = shapely.bounds(self.footprints)
        near = (x >= left - self.belt) & (x <= right + self.belt)
        near &= (y >= bottom - self.belt) & (y <= top + self.belt)
        # By distance: the outline of a buffer is a polygon that cuts its round corners short.
        shapely.prepare(self.footprints)
        inside[near] = shapely.dwithin(self.footprints, shapely.points(x[near], y[near]), self.belt)
        return inside


def _in_units(metres: float, crs: str) -> float:
    system = CRS.from_user_input(crs)
    if metres and system.is_geographic:
        raise BarringError(
            f"folds.buffer_m is {metres} but {crs} is in degrees; set output_crs to one in metres"
        )
    return float(metres / system.axis_info[0].unit_conversion_factor)


def fold_roles(
    split: pd.DataFrame, inside: NDArray[np.integer[Any]], area: BarredArea, seed: int
) -> pd.DataFrame:
    """Roles of polygons in a fold.

    A group with any pixel in the barred area neither trains nor is tested in-area. A class with two groups or
    more left, but none to learn or none to test, gets a role changed (see `repair_roles`): in this fold only, and
    only among the groups left. Roles inside the held-out area stay the split's, in ``split_role``.

    Parameters
    ----------
    split
        Table of `split_polygons`.
    inside
        Polygons with a pixel of a pool in the barred area.
    area
        What is barred.
    seed
        Seed of the split.

    Returns
    -------
    pandas.DataFrame
        ``polygon``, ``group``, ``code``, ``region``, ``home_tile``, ``split_role``, ``role`` ("" if barred),
        ``held_out`` (has pixels that held-out tiles own), ``barred`` (all held-out ones are), ``repaired``.
    """
    meeting = _names_any(split["footprint_tiles"], area.tiles) | split["polygon"].isin(inside)
    barred = split["group"].isin(split.loc[meeting, "group"])
    role = split["role"].where(~barred, NO_ROLE)
    table = split[["polygon", "group", "code", "region", "home_tile"]].assign(
        split_role=split["role"],
        role=role,
        held_out=_names_any(split["owned_tiles"], area.tiles),
        barred=barred,
        repaired=False,
    )
    left = split[role != NO_ROLE]
    if left.empty or not area.tiles:
        return table
    groups = classes_held(left)
    drawn = left.drop_duplicates("group").set_index("group")["role"]
    repaired = repair_roles(groups, seed, groups["group"].map(drawn).to_numpy(object))
    changed = left["group"].map(dict(zip(groups["group"], repaired, strict=True)))
    table.loc[left.index, "role"] = changed.fillna(left["role"])
    return table.assign(repaired=table["role"] != role)


def _names_any(cells: pd.Series[str], tiles: frozenset[str]) -> pd.Series[bool]:
    """Whether lists of tiles in cells name one of some tiles."""
    named = {cell: bool(tiles.intersection(split_list(cell))) for cell in cells.unique()}
    return cells.map(named).astype(bool)


def training_loss(split: pd.DataFrame, roles: pd.DataFrame, area: BarredArea) -> pd.DataFrame:
    """What a fold takes from the learn and validation polygons of the split, by class.

    Parameters
    ----------
    split
        Table of `split_polygons`, with the hectares of a pixel of each tile in its attributes.
    roles
        Table of `fold_roles`.
    area
        What is barred.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``reason`` ("held_out": pixels that held-out tiles own; "barred": pixels elsewhere of polygons
        that meet the barred area), ``polygons`` (with such pixels), ``pixels``, ``hectares``.
    """
    lost = split[roles["barred"].to_numpy() & roles["split_role"].isin([LEARN, VALIDATION]).to_numpy()]
    pieces = lost.assign(tile=lost["owned_tiles"].map(split_list), owned=lost["owned_pixels"].map(split_list))
    pieces = pieces[["polygon", "code", "tile", "owned"]].explode(["tile", "owned"]).dropna()
    pixels = pieces["owned"].astype(np.int64)
    hectares = pixels * pieces["tile"].map(split.attrs["pixel_hectares"]).astype(float)
    reason = np.where(pieces["tile"].isin(area.tiles), HELD_OUT, BARRED)
    table = pieces.assign(reason=reason, pixels=pixels, hectares=hectares)
    grouped = table.groupby(["code", "reason"], as_index=False)
    loss = grouped.agg(
        polygons=("polygon", "nunique"), pixels=("pixels", "sum"), hectares=("hectares", "sum")
    )
    return loss.astype({"code": np.int32, "pixels": np.int64}).round({"hectares": 4})
