"""Table of design-based accuracies and areas."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tilefold.report.table import NOTHING, Link, Table, count, number, words

METRICS = {"area_ha": "estimated area (ha)", "users_accuracy": "user's accuracy"}
METRICS |= {"producers_accuracy": "producer's accuracy"}


def area_table(areas: pd.DataFrame, link: Link) -> Table:
    """Mapped and estimated area and accuracies of each class, and overall accuracy, with 95 % intervals."""
    rows = [["all classes", NOTHING, NOTHING, *_overall(areas)]]
    cells = areas[areas["class"].notna()].set_index(["metric", "class"])
    for code in sorted(areas["class"].dropna().unique()):
        first = cells.loc[("mapped_ha", code)]
        estimates = [_cell(cells.loc[(metric, code)], metric) for metric in METRICS]
        points = count(cells.loc[("area_ha", code), "n_points"])
        note = words(cells.loc[("area_ha", code), "note"])
        rows.append(
            [f"{int(code)} {first['label']}", number(first["value"], 1), *estimates, NOTHING, points, note]
        )
    columns = [
        "class",
        "mapped area (ha)",
        *METRICS.values(),
        "overall accuracy",
        "points",
        "note of the area",
    ]
    caption = (
        f"Design-based accuracies and areas of the map (run all, seed {areas['seed'].iloc[0]}), from the points of "
        "the reference sample, with 95 % intervals. This is the accuracy of the map; the mapped area is a count of "
        "pixels and is biased by the map's errors."
    )
    return Table(caption, columns, rows, [link], (0, 7))


def _overall(areas: pd.DataFrame) -> list[str]:
    row = areas[areas["metric"] == "oa"].iloc[0]
    return [NOTHING, NOTHING, _cell(row, "oa"), count(row["n_points"]), words(row["note"])]


def _cell(row: Any, metric: str) -> str:
    digits = 1 if metric == "area_ha" else 3
    if pd.isna(row["low"]):
        return number(row["value"], digits)
    return f"{number(row['value'], digits)} ± {number(row['high'] - row['value'], digits)}"
