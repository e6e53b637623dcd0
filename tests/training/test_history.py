import math

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import (
    accuracy_score,
    cohen_kappa_score,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
)
from torch.nn.functional import softmax

from tilefold.training.history import HISTORY_COLUMNS, class_scores_table, confusion_table, history_row
from tilefold.training.sums import EpochSums


@pytest.fixture
def batch():
    """Logits of 400 samples of 4 classes, the last of which has no sample, and their targets."""
    rng = np.random.default_rng(0)
    targets = rng.choice(3, 400, p=[0.5, 0.3, 0.2])
    logits = rng.normal(0, 1, (400, 4)) + 1.5 * np.eye(4)[targets]
    return torch.tensor(logits, dtype=torch.float32), torch.tensor(targets)


def summed(batch, learnt=(True, True, True, False), parts=3):
    sums = EpochSums(torch.tensor(learnt))
    for logits, targets in zip(*(values.chunk(parts) for values in batch), strict=True):
        sums.add(logits, targets)
    return sums.result()


def test_losses_and_scores_at_the_shares_of_the_reference_equal_scikit_learns_with_weights(batch):
    logits, targets = batch
    shares, weights = np.array([0.1, 0.2, 0.7, 0.0]), np.array([1.0, 2.0, 3.0, 0.0])
    result = summed(batch)
    row = history_row(1, 0.1, (result, result), weights, shares)
    assert tuple(row) == HISTORY_COLUMNS
    reference = targets.numpy()
    allowed = np.where([True, True, True, False], logits.numpy(), -np.inf)
    predicted, probabilities = allowed.argmax(axis=1), softmax(logits.double(), dim=1).numpy()
    natural = (shares[:3] / np.bincount(reference))[reference]
    for sort, sample_weight in (("", None), ("natural_", natural)):
        kept = {"sample_weight": sample_weight}
        assert row[f"train_{sort}oa"] == pytest.approx(accuracy_score(reference, predicted, **kept))
        assert row[f"train_{sort}kappa"] == pytest.approx(cohen_kappa_score(reference, predicted, **kept))
        fscore = f1_score(reference, predicted, average="macro", **kept)
        assert row[f"validation_{sort}fscore"] == pytest.approx(fscore)
    labels = {"labels": range(4)}
    expected = log_loss(reference, probabilities, sample_weight=natural, **labels)
    assert row["train_natural_loss"] == pytest.approx(expected, rel=1e-6)
    assert row["train_natural_loss_db"] == pytest.approx(10 * math.log10(expected), rel=1e-6)
    expected = log_loss(reference, probabilities, sample_weight=weights[reference], **labels)
    assert row["validation_loss"] == pytest.approx(expected, rel=1e-6)


def test_a_class_that_is_not_learnt_counts_in_scores_and_not_in_losses(batch):
    whole, without = summed(batch), summed(batch, learnt=(True, True, False, False))
    weights = np.array([1.0, 1.0, 0.0, 0.0])
    shares = np.array([0.3, 0.3, 0.4, 0.0])
    assert without.matrix[:, 2].sum() == 0
    assert without.matrix[2].sum() == whole.matrix[2].sum() > 0
    expected = whole.losses[:2].sum() / whole.matrix[:2].sum()
    assert without.loss(weights) == pytest.approx(expected)
    natural = (whole.losses[:2] / whole.matrix[:2].sum(axis=1)).mean()
    assert without.natural_loss(shares, weights > 0) == pytest.approx(natural)
    assert without.natural_scores(shares).recall < 2 / 3


def test_tables_of_all_epochs(batch):
    logits, targets = batch
    matrices = np.stack([np.stack([summed(batch).matrix, summed((logits[:50], targets[:50])).matrix])] * 2)
    classes = [1, 3, 7, 9]
    pairs = confusion_table(matrices, classes)
    assert (pairs["samples"] > 0).all()
    again = pairs[(pairs["epoch"] == 2) & (pairs["part"] == "validation")]
    found = again.pivot_table(index="reference", columns="predicted", values="samples", fill_value=0)
    np.testing.assert_array_equal(found, matrices[1, 1, :3, :3])
    scores = class_scores_table(matrices, classes)
    assert scores["code"].tolist() == [1, 3, 7] * 4
    mine = scores[(scores["epoch"] == 1) & (scores["part"] == "train")]
    predicted = np.where([True, True, True, False], logits.numpy(), -np.inf).argmax(axis=1)
    expected = precision_recall_fscore_support(targets.numpy(), predicted)
    np.testing.assert_allclose(mine[["precision", "recall", "fscore", "samples"]].to_numpy().T, expected)
    empty = np.zeros((0, 2, 4, 4), np.int64)
    assert list(class_scores_table(empty, classes)) == list(scores)
    assert isinstance(confusion_table(empty, classes), pd.DataFrame)
