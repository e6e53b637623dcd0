"""Intervals of every score of a side, by resampling polygons within classes; see `intervals` for the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.validation.fold_sides import FoldSide
from tilefold.validation.intervals import Values, generator, replicate_matrices, with_interval
from tilefold.validation.matrices import UnitCounts
from tilefold.validation.metrics import (
    allocation_disagreement,
    f1,
    iou,
    kappa,
    mean_f1,
    mean_iou,
    overall_accuracy,
    precision,
    quantity_disagreement,
    recall,
)

INTERVAL_COLUMNS = ["fold", "seed", "side", "metric", "class", "value", "low", "high"]
INTERVAL_COLUMNS += ["n_polygons", "unit", "note"]
Metric = Callable[[NDArray[Any]], Values]

#: Scores of a side as a whole.
WHOLE: dict[str, Metric] = {
    "oa": overall_accuracy,
    "kappa": kappa,
    "mean_f1": mean_f1,
    "mean_iou": mean_iou,
    "quantity": quantity_disagreement,
    "allocation": allocation_disagreement,
}
#: Scores of a class.
BY_CLASS: dict[str, Metric] = {"precision": precision, "recall": recall, "f1": f1, "iou": iou}


def side_intervals(side: FoldSide, *, replicates: int, seed: int, unit: str = "polygon") -> pd.DataFrame:
    """Scores of a side with their 95 % intervals, one row each.

    Polygons that count for the interval: of a whole side all of them (of `mean_f1_common` those of the common
    classes), of `recall`, `f1` and `iou` those of the class, of `precision` those with a pixel predicted as it.

    Parameters
    ----------
    side
        A row of the fold table, its counts by what is resampled.
    replicates, seed
        Number and seed of the resamples.
    unit
        What the units are called, see `unit_words`.

    Returns
    -------
    DataFrame
        `INTERVAL_COLUMNS`; `n_polygons` counts units; `class` is empty for the scores of the whole side. Scores of
        classes that are neither in the reference of the side nor predicted have no row.
    """
    units = side.units
    rng = generator(seed, f"{side.fold}/{side.side}", side.seed)
    drawn = replicate_matrices([units], units.pixels > 0, replicates=replicates, rng=rng)[0]
    polygons = units.units_by_class
    rows = [
        _row(metric, None, score(units.matrix), score(drawn), polygons, units.codes, unit)
        for metric, score in WHOLE.items()
    ]
    common = mean_f1(units.matrix, side.common), mean_f1(drawn, side.common)
    rows.append(_row("mean_f1_common", None, *common, np.where(side.common, polygons, 0), units.codes, unit))
    rows += _class_rows(units, drawn, unit)
    table = pd.DataFrame(rows).assign(fold=side.fold, seed=side.seed, side=side.side, unit=unit)
    return table.astype({"class": "Int64"})[INTERVAL_COLUMNS]


def _class_rows(units: UnitCounts, drawn: NDArray[np.float64], unit: str) -> list[dict[str, object]]:
    matrix, rows = units.matrix, []
    occurs = np.flatnonzero((matrix.sum(axis=0) > 0) | (matrix.sum(axis=1) > 0))
    for metric, score in BY_CLASS.items():
        values, replicates = score(matrix), score(drawn)
        for index in occurs:
            of_class = units.predicted[:, index] > 0 if metric == "precision" else units.classes == index
            rests_on = of_class & (units.pixels > 0)
            polygons = np.bincount(units.classes[rests_on], minlength=len(units.codes))
            code, by_class = units.codes[index], metric != "precision"
            known = values[index], replicates[:, index], polygons, units.codes
            rows.append(_row(metric, code, *known, unit, by_class=by_class))
    return rows


def _row(
    metric: str,
    code: int | None,
    value: Values,
    drawn: Values,
    polygons: NDArray[np.int64],
    codes: tuple[int, ...],
    unit: str,
    *,
    by_class: bool = True,
) -> dict[str, object]:
    # The resamples of a class with one polygon or two may lack what the value has: they have no quantile.
    known = drawn if np.isfinite(drawn).any() else np.zeros(1)
    found = with_interval(float(value), known, polygons, codes, by_class=by_class, unit=unit)
    return {
        "metric": metric,
        "class": code,
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "n_polygons": found.n_polygons,
        "note": found.note,
    }
