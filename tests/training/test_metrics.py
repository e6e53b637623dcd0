import math

import numpy as np
import pytest
import torch
from sklearn.metrics import (
    accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
)

from tilefold.training.metrics import confusion, scores


@pytest.mark.parametrize("seed", range(5))
def test_scores_equal_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    reference = rng.choice([0, 1, 3, 4], 500, p=[0.6, 0.2, 0.15, 0.05])
    predicted = np.where(rng.random(500) < 0.6, reference, rng.integers(0, 5, 500))
    predicted[predicted == 4] = 0
    matrix = confusion(torch.from_numpy(reference), torch.from_numpy(predicted), 6).numpy()
    np.testing.assert_array_equal(matrix, confusion_matrix(reference, predicted, labels=range(6)))
    found = scores(matrix)
    assert found.oa == pytest.approx(accuracy_score(reference, predicted))
    assert found.kappa == pytest.approx(cohen_kappa_score(reference, predicted))
    present = {"labels": np.unique(reference), "average": "macro", "zero_division": 0}
    assert found.fscore == pytest.approx(f1_score(reference, predicted, **present))
    assert found.precision == pytest.approx(precision_score(reference, predicted, **present))
    assert found.recall == pytest.approx(recall_score(reference, predicted, **present))


def test_one_class_alone_has_no_kappa():
    found = scores(np.array([[5, 0], [0, 0]]))
    assert (found.oa, found.fscore) == (1.0, 1.0)
    assert math.isnan(found.kappa)


def test_nothing_has_no_scores():
    found = scores(np.zeros((3, 3), np.int64))
    assert all(
        math.isnan(value) for value in (found.oa, found.kappa, found.fscore, found.precision, found.recall)
    )
