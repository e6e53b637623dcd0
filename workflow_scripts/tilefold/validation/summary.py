"""Tables over all runs: folds, classes, transfer gaps, means over folds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tilefold.storage.tables import read_table, write_table
from tilefold.validation.confusion_tables import summary_confusion, write_side_matrices
from tilefold.validation.fold_sides import FoldSide, ScoredRun, sides_of_seed
from tilefold.validation.intervals import generator, paired_gaps
from tilefold.validation.metrics import mean_f1
from tilefold.validation.score_intervals import side_intervals
from tilefold.validation.sides import ALL, FOLD_SIDES, OUT_OF_AREA_TEST, POOLED, REFERENCE
from tilefold.validation.units import UNIT, unit_words
from tilefold.validation.validate import class_scores, not_learnt, side_scores

FOLD_COLUMNS = [
    "run",
    "fold",
    "seed",
    "side",
    "oa",
    "kappa",
    "mean_f1",
    "mean_f1_common",
    "mean_iou",
    "quantity",
    "allocation",
    "n_classes",
    "n_classes_common",
    "classes_not_learnt",
    "classes_not_tested",
    "n_pixels",
    "n_polygons",
    "oa_with_nodata",
    "n_nodata",
    "oa_polygon",
    "kappa_polygon",
    "mean_f1_polygon",
]
CLASS_COLUMNS = [
    "run",
    "fold",
    "seed",
    "side",
    "class",
    "label",
    "precision",
    "recall",
    "f1",
    "iou",
    "n_pixels",
    "n_polygons",
]
GAP_COLUMNS = [
    "fold",
    "seed",
    "gap",
    "low",
    "high",
    "n_polygons",
    "unit",
    "note",
    "gap_oa",
    "gap_oa_low",
    "gap_oa_high",
    "n_polygons_oa",
    "note_oa",
]
AVERAGED = [
    "oa",
    "kappa",
    "mean_f1",
    "mean_f1_common",
    "mean_iou",
    "quantity",
    "allocation",
    "oa_with_nodata",
    "oa_polygon",
    "kappa_polygon",
    "mean_f1_polygon",
]
#: Columns whose cells are lists, and must be read as text: a list of one code looks like a number.
LIST_COLUMNS = ["classes_not_learnt", "classes_not_tested"]


def summarise_runs(
    counts: Mapping[str, Path | str],
    rates: Mapping[str, Path | str],
    settings: Mapping[str, Any],
    *,
    folds: Path | str,
    classes: Path | str,
    gaps: Path | str,
    folds_mean: Path | str,
    intervals: Path | str,
    confusion: Path | str,
    matrices: Path | str,
) -> None:
    """Score every side of every fold, compare folds with the run `all`, average over folds.

    Parameters
    ----------
    counts
        Counts of pixels that `validate_run` wrote (Parquet), by name of run; all with the same kind of `unit`.
    rates
        Sampling rates (CSV), by name of run.
    settings
        `runs` (each with `name`, `fold`, `seed`, `held_out`), `classes` (each with `code` and `label`),
        `nodata`, `bootstrap` (`replicates`, `seed`).
    folds
        To write: one row for each fold, seed and side. `run` is the run whose model predicted. `mean_f1` is
        over the classes with reference on that side; `mean_f1_common` is the one to compare sides by, over
        the classes that `fold_sides.sides_of_seed` describes.
    classes
        To write: one row for each row of `folds` and class of the nomenclature.
    gaps
        To write: one row for each fold and seed. `gap` is `mean_f1_common` of `reference` minus that of
        `out_of_area_test`: two models on the same pixels. `low` and `high` are its 95 % interval over
        `n_polygons` units of the common classes, `unit` says what these are (see `unit_words`); `gap_oa` the same
        for OA, over all classes.
    folds_mean
        To write: mean, standard deviation (ddof 1) and number of values over the folds, for each seed, side
        and metric. The deviation describes areas; it is no standard error.
    intervals
        To write: each score of each side with its 95 % interval, see `side_intervals`.
    confusion
        To write: all matrices as one tidy table, see `summary_confusion`.
    matrices
        Folder to write: the matrix of each row of `folds` in OTB's layout.
    """
    labels = {int(item["code"]): item["label"] for item in settings["classes"]}
    runs = scored_runs({name: read_table(path) for name, path in counts.items()}, rates, settings)
    sides, bootstrap = sides_of_runs(runs, settings), settings["bootstrap"]
    resampled, unit = sides_of_runs(runs, settings, UNIT), unit_words(run.counts for run in runs)
    fold_table = _frame((_fold_row(side) for side in sides), FOLD_COLUMNS)
    write_table(folds, fold_table)
    write_table(classes, class_table(sides, labels))
    write_table(gaps, _frame(_gap_rows(resampled, bootstrap, unit), GAP_COLUMNS))
    write_table(folds_mean, average_folds(fold_table))
    write_table(intervals, interval_table(resampled, bootstrap, unit))
    write_table(confusion, summary_confusion(sides))
    write_side_matrices(matrices, sides)


def interval_table(sides: Sequence[FoldSide], bootstrap: Mapping[str, Any], unit: str) -> pd.DataFrame:
    """Intervals of all sides (with counts by what is resampled), see `side_intervals`.

    Parameters
    ----------
    sides
        Of `sides_of_runs` by `UNIT`.
    bootstrap
        `replicates` and `seed`.
    unit
        What the units are called.
    """
    replicates, seed = int(bootstrap["replicates"]), int(bootstrap["seed"])
    parts = [side_intervals(side, replicates=replicates, seed=seed, unit=unit) for side in sides]
    return pd.concat(parts, ignore_index=True)


def scored_runs(
    counts: Mapping[str, pd.DataFrame], rates: Mapping[str, Path | str], settings: Mapping[str, Any]
) -> list[ScoredRun]:
    """Runs with what was counted of their pixels, see `summarise_runs`."""
    codes = _codes(settings)
    return [
        ScoredRun(
            fold=run["fold"],
            seed=int(run["seed"]),
            held_out=tuple(run["held_out"]),
            counts=counts[run["name"]],
            learnt=~np.isin(codes, not_learnt(rates[run["name"]], codes)),
        )
        for run in settings["runs"]
    ]


def score_sides(runs: Sequence[ScoredRun], settings: Mapping[str, Any]) -> pd.DataFrame:
    """One row for each fold, seed and side, with the columns `FOLD_COLUMNS`."""
    return _frame((_fold_row(side) for side in sides_of_runs(runs, settings)), FOLD_COLUMNS)


def _codes(settings: Mapping[str, Any]) -> list[int]:
    return sorted(int(item["code"]) for item in settings["classes"])


def sides_of_runs(
    runs: Sequence[ScoredRun], settings: Mapping[str, Any], unit: str = "group"
) -> list[FoldSide]:
    """Sides of all seeds, see `sides_of_seed`."""
    return [
        side
        for seed in sorted({run.seed for run in runs})
        for side in sides_of_seed(
            [run for run in runs if run.seed == seed], _codes(settings), int(settings["nodata"]), unit
        )
    ]


def read_folds(path: Path | str) -> pd.DataFrame:
    """Read a fold table; cells with lists are text, empty where the list is."""
    lists = dict.fromkeys(LIST_COLUMNS, str)
    table = pd.read_csv(path, dtype={**lists, "run": str, "fold": str, "side": str})
    return table.assign(**{column: table[column].fillna("") for column in LIST_COLUMNS})


def average_folds(folds: pd.DataFrame) -> pd.DataFrame:
    """Means and standard deviations over folds of the rows of a fold table.

    Returns
    -------
    DataFrame
        `seed`, `side`, `n_folds`, and for each metric `<metric>_mean`, `<metric>_sd` (ddof 1, NaN of a single
        value) and `<metric>_n`, the folds in which the metric has a value.
    """
    rows = []
    for seed in sorted(folds["seed"].unique()):
        for side in FOLD_SIDES:
            chosen = folds[
                (folds["seed"] == seed) & (folds["side"] == side) & ~folds["fold"].isin([ALL, POOLED])
            ]
            if len(chosen):
                row: dict[str, Any] = {"seed": seed, "side": side, "n_folds": len(chosen)}
                for metric in AVERAGED:
                    values = chosen[metric]
                    row |= {
                        f"{metric}_mean": values.mean(),
                        f"{metric}_sd": values.std(ddof=1),
                        f"{metric}_n": int(values.notna().sum()),
                    }
                rows.append(row)
    statistics = [f"{metric}_{name}" for metric in AVERAGED for name in ("mean", "sd", "n")]
    return _frame(rows, ["seed", "side", "n_folds", *statistics])


def _frame(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Table with these columns, also when there are no rows."""
    return pd.DataFrame(list(rows), columns=list(columns))


