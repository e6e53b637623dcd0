"""Folds and runs: which areas are held out, by which runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilefold.config.design import Folds

ALL = "all"


@dataclass(frozen=True)
class Run:
    """A fold times a seed.

    Attributes
    ----------
    fold
        `all` (nothing held out) or `without_<tile>`, with several tiles joined by `_`.
    seed
        Seed of the split.
    held_out
        Tiles held out.
    training_tiles
        Tiles whose pools the run reads for training.
    map_tiles
        Tiles that the run classifies.
    """

    fold: str
    seed: int
    held_out: tuple[str, ...]
    training_tiles: tuple[str, ...]
    map_tiles: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name in tables."""
        return f"{self.fold}/seed_{self.seed}"


def held_out_areas(folds: Folds, train: Sequence[str]) -> list[tuple[str, ...]]:
    """Tiles held out by each fold, in the order of the config; no fold for the scheme `none`."""
    if folds.scheme == "none":
        return []
    if folds.scheme == "leave_one_tile_out":
        return [(tile,) for tile in train]
    return [(area,) if isinstance(area, str) else tuple(sorted(area)) for area in folds.scheme]


def fold_faults(folds: Folds, train: Sequence[str]) -> list[str]:
    """What is wrong with the folds, given the training tiles."""
    areas = held_out_areas(folds, train)
    faults = [
        f"folds.scheme: {tile} is held out but is no training tile; training tiles are {', '.join(train)}"
        for area in areas
        for tile in area
        if tile not in train
    ]
    faults += [
        f"folds.scheme: holding out {', '.join(area)} leaves no tile to train on; hold out fewer tiles"
        for area in areas
        if set(area) >= set(train)
    ]
    if len(set(areas)) != len(areas):
        faults.append("folds.scheme: the same area is held out twice; name each area once")
    faults += ["folds.scheme: an empty group of tiles; remove it" for area in areas if not area]
    return faults


def plan_runs(folds: Folds, seeds: Sequence[int], train: Sequence[str], mapped: Sequence[str]) -> list[Run]:
    """All runs: `all` and each fold, for each seed."""
    runs = []
    for seed in seeds:
        runs.append(Run(ALL, seed, (), tuple(train), tuple(mapped)))
        runs += [
            Run(
                fold="without_" + "_".join(area),
                seed=seed,
                held_out=area,
                training_tiles=tuple(tile for tile in train if tile not in area),
                map_tiles=tuple(mapped) if folds.maps == "all" else area,
            )
            for area in held_out_areas(folds, train)
        ]
    return runs
