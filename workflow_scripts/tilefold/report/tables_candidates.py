"""Candidates of all models, and what came of the chosen ones."""

from __future__ import annotations

import pandas as pd

from tilefold.report.table import Link, Table, count, number, starts

TEST = {
    "in_area_oa": "in-area OA",
    "in_area_mean_f1": "in-area mean F1",
    "out_of_area_oa": "out-of-area OA",
    "out_of_area_mean_f1": "out-of-area mean F1",
}


def candidate_table(candidates: pd.DataFrame, link: Link) -> Table:
    """Validation scores of all candidates, test scores of the chosen ones.

    Parameters
    ----------
    candidates
        Table of `summarise_candidates`.
    link
        Its file.
    """
    rows, keys = [], []
    for row in candidates.to_dict("records"):
        keys.append(f"{row['fold']}/seed_{row['seed']}, {row['region']}")
        rows.append(
            [
                *(str(row["fold"]), str(row["seed"]), str(row["region"]), str(row["candidate"])),
                *(str(row["criterion"]), count(row["epoch"]), number(row["score"], 4)),
                *(number(row["validation_oa"]), number(row["validation_fscore"])),
                "chosen" if row["chosen"] else "",
                *(number(row[name]) if row["chosen"] else "" for name in TEST),
            ]
        )
    columns = [
        *("fold", "seed", "region", "candidate", "criterion", "best epoch", "score"),
        *("validation OA", "validation mean F1", "", *TEST.values()),
    ]
    caption = (
        "Candidates and their best epoch by the criterion, chosen on validation samples alone; test scores exist for "
        "the chosen ones, and are those of the whole run."
    )
    return Table(caption, columns, rows, [link], (0, 2, 3, 4, 9), starts(keys))
