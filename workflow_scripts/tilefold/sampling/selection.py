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

from tilefold.folds.barring import BarredArea, fold_roles, training_loss
from tilefold.folds.roles import LEARN, VALIDATION
from tilefold.regions.names import ALL, region_numbers
from tilefold.regions.reading import numbers_at
from tilefold.sampling.periodic import PeriodicSampler
from tilefold.storage.tables import read_table, write_table

logger = logging.getLogger(__name__)

#: Number of a polygon that does not train, in place of that of its role or class.
NONE = -1
TRAINING_ROLES = (LEARN, VALIDATION)

Indexes = Mapping[str, Path | str]
Rasters = Mapping[str, Path | str] | None


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
    regions: Rasters = None,
) -> None:
    """Select a run's training pixels; one index is in memory at a time.

    Parameters
    ----------
    split
        Table of `split_polygons`.
    indexes
        Indexes of the pools of the run's training tiles, by tile.
    settings
        ``fold``, ``seed``, ``held_out`` (tiles), ``codes``, ``regions``, ``min_clear_dates``, ``strategy``
        ("constant" or "all"), ``count`` (pixels for each class, learn and validation together), ``barring`` (see
        `BarredArea.of_fold`; None for the fold `all`).
    selection
        Table to write: ``tile``, ``pool_row``, ``polygon``, ``group``, ``code``, ``role``, ``region``, in the order
        tile, polygon, row, column; those of the region `all` besides others at the end.
    rates
        CSV to write, one row for each region and class: ``region``, ``code``, ``polygons`` (training polygons with
        an available pixel; parts of one original count once), ``available``, ``required``, ``taken``, ``rate``,
        ``learn``, ``validation``; a class without available pixels has zeros.
    roles
        Table to write: roles of all polygons in this run, see `fold_roles`.
    barred
        CSV to write: what the fold takes from training, see `training_loss`.
    regions
        Rasters of `burn_regions` by tile, if there are regions: a pixel trains in its own region, and in the
        region `all` where ``regions`` names it.

    Raises
    ------
    SelectionError
        If the run has no pixel to learn from.
    """
    polygons = read_table(split)
    area = BarredArea.of_fold(settings["held_out"], settings["barring"])
    in_fold = fold_roles(polygons, _polygons_inside(indexes, area), area, settings["seed"])
    picked, table = _drawn(indexes, in_fold, settings, regions)
    if not table["learn"].sum():
        raise SelectionError(
            f"{settings['fold']}, seed {settings['seed']}: no pixel of a learn polygon is left; tiles are "
            f"{', '.join(sorted(indexes))}, held out {', '.join(settings['held_out']) or 'none'}; hold out less "
            "or train on more tiles" + ("; or the regions hold none of them" if regions else "")
        )
    write_table(selection, picked)
    write_table(rates, table)
    write_table(roles, in_fold)
    write_table(barred, training_loss(polygons, in_fold, area))
    logger.info("%s, seed %d: %d samples", settings["fold"], settings["seed"], len(picked))


