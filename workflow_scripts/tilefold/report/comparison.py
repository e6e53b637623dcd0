"""The page of a comparison of two projects."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tilefold.report.table import Link, Table, count, number, side_words, signed, starts, words
from tilefold.report.tables_scores import interval
from tilefold.report.templating import page_environment
from tilefold.storage.whole import write_text

METRICS = {
    "oa": "OA",
    "kappa": "kappa",
    "mean_iou": "mean IoU",
    "mean_f1_common": "mean F1 common",
    "f1": "F1",
}


def write_comparison(table: pd.DataFrame, first: str, second: str, *, page: Path | str) -> None:
    """Write the page; the table's CSV lies beside it as `comparison.csv`.

    Parameters
    ----------
    table
        Table of `compare_projects`.
    first, second
        Names of the projects.
    page
        HTML to write.
    """
    tables = [comparison_table(table, by_class=False), comparison_table(table, by_class=True)]
    content = {"first": first, "second": second, "tables": tables}
    write_text(page, page_environment().get_template("comparison.html").render(content) + "\n")


def comparison_table(table: pd.DataFrame, *, by_class: bool) -> Table:
    """Scores of both and their difference: of whole sides, or of classes."""
    chosen = table[table["class"].notna() == by_class]
    rows = [
        [
            str(row["fold"]),
            str(row["seed"]),
            side_words(row["side"]),
            f"{row['class']} {row['label']}" if by_class else METRICS[row["metric"]],
            number(row["first"]),
            number(row["second"]),
            signed(row["difference"]),
            interval(row["low"], row["high"], row["note"]),
            count(row["n_polygons"]),
            words(row["note"]),
        ]
        for row in chosen.to_dict("records")
    ]
    what = "class" if by_class else "metric"
    columns = [
        "fold",
        "seed",
        "side",
        what,
        "first",
        "second",
        "second minus first",
        "95 % interval",
        "resampled",
    ]
    units = "; ".join(sorted({f"{unit}s" for unit in table["unit"]}))
    caption = "F1 of each class." if by_class else "Scores of whole sides."
    caption += f" Resampled are {units}; their number stands beside the interval."
    keys = list(zip(chosen["fold"], chosen["seed"], chosen["side"], strict=True))
    link = Link("comparison.csv", "comparison.csv")
    return Table(caption, [*columns, "note"], rows, [link], (0, 2, 3, 9), starts(keys))
