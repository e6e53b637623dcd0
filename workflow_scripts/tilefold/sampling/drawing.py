"""Drawing of a run's pixels from what may be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.folds.barring import TRAINING_ROLES
from tilefold.folds.roles import LEARN, VALIDATION, number_of_validation
from tilefold.sampling.pixels import PoolPixels
from tilefold.sampling.quotas import tile_quotas
from tilefold.sampling.samplers import Ranks, draw_ranks, keyed_generator, periodic_ranks
from tilefold.sampling.stock import Stock
from tilefold.sampling.strategies import wanted_pixels
from tilefold.sampling.training import Training

NO_QUOTA = "none"


@dataclass(frozen=True)
class Draw:
    """What was drawn.

    Attributes
    ----------
    picked
        ``tile``, ``pool_row``, ``polygon``, ``group``, ``code``, ``role``, ``region``, and of the pool's index ``x``,
        ``y``, ``clear_dates``; in the order tile, polygon, row, column.
    stratum
        Place of each picked pixel in the strata.
    wanted
        Pixels wanted of each stratum, of all tiles together.
    quotas
        Pixels to take from each tile and stratum; None without quotas.
    """

    picked: pd.DataFrame
    stratum: NDArray[np.int32]
    wanted: NDArray[np.int64]
    quotas: NDArray[np.int64] | None


def draw_samples(pools: PoolPixels, training: Training, stock: Stock, settings: Mapping[str, Any]) -> Draw:
    """Draw a run's pixels; one index is in memory at a time.

    Parameters
    ----------
    pools
        What may be drawn from.
    training, stock
        Who trains, and what may be taken.
    settings
        ``seed``; how many pixels: ``strategy``, ``prevalence``, ``limits`` (see `wanted_pixels`), ``quota`` ("none",
        or see `tile_quotas`); which: ``sampler`` (see `draw_ranks`). A random sampler and jitter are keyed by seed,
        region and class, and by the tile where there are quotas.
    """
    shape = len(training.regions), len(training.codes)
    wanted = wanted_pixels(stock.by_stratum.reshape(shape), settings).reshape(-1)
    quotas = None
    if settings["quota"] != NO_QUOTA:
        quotas = tile_quotas(settings["quota"], wanted, stock.by_tile)
    ranks = _ranks(training, stock, wanted, quotas, settings)
    picked, strata = [], []
    for tile, chosen in zip(stock.tiles, ranks, strict=True):
        rows, portion = pools.candidates(tile, training)
        taken = _taken(training.stratum[portion], chosen)
        described = _described(tile, rows[taken], portion[taken], training)
        picked.append(described.join(pools.described(tile, rows[taken])))
        strata.append(training.stratum[portion[taken]])
    table = pd.concat(picked, ignore_index=True)
    for group, share in training.validation_share.items():
        _divide(table, group, share)
    return Draw(table, np.concatenate(strata), wanted, quotas)


def _ranks(
    training: Training,
    stock: Stock,
    wanted: NDArray[np.int64],
    quotas: NDArray[np.int64] | None,
    settings: Mapping[str, Any],
) -> list[list[Ranks]]:
    """For each tile and stratum, the ranks to take among the tile's candidates of the stratum.

    With quotas each tile is a list of its own; without, the tiles of a stratum are one list, in their order.
    """
    sampler = settings["sampler"]
    key = partial(partial, keyed_generator, settings["seed"])
    if quotas is not None:
        return [
            [
                draw_ranks(sampler, *pair, key(*stratum, tile))
                for stratum, pair in zip(training.strata, _pairs(available, quota), strict=True)
            ]
            for tile, available, quota in zip(stock.tiles, stock.by_tile, quotas, strict=True)
        ]
    pieces = []
    pairs = _pairs(stock.by_stratum, wanted)
    for stratum, pair, by_tile in zip(training.strata, pairs, stock.by_tile.T, strict=True):
        ranks = draw_ranks(sampler, *pair, key(*stratum))
        ends = np.cumsum(by_tile)
        parts = np.split(ranks, np.searchsorted(ranks, ends[:-1]))
        pieces.append([part - start for part, start in zip(parts, ends - by_tile, strict=True)])
    return [list(tile) for tile in zip(*pieces, strict=True)]


def _pairs(available: NDArray[np.int64], wanted: NDArray[np.int64]) -> list[tuple[int, int]]:
    return list(zip(available.tolist(), wanted.tolist(), strict=True))


def _taken(stratum: NDArray[np.int32], ranks: list[Ranks]) -> NDArray[np.intp]:
    """Places of a tile's candidates with the given ranks among those of their stratum, ascending."""
    by_stratum = np.argsort(stratum, kind="stable")
    starts = np.searchsorted(stratum[by_stratum], np.arange(len(ranks)))
    return np.sort(
        by_stratum[np.concatenate([start + part for start, part in zip(starts, ranks, strict=True)])]
    )


def _described(
    tile: str, rows: NDArray[np.intp], portion: NDArray[np.int64], training: Training
) -> pd.DataFrame:
    regions = np.array([region for region, _ in training.strata], object)
    codes = np.array([code for _, code in training.strata], np.int32)
    return pd.DataFrame(
        {
            "tile": np.full(rows.size, tile, object),
            "pool_row": rows.astype(np.int64),
            "polygon": (portion % training.polygons).astype(np.int32),
            "group": training.group[portion],
            "code": codes[training.stratum[portion]],
            "role": np.array(TRAINING_ROLES, object)[training.role[portion]],
            "region": regions[training.stratum[portion]],
        }
    )


def _divide(picked: pd.DataFrame, group: int, share: float) -> None:
    """Make validation of a share of what a group learns, evenly spaced."""
    rows = np.flatnonzero((picked["group"] == group) & (picked["role"] == LEARN))
    wanted = int(number_of_validation(np.array(rows.size), share))
    picked.loc[rows[periodic_ranks(rows.size, wanted)], "role"] = VALIDATION
