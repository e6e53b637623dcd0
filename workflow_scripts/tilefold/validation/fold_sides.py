"""All sides of all folds of one seed, with the classes on which they can be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.storage.tables import join_list
from tilefold.validation.matrices import UnitCounts, unit_counts
from tilefold.validation.sides import (
    ALL,
    IN_AREA,
    OUT_OF_AREA,
    OUT_OF_AREA_TEST,
    POOLED,
    REFERENCE,
    check_paired,
    disjoint_folds,
    reference_rows,
    side_rows,
)

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class ScoredRun:
    """What is known of a run: its fold, its seed, its held-out cells, its counts, the classes it learnt.

    `learnt` is a mask over the nomenclature, (classes,). `counts` is as `validate_run` writes it.
    """

    fold: str
    seed: int
    held_out: tuple[str, ...]
    counts: pd.DataFrame
    learnt: Mask

    @property
    def name(self) -> str:
        """Name in tables."""
        return f"{self.fold}/seed_{self.seed}"


@dataclass(frozen=True)
class FoldSide:
    """One row of the fold table.

    Attributes
    ----------
    run
        Run whose model predicted; several joined by `;` for `pooled`.
    fold, seed, side
        Key of the row.
    units
        Predicted pixels by group, or by what is resampled.
    learnt
        Classes that the run learnt; for `pooled` those learnt by every run that predicted pixels of the
        class, (classes,).
    common
        Classes of `mean_f1_common`, (classes,).
    """

    run: str
    fold: str
    seed: int
    side: str
    units: UnitCounts
    learnt: Mask
    common: Mask


def sides_of_seed(
    runs: Sequence[ScoredRun], codes: Sequence[int], nodata: int, unit: str = "group"
) -> list[FoldSide]:
    """Sides of the run `all` and of each fold of one seed, and `pooled`.

    Classes of `mean_f1_common`:

    - in a fold, those that the fold's run and the run `all` learnt and that have reference on each of the
      fold's sides;
    - for `all` and `pooled`, those with reference on both that `all` learnt, and that were learnt by every
      run which predicted pixels of the class for `pooled`; without folds, those learnt and with reference.

    A side without any pixel (every test polygon barred, say) can be compared with nothing and narrows no
    other side's classes. Two folds may therefore have different common classes: `n_classes_common` says how
    many, and the mean over folds is a mean of these.

    Parameters
    ----------
    runs
        Runs of one seed; the run `all` must be among them.
    codes
        Class codes of the nomenclature, ascending.
    nodata
        Predicted value that means no class.
    unit
        Column of the counts by which pixels are summed, see `unit_counts`.
    """
    whole = next((run for run in runs if run.fold == ALL), None)
    if whole is None:
        raise ValueError("the runs of a seed lack the run `all`, with which folds are compared")
    folds = [run for run in runs if run.fold != ALL]

    def count(rows: pd.DataFrame) -> UnitCounts:
        return unit_counts(rows, codes, nodata, unit)

    in_area = count(side_rows(whole.counts, IN_AREA))
    by_fold = [side for run in folds for side in _fold_sides(run, whole, count)]
    if not folds:
        common = whole.learnt & _tested([in_area])
        return [FoldSide(whole.name, ALL, whole.seed, IN_AREA, in_area, whole.learnt, common)]
    pooled, parts = _pooled(folds, count)
    everywhere = whole.learnt & _learnt_by_all(parts) & _tested([in_area, pooled])
    names = join_list([run.name for run, _ in parts])
    return [
        FoldSide(whole.name, ALL, whole.seed, IN_AREA, in_area, whole.learnt, everywhere),
        *by_fold,
        FoldSide(names, POOLED, whole.seed, POOLED, pooled, _learnt_by_all(parts), everywhere),
    ]


def _fold_sides(
    run: ScoredRun, whole: ScoredRun, count: Callable[[pd.DataFrame], UnitCounts]
) -> list[FoldSide]:
    rows = {side: side_rows(run.counts, side) for side in (IN_AREA, OUT_OF_AREA, OUT_OF_AREA_TEST)}
    rows[REFERENCE] = reference_rows(whole.counts, run.held_out)
    check_paired(rows[REFERENCE], rows[OUT_OF_AREA_TEST], run.name)
    units = {side: count(table) for side, table in rows.items()}
    common = run.learnt & whole.learnt & _tested(list(units.values()))
    predictor: Mapping[str, ScoredRun] = {REFERENCE: whole}
    return [
        FoldSide(
            predictor.get(side, run).name,
            run.fold,
            run.seed,
            side,
            units[side],
            predictor.get(side, run).learnt,
            common,
        )
        for side in rows
    ]


def _pooled(
    folds: Sequence[ScoredRun], count: Callable[[pd.DataFrame], UnitCounts]
) -> tuple[UnitCounts, list[tuple[ScoredRun, UnitCounts]]]:
    """Count all out-of-area pixels, each once, and those of each run that gives some."""
    chosen = disjoint_folds({run.fold: run.held_out for run in folds})
    rows = {run.fold: side_rows(run.counts, OUT_OF_AREA) for run in folds if run.fold in chosen}
    parts = [(run, count(rows[run.fold])) for run in folds if run.fold in chosen]
    return count(pd.concat(list(rows.values()), ignore_index=True)), parts


def _tested(units: Sequence[UnitCounts]) -> Mask:
    """Classes with reference on each side that has any pixel; none if no side has."""
    reference = [side.matrix.sum(axis=1) > 0 for side in units]
    filled = [mask for mask in reference if mask.any()]
    return np.logical_and.reduce(filled) if filled else np.zeros(len(units[0].codes), bool)


def _learnt_by_all(parts: Sequence[tuple[ScoredRun, UnitCounts]]) -> Mask:
    """Classes that some run learnt, and that no run with pixels of the class failed to learn."""
    missed = [(units.matrix.sum(axis=1) > 0) & ~run.learnt for run, units in parts]
    learnt: Mask = np.logical_or.reduce([run.learnt for run, _ in parts]) & ~np.logical_or.reduce(missed)
    return learnt
