"""Runs: a fold times a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilefold.config.design import Folds
from tilefold.folds.areas import TILES
from tilefold.plan.areas import held_out_areas, scheme_kind

ALL = "all"


@dataclass(frozen=True)
class Run:
    """A fold times a seed.

    Attributes
    ----------
    fold
        `all` (nothing held out), `without_<tile>` with several tiles joined by `_`, `without_blocks_<number>`, or
        `without_<value>` of a field.
    seed
        Seed of the split.
    held_out
        Cells held out (see `folds.areas`): tiles, numbers of folds of blocks, or values.
    training_tiles
        Tiles whose pools the run reads for training.
    map_tiles
        Tiles that the run classifies; none: it makes no map.
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


def plan_runs(
    folds: Folds,
    seeds: Sequence[int],
    train: Sequence[str],
    mapped: Sequence[str],
    values: Sequence[str] = (),
) -> list[Run]:
    """All runs: `all` and each fold, for each seed; `values` of the field that are held out."""
    by_tiles = scheme_kind(folds) == TILES
    runs = []
    for seed in seeds:
        runs.append(Run(ALL, seed, (), tuple(train), tuple(mapped)))
        for area in held_out_areas(folds, train, values):
            own = area.cells if by_tiles else ()
            runs.append(
                Run(
                    fold=area.fold,
                    seed=seed,
                    held_out=area.cells,
                    training_tiles=tuple(tile for tile in train if tile not in own),
                    map_tiles=tuple(mapped) if folds.maps == "all" else own,
                )
            )
    return runs
