"""Scores of groups of classes: matrices are summed before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tilefold.storage.tables import read_table, write_table
from tilefold.validation.confusion_tables import summary_confusion
from tilefold.validation.fold_sides import ScoredRun
from tilefold.validation.summary import class_table, interval_table, score_sides, scored_runs, sides_of_runs
from tilefold.validation.units import UNIT, unit_words

#: In the place of the map's value for no class, which may be the number of a group.
NO_GROUP = -1


def summarise_level(
    counts: Mapping[str, Path | str],
    rates: Mapping[str, Path | str],
    settings: Mapping[str, Any],
    *,
    folds: Path | str,
    classes: Path | str,
    intervals: Path | str,
    confusion: Path | str,
) -> None:
    """Score every side of every fold with the groups of one level of the nomenclature as classes.

    A pixel is right if it is predicted as a class of its reference's group. A group is learnt if one of its classes
    is.

    Parameters
    ----------
    counts, rates
        As for `summarise_runs`.
    settings
        `runs`, `classes`, `nodata`, `bootstrap` as for `summarise_runs`; `groups`, each with `code` (its number),
        `label` and `classes` (codes): every class is in one of them.
    folds, classes, intervals, confusion
        To write: the tables of `summarise_runs` at this level; `class`, `reference` and `predicted` are numbers of
        groups.
    """
    tables = {name: read_table(path) for name, path in counts.items()}
    unit = unit_words(tables.values())
    runs = [_grouped(run, settings) for run in scored_runs(tables, rates, settings)]
    of_groups = {**settings, "classes": settings["groups"], "nodata": NO_GROUP}
    sides = sides_of_runs(runs, of_groups)
    write_table(folds, score_sides(runs, of_groups))
    write_table(
        classes, class_table(sides, {int(item["code"]): item["label"] for item in settings["groups"]})
    )
    write_table(intervals, interval_table(sides_of_runs(runs, of_groups, UNIT), settings["bootstrap"], unit))
    write_table(confusion, summary_confusion(sides))


def _grouped(run: ScoredRun, settings: Mapping[str, Any]) -> ScoredRun:
    number = {int(code): int(item["code"]) for item in settings["groups"] for code in item["classes"]}
    codes = sorted(int(item["code"]) for item in settings["classes"])
    to_group = {**number, int(settings["nodata"]): NO_GROUP}
    counts = run.counts.assign(
        code=run.counts["code"].map(number), predicted=run.counts["predicted"].map(to_group)
    )
    learnt = {number[code] for code, known in zip(codes, run.learnt, strict=True) if known}
    groups = sorted(int(item["code"]) for item in settings["groups"])
    return replace(run, counts=counts, learnt=np.isin(groups, list(learnt)))
