"""Selection of the pixels that a run is trained on, from the indexes of pools; no image is read."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from tilefold.folds.areas import HeldOutArea, count_pieces, open_area
from tilefold.folds.barring import fold_roles, training_loss
from tilefold.folds.validation_tile import validate_on_tile
from tilefold.regions.names import ALL
from tilefold.sampling.drawing import draw_samples
from tilefold.sampling.pixels import Indexes, PoolPixels, Rasters
from tilefold.sampling.statistics import rates_table, samples_table
from tilefold.sampling.stock import take_stock
from tilefold.sampling.training import Training
from tilefold.storage.tables import read_table, write_table

logger = logging.getLogger(__name__)


class SelectionError(ValueError):
    """A run that has nothing to learn from."""


def select_samples(
    split: Path | str,
    indexes: Indexes,
    settings: Mapping[str, Any],
    *,
    selection: Path | str,
    rates: Path | str,
    samples: Path | str,
    roles: Path | str,
    barred: Path | str,
    blocks: Path | str | None = None,
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
        ``fold``, ``seed``, ``held_out``, ``scheme``, ``barring`` (see `open_area`), ``codes``, ``regions``,
        ``min_clear_dates``, ``validation_tile`` (see `validate_on_tile`; None: validation polygons are the
        split's), and those of `draw_samples`.
    selection
        Table to write, see `Draw`; the pixels of the region `all` besides others stand at the end.
    rates
        CSV to write, one row for each region and class, see `rates_table`.
    samples
        CSV to write: the same by tile and role, with test polygons; see `samples_table`.
    roles
        Table to write: roles of all polygons in this run, see `fold_roles`.
    barred
        CSV to write: what the fold takes from training, see `training_loss`.
    blocks
        GeoPackage of `assign_blocks`, for folds of blocks.
    regions
        Rasters of `burn_regions` by tile, if there are regions: a pixel trains in its own region, and in the
        region `all` where ``regions`` names it.

    Raises
    ------
    SelectionError
        If the run has no pixel to learn from.
    """
    polygons = read_table(split)
    area = open_area(settings, polygons, indexes, blocks)
    pieces = count_pieces(polygons, indexes, area)
    in_fold = _roles(polygons, pieces, area, settings)
    chosen = _choose(
        PoolPixels(indexes, area, settings["min_clear_dates"], regions), polygons, in_fold, pieces, settings
    )
    if not chosen.rates["learn"].sum():
        raise SelectionError(_nothing_to_learn(indexes, settings))
    write_table(selection, chosen.picked)
    write_table(rates, chosen.rates)
    write_table(samples, chosen.samples)
    write_table(roles, in_fold)
    write_table(barred, training_loss(polygons, in_fold, pieces))
    logger.info("%s, seed %d: %d samples", settings["fold"], settings["seed"], len(chosen.picked))


@dataclass(frozen=True)
class Choice:
    """Tables of `select_samples`: the selection, rates and samples."""

    picked: pd.DataFrame
    rates: pd.DataFrame
    samples: pd.DataFrame


def _choose(
    pools: PoolPixels,
    split: pd.DataFrame,
    in_fold: pd.DataFrame,
    pieces: pd.DataFrame,
    settings: Mapping[str, Any],
) -> Choice:
    """Choose for the regions, and for all of them together where that is one besides."""
    own = [name for name in settings["regions"] if name != ALL]
    parts = [(pools, own)] * bool(own)
    parts += [(replace(pools, regions=None), [ALL])] * (ALL in settings["regions"])
    choices = []
    for drawn_from, regions in parts:
        training = Training.of_run(split, in_fold, regions, settings["codes"])
        stock = take_stock(drawn_from, training)
        drawn = draw_samples(drawn_from, training, stock, settings)
        tables = rates_table(training, stock, drawn), samples_table(in_fold, pieces, training, stock, drawn)
        choices.append((drawn.picked, *tables))
    return Choice(*(pd.concat(tables, ignore_index=True) for tables in zip(*choices, strict=True)))


def _roles(
    split: pd.DataFrame, pieces: pd.DataFrame, area: HeldOutArea, settings: Mapping[str, Any]
) -> pd.DataFrame:
    in_fold = fold_roles(split, pieces, area, settings["seed"])
    if settings["validation_tile"] is None:
        return in_fold
    return validate_on_tile(in_fold, split["owned_tiles"], settings["validation_tile"])


def _nothing_to_learn(indexes: Indexes, settings: Mapping[str, Any]) -> str:
    return (
        f"{settings['fold']}, seed {settings['seed']}: no pixel of a learn polygon is left; tiles are "
        f"{', '.join(sorted(indexes))}, held out {', '.join(settings['held_out']) or 'none'}; hold out less "
        "or train on more tiles"
        + ("; or the regions hold none of them" if settings["regions"] != [ALL] else "")
    )
