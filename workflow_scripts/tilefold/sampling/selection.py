"""Selection of the pixels that a run is trained on, from the indexes of pools; no image is read."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.folds.areas import HeldOutArea, count_pieces, open_area
from tilefold.folds.barring import TRAINING_ROLES, clipped_away, fold_roles, training_loss
from tilefold.folds.roles import LEARN, VALIDATION, number_of_validation
from tilefold.folds.validation_tile import validate_on_tile
from tilefold.sampling.periodic import PeriodicSampler
from tilefold.storage.tables import read_table, write_table

logger = logging.getLogger(__name__)

#: Number of a polygon that does not train, in place of that of its role or class.
NONE = -1

Indexes = Mapping[str, Path | str]


class SelectionError(ValueError):
    """A run that has nothing to learn from."""


def select_samples(
    split: Path | str,
    indexes: Indexes,
    settings: Mapping[str, Any],
    *,
    selection: Path | str,
    rates: Path | str,
    roles: Path | str,
    barred: Path | str,
    blocks: Path | str | None = None,
) -> None:
    """Select a run's training pixels; one index is in memory at a time.

    Parameters
    ----------
    split
        Table of `split_polygons`.
    indexes
        Indexes of the pools of the run's training tiles, by tile.
    settings
        ``fold``, ``seed``, ``held_out``, ``scheme``, ``barring`` (see `open_area`), ``codes``, ``regions``,
        ``min_clear_dates``, ``strategy`` ("constant" or "all"), ``count`` (pixels for each class, learn and
        validation together), ``validation_tile`` (see `validate_on_tile`; None: validation polygons are the
        split's).
    selection
        Table to write: ``tile``, ``pool_row``, ``polygon``, ``group``, ``code``, ``role``, in the order tile,
        polygon, row, column.
    rates
        CSV to write, one row for each region and class: ``region``, ``code``, ``polygons`` (training polygons with
        an available pixel; parts of one original count once), ``available``, ``required``, ``taken``, ``rate``,
        ``learn``, ``validation``; a class without available pixels has zeros.
    roles
        Table to write: roles of all polygons in this run, see `fold_roles`.
    barred
        CSV to write: what the fold takes from training, see `training_loss`.
    blocks
        GeoPackage of `assign_blocks`, for folds of blocks.

    Raises
    ------
    SelectionError
        If the run has no pixel to learn from.
    """
    polygons = read_table(split)
    area = open_area(settings, polygons, indexes, blocks)
    pieces = count_pieces(polygons, indexes, area)
    in_fold = fold_roles(polygons, pieces, area, settings["seed"])
    if settings["validation_tile"] is not None:
        in_fold = validate_on_tile(in_fold, polygons["owned_tiles"], settings["validation_tile"])
    training = _training(in_fold, settings["regions"], settings["codes"])
    drawn = _draw(indexes, training, area, settings)
    drawn.picked["role"] = _divided(drawn.picked, polygons)
    table = _rates(training, drawn)
    if not table["learn"].sum():
        raise SelectionError(
            f"{settings['fold']}, seed {settings['seed']}: no pixel of a learn polygon is left; tiles are "
            f"{', '.join(sorted(indexes))}, held out {', '.join(settings['held_out']) or 'none'}; hold out less "
            "or train on more tiles"
        )
    write_table(selection, drawn.picked)
    write_table(rates, table)
    write_table(roles, in_fold)
    write_table(barred, training_loss(polygons, in_fold, pieces))
    logger.info("%s, seed %d: %d samples", settings["fold"], settings["seed"], len(drawn.picked))


@dataclass(frozen=True)
class Training:
    """Polygons that train in a run.

    Attributes
    ----------
    role
        By polygon number: place in `TRAINING_ROLES`, `NONE` if it does not train (int8).
    stratum
        By polygon number: place in `strata`, `NONE` if it does not train (int64).
    group
        By polygon number: its group (int64).
    clipped
        By polygon number: only its pixels beyond the barred area train.
    strata
        Region and class code of each row of the table of rates.
    """

    role: NDArray[np.int8]
    stratum: NDArray[np.int64]
    group: NDArray[np.int64]
    clipped: NDArray[np.bool_]
    strata: list[tuple[str, int]]


def _training(in_fold: pd.DataFrame, regions: list[str], codes: list[int]) -> Training:
    strata = [(region, code) for region in regions for code in sorted(codes)]
    members = in_fold[in_fold["role"].isin(TRAINING_ROLES)]
    number = members["polygon"].to_numpy()
    size = int(in_fold["polygon"].max()) + 1
    role, stratum, group = np.full(size, NONE, np.int8), np.full(size, NONE), np.full(size, NONE)
    role[number] = members["role"].map({name: place for place, name in enumerate(TRAINING_ROLES)})
    places = pd.MultiIndex.from_tuples(strata).get_indexer(
        pd.MultiIndex.from_frame(members[["region", "code"]])
    )
    stratum[number] = places
    group[number] = members["group"]
    clipped = np.zeros(size, np.bool_)
    clipped[in_fold["polygon"]] = in_fold["clipped"]
    return Training(role, stratum, group, clipped, strata)


def _candidates(
    tile: str, index: Path | str, training: Training, area: HeldOutArea, min_clear_dates: int
) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Rows of a pool that may be picked, ascending, and their polygons."""
    table = read_table(index, ["polygon", "clear_dates"])
    polygon = table["polygon"].to_numpy()
    allowed = (training.stratum[polygon] != NONE) & (table["clear_dates"].to_numpy() >= min_clear_dates)
    rows = np.flatnonzero(allowed)
    if area.clips:
        pixels = read_table(index, ["polygon", "x", "y"]).iloc[rows]
        rows = rows[~clipped_away(tile, pixels, training.clipped[polygon[rows]], area)]
    return rows, polygon[rows]


@dataclass(frozen=True)
class Draw:
    """What was drawn.

    Attributes
    ----------
    picked
        ``tile``, ``pool_row``, ``polygon``, ``group``, ``code``, ``role``.
    available, required
        Pixels by stratum.
    polygons
        Polygons with an available pixel.
    """

    picked: pd.DataFrame
    available: NDArray[np.int64]
    required: NDArray[np.int64]
    polygons: NDArray[np.int32]


def _draw(indexes: Indexes, training: Training, area: HeldOutArea, settings: Mapping[str, Any]) -> Draw:
    tiles, least, strata = sorted(indexes), settings["min_clear_dates"], len(training.strata)
    available, seen = np.zeros(strata, np.int64), [np.empty(0, np.int32)]
    for tile in tiles:
        _, polygon = _candidates(tile, indexes[tile], training, area, least)
        available += np.bincount(training.stratum[polygon], minlength=strata)
        seen.append(np.unique(polygon))
    wanted = available if settings["strategy"] == "all" else np.full(strata, settings["count"])
    required = np.where(available > 0, wanted, 0)
    samplers = [PeriodicSampler(*pair) for pair in zip(available.tolist(), required.tolist(), strict=True)]
    picked = []
    for tile in tiles:
        rows, polygon = _candidates(tile, indexes[tile], training, area, least)
        stratum = training.stratum[polygon]
        taken = np.zeros(rows.size, np.bool_)
        for place, sampler in enumerate(samplers):
            mine = stratum == place
            taken[mine] = sampler.take(int(mine.sum()))
        picked.append(_described(tile, rows[taken], polygon[taken], training))
    return Draw(pd.concat(picked, ignore_index=True), available, required, np.unique(np.concatenate(seen)))


def _described(
    tile: str, rows: NDArray[np.intp], polygon: NDArray[np.int32], training: Training
) -> pd.DataFrame:
    codes = np.array([code for _, code in training.strata], np.int32)
    return pd.DataFrame(
        {
            "tile": np.full(rows.size, tile, object),
            "pool_row": rows.astype(np.int64),
            "polygon": polygon,
            "group": training.group[polygon].astype(np.int32),
            "code": codes[training.stratum[polygon]],
            "role": np.array(TRAINING_ROLES, object)[training.role[polygon]],
        }
    )


def _divided(picked: pd.DataFrame, split: pd.DataFrame) -> NDArray[np.object_]:
    """Roles of picked pixels: of a learn polygon with a share of validation, evenly spaced ones are validation."""
    share = split.loc[split["validation_share"] > 0, ["group", "validation_share"]].drop_duplicates()
    role = picked["role"].to_numpy(object)
    for group, ratio in zip(share["group"], share["validation_share"], strict=True):
        rows = np.flatnonzero((picked["group"] == group) & (picked["role"] == LEARN))
        wanted = int(number_of_validation(np.array(rows.size), ratio))
        role[rows[PeriodicSampler(rows.size, wanted).take(rows.size)]] = VALIDATION
    return role


def _rates(training: Training, drawn: Draw) -> pd.DataFrame:
    strata = len(training.strata)
    of_pixel = training.stratum[drawn.picked["polygon"].to_numpy()]
    by_role = {
        name: np.bincount(of_pixel[(drawn.picked["role"] == name).to_numpy()], minlength=strata)
        for name in TRAINING_ROLES
    }
    groups = pd.Series(training.group[drawn.polygons]).groupby(training.stratum[drawn.polygons]).nunique()
    rate = drawn.required / np.maximum(drawn.available, 1)
    return pd.DataFrame(
        {
            "region": [region for region, _ in training.strata],
            "code": [code for _, code in training.strata],
            "polygons": groups.reindex(range(strata), fill_value=0).to_numpy(),
            "available": drawn.available,
            "required": drawn.required,
            "taken": by_role[LEARN] + by_role[VALIDATION],
            "rate": np.minimum(rate, 1.0),
            **by_role,
        }
    )
