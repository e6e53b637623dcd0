"""Scores of each level of the nomenclature beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from tilefold.report.table import Link, Table, number, side_words, starts

METRICS = {"oa": "OA", "kappa": "kappa", "mean_f1_common": "mean F1 common", "mean_iou": "mean IoU"}


def level_table(folds: pd.DataFrame, levels: Sequence[pd.DataFrame], links: Sequence[Link]) -> Table:
    """Scores of each side with classes, and with the groups of each level, in the place of classes.

    Parameters
    ----------
    folds
        Fold table.
    levels
        Fold tables of the levels, from the smallest groups.
    links
        Their files.
    """
    keys = ["fold", "seed", "side"]
    tables: Mapping[str, pd.DataFrame] = {
        "classes": folds.set_index(keys),
        **{f"level {place}": table.set_index(keys) for place, table in enumerate(levels, 1)},
    }
    rows = [
        [
            str(row["fold"]),
            str(row["seed"]),
            side_words(row["side"]),
            *(
                number(table.loc[(row["fold"], row["seed"], row["side"]), metric])
                for metric in METRICS
                for table in tables.values()
            ),
        ]
        for row in folds.to_dict("records")
    ]
    columns = ["fold", "seed", "side"]
    columns += [f"{title}: {name}" for title in METRICS.values() for name in tables]
    caption = (
        "Scores by groups of classes: a pixel is right if it is predicted as a class of its reference's group. Level "
        "1 has the smallest groups. Scores by group and intervals are in the files beside."
    )
    return Table(
        caption, columns, rows, links, (0, 2), starts(list(zip(folds["fold"], folds["seed"], strict=True)))
    )