def _fold_row(side: FoldSide) -> dict[str, Any]:
    codes = side.units.codes
    unlearnt = [code for code, learnt in zip(codes, side.learnt, strict=True) if not learnt]
    return {
        "run": side.run,
        "fold": side.fold,
        "seed": side.seed,
        "side": side.side,
        **side_scores(side.units, unlearnt),
        "mean_f1_common": float(mean_f1(side.units.matrix, side.common)),
        "n_classes_common": int(side.common.sum()),
    }


def class_table(sides: Sequence[FoldSide], labels: Mapping[int, str]) -> pd.DataFrame:
    """Scores of each class of each side, `CLASS_COLUMNS`."""
    tables = []
    for side in sides:
        table = class_scores(side.units)
        tables.append(
            table.assign(
                run=side.run,
                fold=side.fold,
                seed=side.seed,
                side=side.side,
                label=table["class"].map(labels),
            )
        )
    return pd.concat(tables, ignore_index=True)[CLASS_COLUMNS]


def _gap_rows(sides: Sequence[FoldSide], bootstrap: Mapping[str, Any], unit: str) -> list[dict[str, Any]]:
    rows = []
    tested = {(side.fold, side.seed): side for side in sides if side.side == OUT_OF_AREA_TEST}
    for side in sides:
        if side.side != REFERENCE:
            continue
        gap, gap_oa = paired_gaps(
            side.units,
            tested[side.fold, side.seed].units,
            side.common,
            replicates=int(bootstrap["replicates"]),
            rng=generator(int(bootstrap["seed"]), side.fold, side.seed),
            unit=unit,
        )
        rows.append(
            {
                "fold": side.fold,
                "seed": side.seed,
                "gap": gap.value,
                "low": gap.low,
                "high": gap.high,
                "n_polygons": gap.n_polygons,
                "unit": unit,
                "note": gap.note,
                "gap_oa": gap_oa.value,
                "gap_oa_low": gap_oa.low,
                "gap_oa_high": gap_oa.high,
                "n_polygons_oa": gap_oa.n_polygons,
                "note_oa": gap_oa.note,
            }
        )
    return rows
