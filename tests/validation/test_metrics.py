import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from tilefold.validation.matrices import unit_counts
from tilefold.validation.metrics import (
    allocation_disagreement,
    f1,
    iou,
    kappa,
    mean_f1,
    mean_iou,
    overall_accuracy,
    precision,
    quantity_disagreement,
    recall,
    scores,
)


@pytest.fixture(scope="module")
def labels():
    """Reference and predicted labels of classes with all kinds of holes."""
    rng = np.random.default_rng(11)
    codes = np.array([1, 4, 6, 7, 9, 12])
    reference = rng.choice(codes[:4], 400, p=[0.6, 0.25, 0.1, 0.05])
    wrong = rng.random(400) < 0.35
    # 7 is never predicted; 9 is predicted and never referenced; 12 does not occur at all.
    predicted = np.where(wrong, rng.choice([1, 4, 6, 9], 400), reference)
    predicted[predicted == 7] = 1
    return codes, reference, predicted


@pytest.fixture(scope="module")
def matrix(labels):
    codes, reference, predicted = labels
    return sk.confusion_matrix(reference, predicted, labels=codes)


def test_oa_and_kappa_equal_scikit_learn(labels, matrix):
    _, reference, predicted = labels
    assert overall_accuracy(matrix) == pytest.approx(sk.accuracy_score(reference, predicted), abs=1e-15)
    assert kappa(matrix) == pytest.approx(sk.cohen_kappa_score(reference, predicted), abs=1e-12)


def test_classes_equal_scikit_learn(labels, matrix):
    codes, reference, predicted = labels
    expected = sk.precision_recall_fscore_support(
        reference, predicted, labels=codes, average=None, zero_division=np.nan
    )
    np.testing.assert_allclose(precision(matrix), expected[0])
    np.testing.assert_allclose(recall(matrix), expected[1])
    tested = expected[3] > 0
    np.testing.assert_allclose(f1(matrix)[tested], expected[2][tested])


def test_iou_equals_scikit_learn(labels, matrix):
    codes, reference, predicted = labels
    expected = sk.jaccard_score(reference, predicted, labels=codes, average=None, zero_division=0)
    tested = np.isin(codes, reference)
    np.testing.assert_allclose(iou(matrix)[tested], expected[tested])
    assert np.isnan(iou(matrix)[~tested]).all()
    assert mean_iou(matrix) == pytest.approx(expected[tested].mean())


def test_classes_equal_torchmetrics(labels, matrix):
    torchmetrics = pytest.importorskip("torchmetrics.functional.classification")
    torch = pytest.importorskip("torch")
    codes, reference, predicted = labels
    target, given = (torch.from_numpy(np.searchsorted(codes, values)) for values in (reference, predicted))
    names = {"precision": precision, "recall": recall, "f1_score": f1, "jaccard_index": iou}
    tested = np.isin(codes, reference)
    for name, ours in names.items():
        theirs = getattr(torchmetrics, f"multiclass_{name}")
        expected = theirs(given, target, num_classes=len(codes), average="none").numpy()
        np.testing.assert_allclose(np.nan_to_num(ours(matrix)[tested]), expected[tested], rtol=1e-6)
    agreement = torchmetrics.multiclass_cohen_kappa(given, target, num_classes=len(codes))
    assert kappa(matrix) == pytest.approx(float(agreement), abs=1e-6)


def test_disagreements_by_hand():
    # Reference 100, 50, 50; map 90, 70, 40: 20 of 200 too much or too little.
    matrix = np.array([[80, 15, 5], [5, 45, 0], [5, 10, 35]])
    assert quantity_disagreement(matrix) == pytest.approx((10 + 20 + 10) / 2 / 200)
    # Exchanged: min(20, 10) + min(5, 25) + min(15, 5) pixels, each pair counted from both ends.
    assert allocation_disagreement(matrix) == pytest.approx((10 + 5 + 5) / 200)
    assert quantity_disagreement(matrix) + allocation_disagreement(matrix) == pytest.approx(
        1 - overall_accuracy(matrix)
    )


def test_disagreements_of_pure_kinds():
    swapped = np.array([[0, 10], [10, 0]])
    assert (quantity_disagreement(swapped), allocation_disagreement(swapped)) == (0, 1)
    lost = np.array([[10, 10], [0, 10]])
    assert quantity_disagreement(lost) == pytest.approx(1 / 3)
    assert allocation_disagreement(lost) == 0


