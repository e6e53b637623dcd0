from itertools import pairwise, permutations

import numpy as np
import pytest

from tilefold.validation.confusion_order import order_by_confusion


def neighbours_confusion(matrix, order):
    """Sum over neighbours of what two classes have in common."""
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    common = (shares + shares.T) / 2
    return sum(common[a, b] for a, b in pairwise(order))


def test_confused_classes_become_neighbours():
    matrix = np.diag([100] * 6)
    # A chain 0 - 3 - 1 and a pair 2 - 5 beside class 4, which nothing is taken for.
    matrix[0, 3], matrix[3, 1], matrix[5, 2] = 40, 30, 60
    order = order_by_confusion(matrix).tolist()
    assert sorted(order) == list(range(6))
    place = np.argsort(order)
    assert [abs(place[a] - place[b]) for a, b in ((0, 3), (3, 1), (5, 2))] == [1, 1, 1]
    assert order[0] < order[-1]


@pytest.mark.parametrize("seed", range(4))
def test_chain_of_classes_is_found_among_all_orders(seed):
    # Neighbours in a hidden chain are confused, each pair less than the one before: the tree holds the best order.
    hidden = np.random.default_rng(seed).permutation(6)
    matrix = np.diag([100] * 6)
    for step in range(5):
        matrix[hidden[step], hidden[step + 1]] = 50 - 8 * step
    best = max(neighbours_confusion(matrix, order) for order in permutations(range(6)))
    assert neighbours_confusion(matrix, order_by_confusion(matrix)) == pytest.approx(best)


def test_order_does_not_depend_on_how_common_classes_are():
    matrix = np.array([[90, 0, 10, 0], [0, 80, 0, 20], [5, 0, 95, 0], [0, 9, 1, 90]])
    common = matrix * np.array([[1], [1000], [1], [50]])
    np.testing.assert_array_equal(order_by_confusion(matrix), order_by_confusion(common))


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_small_and_empty_matrices(number):
    assert sorted(order_by_confusion(np.zeros((number, number), int))) == list(range(number))