def _drawn(
    indexes: Indexes, in_fold: pd.DataFrame, settings: Mapping[str, Any], regions: Rasters
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Picked pixels and rates: of the regions, and of all of them together where that is one besides."""
    own = [name for name in settings["regions"] if name != ALL]
    parts: list[tuple[list[str], Rasters]] = [(own, regions)] * bool(own)
    parts += [([ALL], None)] * (ALL in settings["regions"])
    picked, rates = [], []
    for names, rasters in parts:
        training = _training(in_fold, names, settings["codes"])
        drawn = _draw(indexes, training, settings, rasters)
        picked.append(drawn.picked)
        rates.append(_rates(training, drawn))
    return pd.concat(picked, ignore_index=True), pd.concat(rates, ignore_index=True)


@dataclass(frozen=True)
class Training:
    """Pieces of polygons that train in a run.

    A piece is what a polygon has in a region, or outside all; the piece of polygon p in the region of number n
    has the number n * `polygons` + p, which is p where there are no regions.

    Attributes
    ----------
    role
        By piece: place in `TRAINING_ROLES`, `NONE` if it does not train (int8).
    stratum
        By piece: place in `strata`, `NONE` if it does not train (int32).
    group
        By piece: its polygon's group (int32).
    strata
        Region and class code of each row of the table of rates.
    polygons
        Length of the range of polygons' numbers.
    """

    role: NDArray[np.int8]
    stratum: NDArray[np.int32]
    group: NDArray[np.int32]
    strata: list[tuple[str, int]]
    polygons: int


def _training(in_fold: pd.DataFrame, regions: list[str], codes: list[int]) -> Training:
    strata = [(region, code) for region in regions for code in sorted(codes)]
    members = in_fold[in_fold["role"].isin(TRAINING_ROLES)]
    polygons = int(in_fold["polygon"].max()) + 1
    # Without regions there is the number 0 alone.
    places = [(place, region_numbers(regions).get(region, 0)) for place, region in enumerate(regions)]
    size = polygons * (max(number for _, number in places) + 1)
    role, stratum, group = (
        np.full(size, NONE, np.int8),
        np.full(size, NONE, np.int32),
        np.full(size, NONE, np.int32),
    )
    class_place = members["code"].map({code: place for place, code in enumerate(sorted(codes))}).to_numpy()
    for place, number in places:
        piece = number * polygons + members["polygon"].to_numpy()
        role[piece] = members["role"].map({name: place for place, name in enumerate(TRAINING_ROLES)})
        stratum[piece] = place * len(codes) + class_place
        group[piece] = members["group"]
    return Training(role, stratum, group, strata, polygons)


def _polygons_inside(indexes: Indexes, area: BarredArea) -> NDArray[np.int64]:
    """Polygons with a pixel of a pool in the barred area."""
    found = [np.empty(0, np.int64)]
    for tile in sorted(indexes) if area.tiles else []:
        index = read_table(indexes[tile], ["polygon", "x", "y"])
        inside = area.holds(index["x"].to_numpy(), index["y"].to_numpy())
        found.append(index["polygon"].to_numpy()[inside])
    return np.unique(np.concatenate(found))


def _candidates(
    index: Path | str, training: Training, min_clear_dates: int, regions: Path | str | None
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Rows of a pool that may be picked, ascending, and their pieces."""
    table = read_table(index, ["polygon", "clear_dates", "row", "col"])
    region = numbers_at(regions, table["row"].to_numpy(), table["col"].to_numpy())
    piece = region.astype(np.int64) * training.polygons + table["polygon"].to_numpy()
    allowed = (training.stratum[piece] != NONE) & (table["clear_dates"].to_numpy() >= min_clear_dates)
    rows = np.flatnonzero(allowed)
    return rows, piece[rows]


@dataclass(frozen=True)
class Draw:
    """What was drawn.

    Attributes
    ----------
    picked
        ``tile``, ``pool_row``, ``polygon``, ``group``, ``code``, ``role``, ``region``.
    available, required
        Pixels by stratum.
    taken
        Pixels by role and stratum.
    pieces
        Pieces with an available pixel.
    """

    picked: pd.DataFrame
    available: NDArray[np.int64]
    required: NDArray[np.int64]
    taken: NDArray[np.int64]
    pieces: NDArray[np.int64]


def _draw(indexes: Indexes, training: Training, settings: Mapping[str, Any], regions: Rasters) -> Draw:
    tiles, least, strata = sorted(indexes), settings["min_clear_dates"], len(training.strata)
    rasters = regions or dict.fromkeys(tiles)
    available, seen = np.zeros(strata, np.int64), [np.empty(0, np.int64)]
    for tile in tiles:
        _, piece = _candidates(indexes[tile], training, least, rasters[tile])
        available += np.bincount(training.stratum[piece], minlength=strata)
        seen.append(np.unique(piece))
    wanted = available if settings["strategy"] == "all" else np.full(strata, settings["count"])
    required = np.where(available > 0, wanted, 0)
    samplers = [PeriodicSampler(*pair) for pair in zip(available.tolist(), required.tolist(), strict=True)]
    picked, by_role = [], np.zeros((len(TRAINING_ROLES), strata), np.int64)
    for tile in tiles:
        rows, piece = _candidates(indexes[tile], training, least, rasters[tile])
        stratum = training.stratum[piece]
        taken = np.zeros(rows.size, np.bool_)
        for place, sampler in enumerate(samplers):
            mine = stratum == place
            taken[mine] = sampler.take(int(mine.sum()))
        np.add.at(by_role, (training.role[piece[taken]], stratum[taken]), 1)
        picked.append(_described(tile, rows[taken], piece[taken], training))
    pieces = np.unique(np.concatenate(seen))
    return Draw(pd.concat(picked, ignore_index=True), available, required, by_role, pieces)


def _described(
    tile: str, rows: NDArray[np.intp], piece: NDArray[np.int64], training: Training
) -> pd.DataFrame:
    regions = np.array([region for region, _ in training.strata], object)
    codes = np.array([code for _, code in training.strata], np.int32)
    return pd.DataFrame(
        {
            "tile": np.full(rows.size, tile, object),
            "pool_row": rows.astype(np.int64),
            "polygon": (piece % training.polygons).astype(np.int32),
            "group": training.group[piece],
            "code": codes[training.stratum[piece]],
            "role": np.array(TRAINING_ROLES, object)[training.role[piece]],
            "region": regions[training.stratum[piece]],
        }
    )


def _rates(training: Training, drawn: Draw) -> pd.DataFrame:
    strata = len(training.strata)
    by_role = dict(zip(TRAINING_ROLES, drawn.taken, strict=True))
    groups = pd.Series(training.group[drawn.pieces]).groupby(training.stratum[drawn.pieces]).nunique()
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
