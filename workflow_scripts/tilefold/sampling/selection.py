"""Selection of the pixels that a run is trained on, from the indexes of pools; no image is read."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.folds.barring import BarredArea, fold_roles, training_loss
from tilefold.sampling.drawing import draw_samples
from tilefold.sampling.statistics import rates_table, samples_table
from tilefold.sampling.training import Indexes, Training, take_stock
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
) -> None:
    """Select a run's training pixels; one index is in memory at a time.

    Parameters
    ----------
    split
        Table of `split_polygons`.
    indexes
        Indexes of the pools of the run's training tiles, by tile.
    settings
        ``fold``, ``seed``, ``held_out`` (tiles), ``codes``, ``regions``, ``min_clear_dates``, ``barring`` (see
        `BarredArea.of_fold`; None for the fold `all`); how many pixels: ``strategy``, ``prevalence``, ``limits``
        (see `wanted_pixels`), ``quota`` ("none", or see `tile_quotas`); which: ``sampler`` (see `draw_ranks`). A
        random sampler and jitter are keyed by seed, region and class, and by the tile where there are quotas.
    selection
        Table to write: ``tile``, ``pool_row``, ``polygon``, ``group``, ``code``, ``role``, in the order tile,
        polygon, row, column.
    rates
        CSV to write, one row for each region and class: ``region``, ``code``, ``polygons`` (training polygons with
        an available pixel; parts of one original count once), ``available``, ``required``, ``taken``, ``rate``,
        ``learn``, ``validation``; a class without available pixels has zeros.
    samples
        CSV to write: the same by tile and role, with test polygons; see `samples_table`.
    roles
        Table to write: roles of all polygons in this run, see `fold_roles`.
    barred
        CSV to write: what the fold takes from training, see `training_loss`.

    Raises
    ------
    SelectionError
        If the run has no pixel to learn from.
    """
    polygons = read_table(split)
    area = BarredArea.of_fold(settings["held_out"], settings["barring"])
    in_fold = fold_roles(polygons, _polygons_inside(indexes, area), area, settings["seed"])
    training = Training.of_run(in_fold, settings["regions"], settings["codes"])
    stock = take_stock(indexes, training, settings["min_clear_dates"])
    drawn = draw_samples(indexes, training, stock, settings)
    table = rates_table(training, stock, drawn)
    if not table["learn"].sum():
        raise SelectionError(
            f"{settings['fold']}, seed {settings['seed']}: no pixel of a learn polygon is left; tiles are "
            f"{', '.join(sorted(indexes))}, held out {', '.join(settings['held_out']) or 'none'}; hold out less "
            "or train on more tiles"
        )
    write_table(selection, drawn.picked)
    write_table(rates, table)
    by_tile = samples_table(polygons, in_fold, settings["held_out"], training, stock, drawn)
    write_table(samples, by_tile)
    write_table(roles, in_fold)
    write_table(barred, training_loss(polygons, in_fold, area))
    logger.info("%s, seed %d: %d samples", settings["fold"], settings["seed"], len(drawn.picked))


def _polygons_inside(indexes: Indexes, area: BarredArea) -> NDArray[np.int64]:
    """Polygons with a pixel of a pool in the barred area."""
    found = [np.empty(0, np.int64)]
    for tile in sorted(indexes) if area.tiles else []:
        index = read_table(indexes[tile], ["polygon", "x", "y"])
        inside = area.holds(index["x"].to_numpy(), index["y"].to_numpy())
        found.append(index["polygon"].to_numpy()[inside])
    return np.unique(np.concatenate(found))
