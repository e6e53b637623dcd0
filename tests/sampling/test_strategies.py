import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilefold.sampling.strategies import STRATEGIES, wanted_pixels

#: Classes of OTB's toy.
TOY = [25, 12, 8]


def wanted(available, strategy, prevalence="sampled", least=None, most=None):
    table = np.atleast_2d(np.array(available, np.int64))
    none = [None] * table.shape[1]
    settings = {
        "strategy": strategy,
        "prevalence": prevalence,
        "limits": {"min": least or none, "max": most or none},
    }
    found = wanted_pixels(table, settings)
    assert found.dtype == np.int64
    return found.tolist() if np.ndim(available) == 2 else found[0].tolist()


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        # Measured on OTB 8.1.
        ({"name": "smallest"}, [8, 8, 8]),
        ({"name": "constant", "count": 5}, [5, 5, 5]),
        ({"name": "constant", "count": 10}, [10, 10, 10]),
        ({"name": "percent", "share": 0.5}, [13, 6, 4]),
        ({"name": "percent", "share": 0.33}, [8, 4, 3]),
        ({"name": "percent", "share": 0.1}, [3, 1, 1]),
        ({"name": "percent", "share": 0.05}, [1, 1, 0]),
        ({"name": "total", "total": 18}, [10, 5, 3]),
        ({"name": "total", "total": 7}, [4, 2, 1]),
        ({"name": "total", "total": 20}, [11, 5, 4]),
        ({"name": "total", "total": 100}, [56, 27, 18]),
        ({"name": "byclass", "by_class": [3, 20, 2]}, [3, 20, 2]),
        ({"name": "all"}, [25, 12, 8]),
    ],
)
def test_known_numbers(strategy, expected):
    assert wanted(TOY, strategy) == expected


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_nothing_is_wanted_of_a_class_without_pixels(name):
    strategy = {"name": name, "count": 5, "share": 0.5, "total": 20, "by_class": [5, 5, 5]}
    found = wanted([10, 0, 6], strategy, least=[2, 2, 2])
    assert found[1] == 0
    assert min(found[0], found[2]) > 0


def test_a_class_that_is_absent_is_not_the_smallest():
    assert wanted([10, 0, 6], {"name": "smallest"}) == [6, 0, 6]


def test_each_region_is_taken_by_itself():
    available = [[25, 12, 8], [4, 0, 100]]
    assert wanted(available, {"name": "smallest"}) == [[8, 8, 8], [4, 0, 4]]
    assert wanted(available, {"name": "total", "total": 20}) == [[11, 5, 4], [1, 0, 19]]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=6), st.integers(1, 10**9))
def test_shares_of_a_total_are_rounded_half_up(available, total):
    everything = sum(available)
    expected = [(2 * total * n + everything) // (2 * everything) if n else 0 for n in available]
    assert wanted(available, {"name": "total", "total": total}) == expected


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=6), st.floats(1e-4, 1.0))
def test_parts_are_rounded_half_up(available, share):
    expected = [math.floor(share * n + 0.5) for n in available]
    assert wanted(available, {"name": "percent", "share": share}) == expected


def test_limits():
    percent = {"name": "percent", "share": 0.1}
    assert wanted([1000, 100, 20], percent, least=[None, 30, 30], most=[60, None, 500]) == [60, 30, 30]
    assert wanted([1000, 100, 0], {"name": "all"}, most=[60, 60, 60]) == [60, 60, 0]


def test_reference_shares_by_hand():
    # constant 100 takes 100, 100 and 20: 220 in all, of which 1000 / 1220, 200 / 1220 and 20 / 1220.
    constant = {"name": "constant", "count": 100}
    assert wanted([1000, 200, 20], constant, "reference") == [180, 36, 4]
    # smallest takes 60.
    assert wanted([1000, 200, 20], {"name": "smallest"}, "reference") == [49, 10, 1]
    # Limits come after.
    assert wanted([1000, 200, 20], constant, "reference", [None, None, 15], [150, None, None]) == [
        150,
        36,
        15,
    ]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6), st.integers(1, 10**6))
def test_at_reference_shares_no_class_lacks_pixels_and_the_sum_stays(available, count):
    constant = {"name": "constant", "count": count}
    found = wanted(available, constant, "reference")
    assert all(a <= b for a, b in zip(found, available, strict=True))
    assert abs(sum(found) - sum(min(count, n) for n in available)) <= len(available) / 2
