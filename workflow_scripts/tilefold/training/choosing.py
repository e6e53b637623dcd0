"""Choice of a run's model among the trained candidates, by their scores on validation samples."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from tilefold.storage.tables import write_table
from tilefold.storage.whole import write_json
from tilefold.training.model_file import Tensors, read_model_description, read_model_file, write_model_file

logger = logging.getLogger(__name__)

#: Criteria for the best epoch of a candidate and for the best candidate; the first is better when low.
CRITERIA = ("loss", "fscore", "oa", "kappa")


def is_better(criterion: str, score: float | None, other: float | None) -> bool:
    """Whether a score beats another; no score (0/0, None) beats nothing and is beaten by any number."""
    if score is None or other is None:
        return score is not None
    return score < other if criterion == "loss" else score > other


def select_model(
    weights: Mapping[str, Path | str],
    settings: Mapping[str, Any],
    *,
    model: Path | str,
    described: Path | str,
    choice: Path | str,
) -> None:
    """Choose the best candidate and write its weights of the best epoch as the model.

    The model file holds nothing about the other candidates, not even their number, so that a further
    candidate that does not win leaves its bytes, and all that is made from it, as they are. Where no candidate
    could be trained, the model file says so and nothing is chosen.

    Parameters
    ----------
    weights
        Weights file of each candidate.
    settings
        criterion (loss: lowest wins; fscore, oa, kappa: highest), candidates (name, batch_size,
        learning_rate): the first of equal ones wins.
    model
        Model file to write: tensors by parameter name, description with criterion, epoch and score.
    described
        JSON to write: the model's description, for people; programs read it from the model file.
    choice
        Table to write: candidate, batch_size, learning_rate, criterion, epoch, score, chosen.

    Raises
    ------
    ValueError
        If a candidate has no weights file or the criterion is unknown.
    """
    criterion = settings["criterion"]
    if criterion not in CRITERIA:
        raise ValueError(
            f"training.model_selection_criterion: found {criterion!r}, expected one of {', '.join(CRITERIA)}"
        )
    candidates = settings["candidates"]
    missing = [candidate["name"] for candidate in candidates if candidate["name"] not in weights]
    if missing:
        raise ValueError(f"no weights file for the candidates {', '.join(missing)}; train them first")
    winner: int | None = None
    tensors: Tensors = {}
    said = [read_model_description(weights[candidate["name"]]) for candidate in candidates]
    if "untrained" in said[0]:
        # All candidates have the same samples, so none could be trained.
        best = [{"epoch": None, "score": None}] * len(candidates)
        description = {**said[0], "criterion": criterion, **best[0]}
        logger.warning("no model, since there is %s", said[0]["untrained"])
    else:
        best = [item["best"][criterion] for item in said]
        winner = _winner(criterion, [item["score"] for item in best])
        name = candidates[winner]["name"]
        tensors, description = _weights_of(weights[name], criterion)
        description |= {"criterion": criterion, **best[winner]}
        logger.info("chosen: %s by %s %s", name, criterion, best[winner])
    write_model_file(model, tensors, description)
    write_json(described, description)
    write_table(choice, _choice(candidates, criterion, best, winner))


def _winner(criterion: str, scores: Sequence[float | None]) -> int:
    """Position of the best score, of equal ones the first."""
    winner = 0
    for position, score in enumerate(scores):
        if is_better(criterion, score, scores[winner]):
            winner = position
    return winner


def _weights_of(path: Path | str, criterion: str) -> tuple[Tensors, dict[str, Any]]:
    """Weights of a candidate's best epoch for a criterion, and its description."""
    tensors, description = read_model_file(path)
    prefix = f"{criterion}/"
    chosen = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
    return chosen, description


def _choice(
    candidates: Sequence[Mapping[str, Any]],
    criterion: str,
    best: Sequence[Mapping[str, Any]],
    winner: int | None,
) -> pd.DataFrame:
    """Table of the candidates with their best epochs."""
    return pd.DataFrame(
        {
            "candidate": [candidate["name"] for candidate in candidates],
            "batch_size": [candidate["batch_size"] for candidate in candidates],
            "learning_rate": [candidate["learning_rate"] for candidate in candidates],
            "criterion": criterion,
            "epoch": pd.array([item["epoch"] for item in best], dtype="Int64"),
            "score": pd.array([item["score"] for item in best], dtype="Float64"),
            "chosen": [position == winner for position in range(len(candidates))],
        }
    )