def test_f1_of_classes_that_were_never_predicted_or_never_referenced(labels, matrix):
    position = {code: index for index, code in enumerate(labels[0])}
    assert f1(matrix)[position[7]] == 0
    assert np.isnan(precision(matrix)[position[7]])
    assert precision(matrix)[position[9]] == 0
    assert np.isnan(f1(matrix)[[position[9], position[12]]]).all()


def test_mean_f1_is_over_classes_with_reference(labels, matrix):
    _, reference, predicted = labels
    present = np.unique(reference)
    expected = sk.f1_score(reference, predicted, labels=present, average="macro", zero_division=0)
    assert mean_f1(matrix) == pytest.approx(expected, abs=1e-15)


def test_mean_f1_over_chosen_classes_keeps_all_errors():
    matrix = np.array([[8, 2, 0], [2, 8, 0], [10, 0, 0]])
    chosen = np.array([True, True, False])
    # The third class's ten pixels are errors of the first: 16 / (10 + 20) and not 16 / (10 + 10).
    assert mean_f1(matrix, chosen) == pytest.approx((16 / 30 + 16 / 20) / 2)
    assert np.isnan(mean_f1(matrix, np.array([False, False, False])))


def test_empty_matrix_and_single_class_give_empty_cells():
    empty = np.zeros((2, 2), int)
    for metric in (overall_accuracy, kappa, mean_f1):
        assert np.isnan(metric(empty))
    single = np.array([[5, 0], [0, 0]])
    assert overall_accuracy(single) == 1
    assert np.isnan(kappa(single))


def test_leading_axes_are_carried_through(matrix):
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 9, (2, 5, 4, 4))
    for metric in (overall_accuracy, kappa, mean_f1, mean_iou, f1, iou, allocation_disagreement):
        one_by_one = [[metric(stack[i, j]) for j in range(5)] for i in range(2)]
        np.testing.assert_allclose(metric(stack), one_by_one)


def test_big_counts_do_not_overflow():
    matrix = np.array([[4_000_000_000, 10], [20, 3_000_000_000]])
    assert kappa(matrix) == pytest.approx(1, abs=1e-6)


def test_scores_by_hand():
    table = pd.DataFrame(
        [(1, 1, 1, 90), (1, 1, 2, 10), (2, 1, 2, 10), (3, 2, 2, 40), (3, 2, 0, 10), (4, 3, 0, 5)],
        columns=["group", "code", "predicted", "pixels"],
    )
    result = scores(unit_counts(table, [1, 2, 3], 0))
    assert result["n_pixels"] == 150
    assert result["n_nodata"] == 15
    assert result["n_polygons"] == 3
    assert result["n_classes"] == 2
    assert result["oa"] == pytest.approx(130 / 150)
    assert result["oa_with_nodata"] == pytest.approx(130 / 165)
    assert result["mean_f1"] == pytest.approx((180 / 200 + 80 / 100) / 2)
    # Polygons with weight 1: 0.9 and 0 of class 1 are right, all of class 2.
    assert result["oa_polygon"] == pytest.approx(1.9 / 3)
    assert result["mean_f1_polygon"] == pytest.approx((1.8 / 2.9 + 2 / 3.1) / 2)
    chance = (2 * 0.9 + 1 * 2.1) / 9
    assert result["kappa_polygon"] == pytest.approx((1.9 / 3 - chance) / (1 - chance))


def test_polygon_weights_equal_scikit_learn_with_sample_weights():
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(12), rng.integers(1, 40, 12))
    reference = (group % 3) + 1
    predicted = np.where(rng.random(len(group)) < 0.3, rng.integers(1, 4, len(group)), reference)
    table = pd.DataFrame({"group": group, "code": reference, "predicted": predicted, "pixels": 1})
    result = scores(unit_counts(table, [1, 2, 3], 0))
    weight = 1 / np.bincount(group)[group]
    assert result["oa_polygon"] == pytest.approx(
        sk.accuracy_score(reference, predicted, sample_weight=weight)
    )
    assert result["kappa_polygon"] == pytest.approx(
        sk.cohen_kappa_score(reference, predicted, sample_weight=weight)
    )
    assert result["mean_f1_polygon"] == pytest.approx(
        sk.f1_score(reference, predicted, average="macro", sample_weight=weight)
    )
