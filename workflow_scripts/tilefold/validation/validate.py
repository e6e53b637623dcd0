"""Validation of one run: its predicted reference pixels against their classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tilefold.storage.tables import join_list, read_table, write_table
from tilefold.validation import calibration
from tilefold.validation.confusion_tables import run_confusion
from tilefold.validation.matrices import UnitCounts, unit_counts, write_otb_matrix
from tilefold.validation.metrics import f1, iou, precision, recall, scores
from tilefold.validation.sides import side_rows, sides_of_run
from tilefold.validation.units import resampling_units, with_units

KEYS = ["tile", "polygon", "group", "code", "role", "cell", "held_out_pixel", "predicted"]


def validate_run(
    predicted: Path | str,
    rates: Path | str,
    split: Path | str,
    settings: Mapping[str, Any],
    *,
    counts: Path | str,
    metrics: Path | str,
    classes: Path | str,
    matrices: Mapping[str, Path | str],
    index: Path | str | None = None,
) -> None:
    """Count a run's predicted pixels by polygon and score each of its sides.

    Parameters
    ----------
    predicted
        Predicted reference pixels of the run (Parquet), with the columns tile, polygon, group, code, role,
        cell, held_out_pixel, predicted; the role of pixels of the held-out area is the split's.
    rates
        Sampling rates of the run (CSV), with the columns code and learn.
    split
        Table of `split_polygons`, see `resampling_units`.
    settings
        `fold`, `seed`, `held_out` (cells), `codes` (ascending), `nodata` (of predicted values), `resampling` (see
        `resampling_units`).
    counts
        To write: pixels by tile, polygon, cell and predicted value (Parquet), with the number of what is resampled
        for intervals (`unit`). All later tables derive from it.
    metrics
        To write: one row for each side of the run (CSV).
    classes
        To write: one row for each side and class (CSV).
    matrices
        To write: confusion matrices in OTB's layout, by side.
    index
        Index of the pools of all tiles, where blocks are resampled.

    Raises
    ------
    ValueError
        If the sides of `matrices` are not those of the run, or a value is no class of the nomenclature.
    """
    sides = _checked_sides(matrices, settings)
    codes, nodata = list(settings["codes"]), int(settings["nodata"])
    resampled = resampling_units(split, settings["resampling"], index)
    table = with_units(count_pixels(read_table(predicted, KEYS)), resampled, settings["resampling"])
    units = {side: unit_counts(side_rows(table, side), codes, nodata) for side in sides}
    unlearnt = not_learnt(rates, codes)
    fold, seed = settings["fold"], settings["seed"]
    key = {"run": f"{fold}/seed_{seed}", "fold": fold, "seed": seed}
    write_table(counts, table)
    write_table(
        metrics,
        pd.DataFrame([{**key, "side": side, **side_scores(units[side], unlearnt)} for side in sides]),
    )
    write_table(
        classes, pd.concat([class_scores(units[side]).assign(side=side) for side in sides])[CLASS_COLUMNS]
    )
    for side in sides:
        write_otb_matrix(matrices[side], units[side].matrix, codes)


def describe_errors(
    predicted: Path | str,
    roles: Path | str,
    settings: Mapping[str, Any],
    *,
    confusion: Path | str,
    reliability: Path | str,
    risk: Path | str,
) -> None:
    """Say where a run errs: matrices by tile and region, and what its confidence is worth.

    Parameters
    ----------
    predicted, settings
        As for `validate_run`; besides, the column confidence is read.
    roles
        Roles of the polygons in the run (Parquet), of which the columns polygon and region are read.
    confusion
        To write: matrices as a tidy table (CSV), by side, tile and region, with the pixels without a class.
    reliability, risk
        To write: tables of `calibration.reliability` and `calibration.risk_coverage` (CSV).
    """
    sides, nodata = sides_of_run(settings["held_out"]), int(settings["nodata"])
    pixels = read_table(predicted, [*KEYS, "confidence"])
    write_table(confusion, run_confusion(count_pixels(pixels), roles, sides, list(settings["codes"]), nodata))
    write_table(reliability, calibration.reliability(pixels, sides, nodata))
    write_table(risk, calibration.risk_coverage(pixels, sides, nodata))


def _checked_sides(matrices: Mapping[str, Path | str], settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Sides of the run, which must be those that matrices are asked for."""
    sides = sides_of_run(settings["held_out"])
    if set(matrices) != set(sides):
        raise ValueError(
            f"matrices are asked for the sides {', '.join(sorted(matrices))}, but the run {settings['fold']} "
            f"has {', '.join(sorted(sides))}"
        )
    return sides


CLASS_COLUMNS = ["side", "class", "precision", "recall", "f1", "iou", "n_pixels", "n_polygons"]


def count_pixels(predicted: pd.DataFrame) -> pd.DataFrame:
    """Pixels by tile, polygon, cell and predicted value, sorted; codes and numbers as int32, `pixels` as int64."""
    table = predicted.groupby(KEYS, sort=True, observed=True).size().reset_index(name="pixels")
    integers = dict.fromkeys(["polygon", "group", "code", "predicted"], "int32")
    return table.astype({**integers, "held_out_pixel": "bool", "pixels": "int64"})


def not_learnt(rates: Path | str, codes: Sequence[int]) -> list[int]:
    """Codes of classes without a learn sample in any region of a run."""
    table = read_table(rates, ["code", "learn"])
    learnt = set(table.loc[table["learn"] > 0, "code"].astype(int))
    return [code for code in codes if code not in learnt]


def side_scores(units: UnitCounts, unlearnt: Sequence[int]) -> dict[str, Any]:
    """Metrics of a side, the classes that the run had not learnt, and those without reference on the side."""
    untested = np.flatnonzero(units.matrix.sum(axis=1) == 0)
    return {
        **scores(units),
        "classes_not_learnt": join_list(unlearnt),
        "classes_not_tested": join_list([units.codes[index] for index in untested]),
    }


def class_scores(units: UnitCounts) -> pd.DataFrame:
    """One row for each class of the nomenclature; `n_pixels` and `n_polygons` count classified reference."""
    matrix = units.matrix
    return pd.DataFrame(
        {
            "class": units.codes,
            "precision": precision(matrix),
            "recall": recall(matrix),
            "f1": f1(matrix),
            "iou": iou(matrix),
            "n_pixels": matrix.sum(axis=1),
            "n_polygons": units.units_by_class,
        }
    )
