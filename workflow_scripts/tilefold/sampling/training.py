"""Who trains in a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.folds.barring import TRAINING_ROLES

#: Number of a polygon that does not train, in place of that of its role or class.
NONE = -1


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
    clipped
        By polygon number: only its pixels beyond the barred area train.
    validation_share
        Share of the samples of a group that is validation though its role is learn, by group; most have none.
    regions, codes
        Regions, and class codes ascending.
    """

    role: NDArray[np.int8]
    stratum: NDArray[np.int64]
    group: NDArray[np.int64]
    clipped: NDArray[np.bool_]
    validation_share: dict[int, float]
    regions: list[str]
    codes: list[int]

    @classmethod
    def of_run(
        cls, split: pd.DataFrame, in_fold: pd.DataFrame, regions: Sequence[str], codes: Sequence[int]
    ) -> Training:
        """Polygons with a training role, from the tables of `split_polygons` and `fold_roles`."""
        members = in_fold[in_fold["role"].isin(TRAINING_ROLES)]
        number = members["polygon"].to_numpy()
        size = int(in_fold["polygon"].max()) + 1
        role, stratum, group = np.full(size, NONE, np.int8), np.full(size, NONE), np.full(size, NONE)
        clipped = np.zeros(size, np.bool_)
        clipped[in_fold["polygon"]] = in_fold["clipped"]
        shared = split[split["validation_share"] > 0]
        shares = dict(zip(shared["group"].tolist(), shared["validation_share"].tolist(), strict=True))
        training = cls(role, stratum, group, clipped, shares, list(regions), sorted(codes))
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
