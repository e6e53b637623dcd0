"""Who trains in a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.folds.barring import TRAINING_ROLES
from tilefold.regions.names import ALL, region_numbers

#: Number of a portion that does not train, in place of that of its role or class.
NONE = -1


@dataclass(frozen=True)
class Training:
    """Portions of polygons that train in a run.

    A portion is what a polygon has in a region, or outside all. That of polygon p in the region of number n has the
    number n * `polygons` + p, which is p where there are no regions.

    Attributes
    ----------
    role
        By portion: place in `TRAINING_ROLES`, `NONE` if it does not train (int8).
    stratum
        By portion: place of its region and class in `strata`, `NONE` if it does not train (int32).
    group
        By portion: its polygon's group (int32).
    clipped
        By polygon number: only its pixels beyond the barred area train.
    validation_share
        Share of the samples of a group that is validation though its role is learn, by group; most have none.
    polygons
        Length of the range of polygons' numbers.
    regions, codes
        Regions, and class codes ascending.
    """

    role: NDArray[np.int8]
    stratum: NDArray[np.int32]
    group: NDArray[np.int32]
    clipped: NDArray[np.bool_]
    validation_share: dict[int, float]
    polygons: int
    regions: list[str]
    codes: list[int]

    @classmethod
    def of_run(
        cls, split: pd.DataFrame, in_fold: pd.DataFrame, regions: Sequence[str], codes: Sequence[int]
    ) -> Training:
        """Polygons with a training role, from the tables of `split_polygons` and `fold_roles`."""
        members = in_fold[in_fold["role"].isin(TRAINING_ROLES)]
        polygons, codes = int(in_fold["polygon"].max()) + 1, sorted(codes)
        # Without regions there is the number 0 alone.
        numbers = [region_numbers(regions).get(region, 0) for region in regions]
        size = polygons * (max(numbers) + 1)
        role, stratum = np.full(size, NONE, np.int8), np.full(size, NONE, np.int32)
        group = np.full(size, NONE, np.int32)
        for place, number in enumerate(numbers):
            portion = number * polygons + members["polygon"].to_numpy()
            role[portion] = members["role"].map({name: place for place, name in enumerate(TRAINING_ROLES)})
            stratum[portion] = place * len(codes) + np.searchsorted(codes, members["code"])
            group[portion] = members["group"]
        clipped = np.zeros(polygons, np.bool_)
        clipped[in_fold["polygon"]] = in_fold["clipped"]
        shared = split[split["validation_share"] > 0]
        shares = dict(zip(shared["group"].tolist(), shared["validation_share"].tolist(), strict=True))
        return cls(role, stratum, group, clipped, shares, polygons, list(regions), codes)

    @property
    def strata(self) -> list[tuple[str, int]]:
        """Region and class code of each stratum."""
        return [(region, code) for region in self.regions for code in self.codes]

    def place(self, polygons: pd.DataFrame) -> NDArray[np.intp]:
        """Place in `strata` of polygons with ``region`` and ``code``; `NONE` for those outside all regions."""
        region = polygons["region"] if self.regions != [ALL] else np.full(len(polygons), ALL, object)
        strata = pd.MultiIndex.from_tuples(self.strata)
        return strata.get_indexer(pd.MultiIndex.from_arrays([region, polygons["code"]]))
