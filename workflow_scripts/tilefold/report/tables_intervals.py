"""Table of the scores of sides with their intervals."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tilefold.report.table import NOTHING, Link, Table, count, number, side_words, starts, words
from tilefold.validation.intervals import OPTIMISTIC

METRICS = {"oa": "OA", "mean_f1_common": "mean F1 common", "mean_iou": "mean IoU", "quantity": "quantity"}
METRICS |= {"allocation": "allocation"}


def interval_table(intervals: pd.DataFrame, link: Link) -> Table:
    """Scores of each side with their 95 % intervals, and the disagreements of quantity and allocation."""
    whole = intervals[intervals["class"].isna()]
    rows, keys = [], []
    unit = intervals["unit"].iloc[0]
    for (fold, seed, side), part in whole.groupby(["fold", "seed", "side"], sort=False):
        by_metric = part.set_index("metric")
        cells = [_cell(by_metric.loc[metric]) for metric in METRICS]
        oa = by_metric.loc["oa"]
        rows.append(
            [str(fold), str(seed), side_words(str(side)), *cells, count(oa["n_polygons"]), words(oa["note"])],
        )
        keys.append((fold, seed))
    columns = ["fold", "seed", "side", *METRICS.values(), f"{unit}s", "note of OA"]
    caption = (
        f"Scores with 95 % intervals from resampling {unit}s within classes; a star marks an interval that rests on "
        f"few {unit}s and is too narrow. Quantity and allocation (Pontius and Millones 2011) part what is wrong: "
        "classes of which the map has too much or too little, and those in the wrong place."
    )
    return Table(caption, columns, rows, [link], (0, 2, 9), starts(keys))


def _cell(row: Any) -> str:
    if pd.isna(row["value"]):
        return NOTHING
    if pd.isna(row["low"]):
        return number(row["value"])
    star = "*" if str(row["note"]).startswith(OPTIMISTIC) else ""
    return f"{number(row['value'])} ({number(row['low'])} to {number(row['high'])}){star}"
