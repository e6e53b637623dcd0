"""What a fold takes from training, so that no polygon stands on both of its sides."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.folds.areas import FIELD, HeldOutArea
from tilefold.folds.groups import classes_held
from tilefold.folds.roles import LEARN, NO_ROLE, VALIDATION, repair_roles
from tilefold.storage.tables import split_list

HELD_OUT, BARRED = "held_out", "barred"
TRAINING_ROLES = (LEARN, VALIDATION)

Mask = NDArray[np.bool_]


def fold_roles(split: pd.DataFrame, pieces: pd.DataFrame, area: HeldOutArea, seed: int) -> pd.DataFrame:
    """Roles of polygons in a fold.

    A group with any pixel in the barred area is barred: it neither trains nor is tested in-area. Where straddlers
    are clipped, a learn or validation group with pixels beyond the barred area keeps its role, and only those
    pixels train; a test group stays barred, so that no polygon of `in_area` reaches into the barred area and none
    of `out_of_area_test` trains. With folds by field a group that has a held-out polygon is barred in any case.

    A class with two groups or more wholly beyond the barred area, but none of them to learn or none to test, gets
    a role changed (see `repair_roles`): in this fold only, and only among these. Roles inside the held-out area
    stay the split's, in ``split_role``.

    Parameters
    ----------
    split
        Table of `split_polygons`.
    pieces
        Table of `count_pieces`.
    area
        What is held out and barred.
    seed
        Seed of the split.

    Returns
    -------
    pandas.DataFrame
        ``polygon``, ``group``, ``code``, ``region``, ``home_tile``, ``fold_value``, ``split_role``, ``role`` ("" if
        barred), ``held_out`` (has held-out pixels), ``barred``, ``clipped`` (meets the barred area and keeps its
        role), ``repaired``.
    """
    pixels = pieces.groupby("polygon")[["pixels", "held_out", "barred"]].sum()
    pixels = pixels.reindex(split["polygon"], fill_value=0)
    held_out, meeting = pixels["held_out"].to_numpy() > 0, pixels["barred"].to_numpy() > 0
    meets = _of_group(split, meeting | _names_any(split["footprint_tiles"], area.footprint_tiles))
    stays = np.zeros(len(split), np.bool_)
    if area.clips:
        left = pixels["pixels"].to_numpy() > pixels["barred"].to_numpy()
        stays = meets & _of_group(split, left) & split["role"].isin(TRAINING_ROLES).to_numpy()
        if area.cells.kind == FIELD:
            stays &= ~_of_group(split, held_out)
    barred = meets & ~stays
    table = split[["polygon", "group", "code", "region", "home_tile", "fold_value"]].assign(
        split_role=split["role"],
        role=split["role"].where(~barred, NO_ROLE),
        held_out=held_out,
        barred=barred,
        clipped=stays,
        repaired=False,
    )
    return _repaired(table, split[~meets & (split["role"] != NO_ROLE).to_numpy()], area, seed)


def _repaired(table: pd.DataFrame, beyond: pd.DataFrame, area: HeldOutArea, seed: int) -> pd.DataFrame:
    """Roles after the repair among the polygons wholly beyond the barred area."""
    if beyond.empty or not area.held_out:
        return table
    groups = classes_held(beyond)
    drawn = beyond.drop_duplicates("group").set_index("group")["role"]
    repaired = repair_roles(groups, seed, groups["group"].map(drawn).to_numpy(object))
    changed = beyond["group"].map(dict(zip(groups["group"], repaired, strict=True)))
    role = table["role"].copy()
    role.loc[beyond.index] = changed.fillna(beyond["role"])
    return table.assign(role=role, repaired=role != table["role"])


def clipped_away(tile: str, pixels: pd.DataFrame, clipped: Mask, area: HeldOutArea) -> Mask:
    """Pixels of clipped polygons that may not train, since they lie in the barred area.

    Parameters
    ----------
    tile
        The tile that owns the pixels.
    pixels
        ``polygon``, ``x``, ``y`` of each.
    clipped
        Whether the polygon of each is clipped in the fold, see `fold_roles`.
    area
        What is held out and barred.
    """
    away = np.zeros(len(pixels), np.bool_)
    away[clipped] = area.bars(tile, pixels[clipped])
    return away


def _of_group(split: pd.DataFrame, marked: Mask) -> Mask:
    """Polygons whose group has a marked one."""
    return split["group"].isin(split.loc[marked, "group"]).to_numpy()


def _names_any(cells: pd.Series[str], tiles: frozenset[str]) -> Mask:
    """Whether lists of tiles in cells name one of some tiles."""
    named = {cell: bool(tiles.intersection(split_list(cell))) for cell in cells.unique()}
    return cells.map(named).to_numpy(np.bool_)


def training_loss(split: pd.DataFrame, roles: pd.DataFrame, pieces: pd.DataFrame) -> pd.DataFrame:
    """What a fold takes from the learn and validation polygons of the split, by class.

    Parameters
    ----------
    split
        Table of `split_polygons`, with the hectares of a pixel of each tile in its attributes.
    roles
        Table of `fold_roles`.
    pieces
        Table of `count_pieces`.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``reason`` ("held_out": pixels of the held-out area; "barred": pixels elsewhere, all of a barred
        polygon, those in the barred area of a clipped one), ``polygons`` (with such pixels), ``pixels``,
        ``hectares``.
    """
    training = roles.loc[roles["split_role"].isin(TRAINING_ROLES), ["polygon", "code", BARRED]]
    lost = pieces.merge(training.rename(columns={BARRED: "whole"}), on="polygon")
    taken = lost["pixels"].where(lost["whole"], lost[BARRED])
    by_reason = {HELD_OUT: lost[HELD_OUT], BARRED: taken - lost[HELD_OUT]}
    table = pd.concat([lost.assign(reason=reason, pixels=pixels) for reason, pixels in by_reason.items()])
    table = table[table["pixels"] > 0]
    hectares = table["pixels"] * table["tile"].map(split.attrs["pixel_hectares"]).astype(float)
    grouped = table.assign(hectares=hectares).groupby(["code", "reason"], as_index=False)
    loss = grouped.agg(polygons=("polygon", "nunique"), pixels=("pixels", "sum"))
    # Samples of a table have no hectares.
    loss["hectares"] = grouped["hectares"].sum(min_count=1)["hectares"]
    return loss.astype({"code": np.int32, "pixels": np.int64}).round({"hectares": 4})
