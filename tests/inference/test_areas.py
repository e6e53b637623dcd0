"""Connected areas against scipy, elimination against a loop over areas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from tilefold.inference.areas import connected_areas, eliminate, reach, steps


def noisy(seed: int, shape: tuple[int, int] = (90, 110), noise: float = 0.3) -> np.ndarray:
    """Patches of 10 pixels with other labels strewn in, and holes without data."""
    rng = np.random.default_rng(seed)
    patches = np.kron(rng.integers(1, 5, (shape[0] // 10, shape[1] // 10)), np.ones((10, 10), int))
    labels = np.where(rng.random(shape) < noise, rng.integers(1, 5, shape), patches)
    return np.where(rng.random(shape) < 0.03, 0, labels).astype(np.uint8)


def scipy_areas(labels: np.ndarray) -> np.ndarray:
    numbers, count = np.zeros(labels.shape, int), 0
    for code in np.unique(labels[labels > 0]):
        found, more = ndimage.label(labels == code)
        numbers[found > 0] = found[found > 0] + count
        count += more
    return numbers


@pytest.mark.parametrize("seed", [0, 1])
def test_areas_are_those_of_scipy(seed: int) -> None:
    labels = noisy(seed)
    numbers, sizes = connected_areas(labels, 0)
    expected = scipy_areas(labels)
    pairs = np.unique(np.stack([numbers.ravel(), expected.ravel()]), axis=1)
    assert pairs.shape[1] == numbers.max() + 1 == expected.max() + 1  # one to one
    np.testing.assert_array_equal(sizes, np.bincount(numbers.ravel()))
    firsts = np.unique(numbers[numbers > 0], return_index=True)[1]
    assert (np.diff(firsts) > 0).all()


def eliminated_once(labels: np.ndarray, least: int) -> np.ndarray:
    """One step, area by area."""
    numbers = scipy_areas(labels)
    sizes = np.bincount(numbers.ravel())
    result = labels.copy()
    for area in np.flatnonzero((sizes < least) & (np.arange(len(sizes)) > 0)):
        borders = np.zeros(256, int)
        for row, col in np.argwhere(numbers == area):
            for r, c in ((row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)):
                inside = 0 <= r < labels.shape[0] and 0 <= c < labels.shape[1]
                if inside and numbers[r, c] not in (0, area) and sizes[numbers[r, c]] >= least:
                    borders[labels[r, c]] += 1
        if borders.any():
            result[numbers == area] = borders.argmax()
    return result


@pytest.mark.parametrize(
    ("minimum", "expected"), [(1, []), (2, [2, 2]), (5, [2, 4, 5, 5]), (8, [2, 4, 8, 8])]
)
def test_steps_double_up_to_the_minimum(minimum: int, expected: list[int]) -> None:
    assert steps(minimum) == expected


def test_small_areas_take_the_label_of_the_longest_border() -> None:
    labels = noisy(2)
    expected = labels
    for least in (2, 4, 6, 6):
        expected = eliminated_once(expected, least)
    found = eliminate(labels, 6, 0)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found == 0, labels == 0)
    assert found.dtype == labels.dtype
    before, after = (np.bincount(scipy_areas(item).ravel())[1:] for item in (labels, found))
    assert (before < 6).sum() > 100
    assert (after < 6).sum() < 0.05 * (before < 6).sum()


def test_of_equal_borders_the_lowest_code_counts() -> None:
    labels = np.array([[3, 3, 3, 2, 2, 2], [3, 3, 9, 9, 2, 2], [3, 3, 3, 2, 2, 2]], np.uint8)
    assert eliminate(labels, 3, 0)[1].tolist() == [3, 3, 2, 2, 2, 2]


def test_a_window_with_its_margin_decides_like_the_whole() -> None:
    labels = noisy(3, (200, 240), noise=0.5)
    margin = reach(6)
    assert margin == 36
    whole = eliminate(labels, 6, 0)
    part = eliminate(labels[60 - margin : 130 + margin, 70 - margin : 150 + margin], 6, 0)
    np.testing.assert_array_equal(part[margin:-margin, margin:-margin], whole[60:130, 70:150])
