"""Files that a training leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tilefold.storage.tables import write_table
from tilefold.training.curves import draw_class_fscores, draw_loss, draw_scores
from tilefold.training.history import HISTORY_COLUMNS, class_scores_table, confusion_table
from tilefold.training.state import TrainingState


@dataclass(frozen=True)
class TrainingFiles:
    """Outputs of a training.

    Attributes
    ----------
    weights
        Model file with the weights of the best epoch for each of loss, fscore, oa and kappa.
    history
        CSV, one row for each epoch, with the columns of `HISTORY_COLUMNS`.
    class_scores, confusion
        CSV, scores of each class and confusion matrices, by epoch.
    loss, confusion_metrics, class_fscores
        PNG: losses in decibels, scores, and F-scores of each class by epoch.
    """

    weights: Path | str
    history: Path | str
    class_scores: Path | str
    confusion: Path | str
    loss: Path | str
    confusion_metrics: Path | str
    class_fscores: Path | str


def write_epochs(files: TrainingFiles, state: TrainingState | None, classes: list[int], title: str) -> None:
    """Write tables and pictures of all epochs; without a state there were none.

    Parameters
    ----------
    files
        Where to; `weights` is left alone.
    state
        The training after its last epoch.
    classes
        Code of each class.
    title
        Heading of the pictures.
    """
    history = [] if state is None else state.history
    none = np.zeros((0, 2, len(classes), len(classes)), np.int64)
    matrices = np.stack(state.matrices) if state is not None and state.matrices else none
    table = pd.DataFrame(history, columns=list(HISTORY_COLUMNS))
    write_table(files.history, table.astype({"epoch": "int64"}))
    scores = class_scores_table(matrices, classes)
    write_table(files.class_scores, scores)
    write_table(files.confusion, confusion_table(matrices, classes))
    draw_loss(files.loss, table, title)
    draw_scores(files.confusion_metrics, table, title)
    draw_class_fscores(files.class_fscores, scores, title)
