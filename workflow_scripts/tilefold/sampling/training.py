"""Who trains in a run, and what the pools hold of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.folds.roles import LEARN, VALIDATION
from tilefold.storage.tables import read_table

#: Number of a polygon that does not train, in place of that of its role or class.
NONE = -1
TRAINING_ROLES = (LEARN, VALIDATION)

Indexes = Mapping[str, Path | str]


@dataclass(frozen=True)
class Training:
    """Polygons that train in a run.

    Attributes
    ----------
    role
        By polygon number: place in `TRAINING_ROLES`, `NONE` if it does not train (int8).
    stratum
        By polygon number: place of its region and class in `strata`, `NONE` if it does not train (int64).
    group
        By polygon number: its group (int64).
    regions, codes
        Regions, and class codes ascending.
    """

    role: NDArray[np.int8]
    stratum: NDArray[np.int64]
    group: NDArray[np.int64]
    regions: list[str]
    codes: list[int]

    @classmethod
    def of_run(cls, in_fold: pd.DataFrame, regions: Sequence[str], codes: Sequence[int]) -> Training:
        """Polygons with a training role, from the table of `fold_roles`."""
        members = in_fold[in_fold["role"].isin(TRAINING_ROLES)]
        number = members["polygon"].to_numpy()
        size = int(in_fold["polygon"].max()) + 1
        role, stratum, group = np.full(size, NONE, np.int8), np.full(size, NONE), np.full(size, NONE)
        training = cls(role, stratum, group, list(regions), sorted(codes))
        role[number] = members["role"].map({name: place for place, name in enumerate(TRAINING_ROLES)})
        stratum[number] = training.place(members)
        group[number] = members["group"]
        return training

    @property
    def strata(self) -> list[tuple[str, int]]:
        """Region and class code of each stratum."""
        return [(region, code) for region in self.regions for code in self.codes]

    def place(self, polygons: pd.DataFrame) -> NDArray[np.intp]:
        """Place in `strata` of polygons with ``region`` and ``code``."""
        strata = pd.MultiIndex.from_tuples(self.strata)
        return strata.get_indexer(pd.MultiIndex.from_frame(polygons[["region", "code"]]))


@dataclass(frozen=True)
class Stock:
    """What may be taken.

    Attributes
    ----------
    tiles
        Tiles, sorted.
    available
        Pixels by tile, stratum and role, (tiles, strata, roles).
    polygons
        For each tile, the polygons with an available pixel.
    """

    tiles: list[str]
    available: NDArray[np.int64]
    polygons: list[NDArray[np.int32]]

    @property
    def by_tile(self) -> NDArray[np.int64]:
        """Pixels by tile and stratum."""
        return self.available.sum(axis=2)

    @property
    def by_stratum(self) -> NDArray[np.int64]:
        """Pixels by stratum, of all tiles."""
        return self.available.sum(axis=(0, 2))


def candidates(
    index: Path | str, training: Training, min_clear_dates: int
) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Rows of a pool that may be taken, ascending, and their polygons.

    Parameters
    ----------
    index
        Index of the pool.
    training
        Who trains.
    min_clear_dates
        Pixels seen clear on fewer days may not be taken.
    """
    table = read_table(index, ["polygon", "clear_dates"])
    polygon = table["polygon"].to_numpy()
    allowed = (training.stratum[polygon] != NONE) & (table["clear_dates"].to_numpy() >= min_clear_dates)
    rows = np.flatnonzero(allowed)
    return rows, polygon[rows]


def take_stock(indexes: Indexes, training: Training, min_clear_dates: int) -> Stock:
    """Count what may be taken; one index is in memory at a time."""
    tiles, roles = sorted(indexes), len(TRAINING_ROLES)
    available = np.empty((len(tiles), len(training.strata), roles), np.int64)
    polygons = []
    for number, tile in enumerate(tiles):
        _, polygon = candidates(indexes[tile], training, min_clear_dates)
        cell = training.stratum[polygon] * roles + training.role[polygon]
        available[number] = np.bincount(cell, minlength=available[number].size).reshape(-1, roles)
        polygons.append(np.unique(polygon))
    return Stock(tiles, available, polygons)
