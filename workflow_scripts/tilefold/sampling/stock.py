"""What a run's pools hold of the polygons that train."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilefold.folds.barring import TRAINING_ROLES
from tilefold.sampling.pixels import PoolPixels
from tilefold.sampling.training import Training


@dataclass(frozen=True)
class Stock:
    """What may be taken.

    Attributes
    ----------
    tiles
        Tiles, sorted.
    available
        Pixels by tile, stratum and role, (tiles, strata, roles).
    portions
        For each tile, the portions with an available pixel.
    """

    tiles: list[str]
    available: NDArray[np.int64]
    portions: list[NDArray[np.int64]]

    @property
    def by_tile(self) -> NDArray[np.int64]:
        """Pixels by tile and stratum."""
        return self.available.sum(axis=2)

    @property
    def by_stratum(self) -> NDArray[np.int64]:
        """Pixels by stratum, of all tiles."""
        return self.available.sum(axis=(0, 2))


def take_stock(pools: PoolPixels, training: Training) -> Stock:
    """Count what may be taken; one index is in memory at a time."""
    tiles, roles = pools.tiles, len(TRAINING_ROLES)
    available = np.empty((len(tiles), len(training.strata), roles), np.int64)
    portions = []
    for number, tile in enumerate(tiles):
        _, portion = pools.candidates(tile, training)
        cell = training.stratum[portion] * roles + training.role[portion]
        available[number] = np.bincount(cell, minlength=available[number].size).reshape(-1, roles)
        portions.append(np.unique(portion))
    return Stock(tiles, available, portions)
