"""What is written down of each epoch: a row of losses and scores, and the confusion matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.training.metrics import Scores, class_scores
from tilefold.training.sums import EpochResult

Row = dict[str, float | None]

#: Parts of the samples, in the order of the matrices.
PARTS = ("train", "validation")
SCORES = ("oa", "kappa", "fscore", "precision", "recall")
#: Columns of the history: of each part as sampled, then with each class at its share of the reference.
HISTORY_COLUMNS = (
    *("epoch", "learning_rate"),
    *(
        f"{part}_{sort}{name}"
        for sort in ("", "natural_")
        for part in PARTS
        for name in ("loss", "loss_db", *SCORES)
    ),
)


def history_row(
    epoch: int,
    learning_rate: float,
    results: Sequence[EpochResult],
    weights: NDArray[np.float64],
    shares: NDArray[np.float64],
) -> Row:
    """Losses and scores of an epoch; None where they are 0/0.

    Parameters
    ----------
    epoch, learning_rate
        Its number and its rate.
    results
        Sums over the learn and over the validation samples.
    weights
        Weight of each class in the loss (classes,), 0 for classes without learn samples.
    shares
        Share of each class in the reference (classes,).
    """
    row: Row = {"epoch": epoch, "learning_rate": learning_rate}
    for part, result in zip(PARTS, results, strict=True):
        row |= _columns(part, result.loss(weights), result.scores())
    for part, result in zip(PARTS, results, strict=True):
        loss = result.natural_loss(shares, weights > 0)
        row |= _columns(f"{part}_natural", loss, result.natural_scores(shares))
    return row


def confusion_table(matrices: NDArray[np.int64], classes: Sequence[int]) -> pd.DataFrame:
    """Pairs of classes that occurred: `epoch`, `part`, `reference`, `predicted` (codes), `samples`.

    Parameters
    ----------
    matrices
        int64 (epochs, parts, classes, classes), rows reference and columns prediction.
    classes
        Code of each class.
    """
    codes = np.asarray(classes, np.int64)
    epoch, part, reference, predicted = np.nonzero(matrices)
    return pd.DataFrame(
        {
            "epoch": epoch + 1,
            "part": np.array(PARTS, object)[part],
            "reference": codes[reference],
            "predicted": codes[predicted],
            "samples": matrices[epoch, part, reference, predicted],
        }
    )


def class_scores_table(matrices: NDArray[np.int64], classes: Sequence[int]) -> pd.DataFrame:
    """Scores of each class that has samples in a part, by epoch.

    Columns are `epoch`, `part`, `code`, `samples`, `precision`, `recall`, `fscore`; parameters are those of
    `confusion_table`.
    """
    tables = [pd.DataFrame(columns=["epoch", "part", "code", "samples", "precision", "recall", "fscore"])]
    for epoch, parts in enumerate(matrices, start=1):
        for part, matrix in zip(PARTS, parts, strict=True):
            samples = matrix.sum(axis=1)
            content = {"code": classes, "samples": samples, **class_scores(matrix)._asdict()}
            table = pd.DataFrame(content)[samples > 0]
            table.insert(0, "epoch", epoch)
            table.insert(1, "part", part)
            tables.append(table)
    return pd.concat(tables[1:], ignore_index=True) if len(tables) > 1 else tables[0]


def _columns(prefix: str, loss: float, found: Scores) -> Row:
    columns: Row = {f"{prefix}_loss": _known(loss), f"{prefix}_loss_db": _decibels(loss)}
    return columns | {f"{prefix}_{name}": _known(getattr(found, name)) for name in SCORES}


def _decibels(loss: float) -> float | None:
    """10 log10 of a loss; None where that is no number."""
    return 10 * math.log10(loss) if loss > 0 and math.isfinite(loss) else None


def _known(score: float) -> float | None:
    return None if math.isnan(score) else score
