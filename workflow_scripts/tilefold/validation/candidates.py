"""One table of all candidates of all runs: validation scores of each, test scores of those that were chosen."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from tilefold.storage.tables import read_table, write_table
from tilefold.validation.sides import IN_AREA, OUT_OF_AREA
from tilefold.validation.summary import read_folds

logger = logging.getLogger(__name__)

#: Scores of a candidate's best epoch on validation samples.
VALIDATION = ("loss", "oa", "kappa", "fscore", "natural_oa", "natural_fscore")
#: Scores of a chosen candidate on the sides of its run.
TEST = ("oa", "mean_f1")
SIDES = (IN_AREA, OUT_OF_AREA)
COLUMNS = [
    *("fold", "seed", "region", "candidate", "batch_size", "learning_rate", "criterion", "epoch", "score"),
    *(f"validation_{name}" for name in VALIDATION),
    "chosen",
    *(f"{side}_{name}" for side in SIDES for name in TEST),
]


def summarise_candidates(
    choices: Sequence[Path | str],
    histories: Sequence[Mapping[str, Path | str]],
    folds: Path | str,
    settings: Mapping[str, Any],
    *,
    candidates: Path | str,
) -> None:
    """Write the table of all candidates.

    Candidates are chosen on validation samples alone, so only the chosen ones have test scores. These are of a
    whole run; where there are regions, each region's chosen candidate has those of its run.

    Parameters
    ----------
    choices
        Table of `select_model` of each model.
    histories
        History of each candidate of each model, by the candidate's name.
    folds
        Fold table of `summarise_runs`.
    settings
        `models`: fold, seed and region of each model, in the order of `choices`.
    candidates
        CSV to write, one row for each model and candidate, with the columns `COLUMNS`: `score` is the
        criterion's at the candidate's best `epoch`, ``validation_*`` are other scores of that epoch (empty where
        nothing could be trained), ``in_area_*`` and ``out_of_area_*`` scores of the run's test pixels.
    """
    tested = read_folds(folds)
    tables = []
    for model, choice, history in zip(settings["models"], choices, histories, strict=True):
        table = read_table(choice)
        table = table.join(pd.DataFrame([_best_epoch(row, history) for row in table.to_dict("records")]))
        table = table.assign(**model)
        scores = _test_scores(tested, model["fold"], model["seed"])
        for name, score in scores.items():
            table[name] = pd.Series(
                [score if chosen else None for chosen in table["chosen"]], dtype="Float64"
            )
        tables.append(table)
    whole = pd.concat(tables, ignore_index=True).reindex(columns=COLUMNS)
    write_table(candidates, whole)
    logger.info("%d candidates of %d models", len(whole), len(tables))


def by_model(files: Sequence[Path | str], candidates: Sequence[str]) -> list[dict[str, Path | str]]:
    """Files of all candidates of one model after the other, as one mapping by candidate for each model."""
    size = len(candidates)
    starts = range(0, len(files), size)
    return [dict(zip(candidates, files[start : start + size], strict=True)) for start in starts]


def _best_epoch(row: Mapping[Hashable, Any], histories: Mapping[str, Path | str]) -> dict[str, float]:
    """Validation scores of a candidate's best epoch."""
    if pd.isna(row["epoch"]):
        return dict.fromkeys((f"validation_{name}" for name in VALIDATION), float("nan"))
    history = read_table(histories[row["candidate"]]).set_index("epoch").loc[row["epoch"]]
    return {f"validation_{name}": history[f"validation_{name}"] for name in VALIDATION}


def _test_scores(tested: pd.DataFrame, fold: str, seed: int) -> dict[str, float]:
    """Scores of a run by side and name; of sides that it has."""
    mine = tested[tested["run"] == f"{fold}/seed_{seed}"].set_index("side")
    scores = mine.loc[[side for side in SIDES if side in mine.index], list(TEST)].to_dict("index")
    return {f"{side}_{name}": score for side, row in scores.items() for name, score in row.items()}
