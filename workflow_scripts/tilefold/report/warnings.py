"""What a reader must know before the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tilefold.storage.tables import read_table, split_list

#: Fewer test polygons of a class than this say little about it.
FEW_POLYGONS = 5


def collect_warnings(sources: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """Sentences on classes that could not be learnt or tested, on few polygons and on missing intervals.

    Parameters
    ----------
    sources
        As for `write_report`.
    settings
        `classes`, with codes and labels.
    """
    labels = {str(item["code"]): item["label"] for item in settings["classes"]}
    folds = read_table(sources["folds"])
    found = []
    for row in folds[folds["side"].isin(["in_area", "out_of_area"])].to_dict("records"):
        unlearnt, untested = (
            _named(row["classes_not_learnt"], labels),
            _named(row["classes_not_tested"], labels),
        )
        place = f"{row['fold']}, seed {row['seed']}"
        if unlearnt and row["side"] == "in_area":
            found.append(f"{place}: never learnt {unlearnt}: no polygon was left for training.")
        if untested:
            found.append(f"{place}: {row['side']} says nothing about {untested}: no reference pixel there.")
    found += _few_polygons(read_table(sources["classes"]))
    gaps = read_table(sources["gaps"])
    for row in gaps[gaps["note"].notna()].to_dict("records"):
        found.append(f"{row['fold']}, seed {row['seed']}: transfer gap: {row['note']}.")
    lost = folds[folds["n_nodata"] > 0]
    found += [
        f"{row['fold']}, seed {row['seed']}, {row['side']}: {row['n_nodata']} test pixels were never seen clear."
        for row in lost.to_dict("records")
    ]
    return found


def _named(cell: object, labels: Mapping[str, str]) -> str:
    text = str(int(cell)) if isinstance(cell, float) and not pd.isna(cell) else cell
    codes: Sequence[str] = [str(text)] if isinstance(text, int) else split_list(text)
    return ", ".join(f"{code} {labels.get(code, '')}".strip() for code in codes)


def _few_polygons(classes: pd.DataFrame) -> list[str]:
    rows = classes[(classes["fold"] == "all") & (classes["side"] == "in_area")]
    few = rows[(rows["n_polygons"] > 0) & (rows["n_polygons"] < FEW_POLYGONS)]
    return [
        f"all, seed {row['seed']}: only {row['n_polygons']} test polygon(s) of {row['class']} {row['label']}."
        for row in few.to_dict("records")
    ]
