import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tilefold.sampling.quotas import tile_quotas


def quotas(quota, wanted, available):
    found = tile_quotas(quota, np.array([wanted]), np.array(available, np.int64)[:, np.newaxis])
    assert found.dtype == np.int64
    return found[:, 0].tolist()


@pytest.mark.parametrize(
    ("wanted", "available", "expected"),
    [
        (6, [25, 4], [5, 1]),  # 5.17 and 0.83
        (10, [1, 1, 1], [1, 1, 1]),
        (5, [10, 10], [3, 2]),  # equal remainders: the first tile
        (7, [30, 0, 10], [5, 0, 2]),  # 5.25 and 1.75
        (0, [3, 4], [0, 0]),
        (4, [0, 0], [0, 0]),
    ],
)
def test_proportional(wanted, available, expected):
    assert quotas("proportional", wanted, available) == expected


@pytest.mark.parametrize(
    ("wanted", "available", "expected"),
    [
        (6, [25, 4, 40], [2, 2, 2]),
        (20, [25, 4, 40], [8, 4, 8]),
        (20, [25, 4, 0], [16, 4, 0]),
        (11, [9, 9, 1, 9], [4, 3, 1, 3]),
        (100, [25, 4, 40], [25, 4, 40]),
        (2, [5, 5, 5], [1, 1, 0]),
        (4, [0, 0], [0, 0]),
    ],
)
def test_equal(wanted, available, expected):
    assert quotas("equal", wanted, available) == expected


shapes = st.tuples(st.integers(1, 6), st.integers(1, 4))
stocks = shapes.flatmap(lambda shape: arrays(np.int64, shape, elements=st.integers(0, 60) | st.just(0)))


@given(stocks, st.integers(0, 200), st.sampled_from(["proportional", "equal"]))
def test_tiles_give_together_what_can_be_given(available, wanted, quota):
    wanted = np.full(available.shape[1], wanted)
    found = tile_quotas(quota, wanted, available)
    assert (found.sum(axis=0) == np.minimum(wanted, available.sum(axis=0))).all()
    assert ((found >= 0) & (found <= available)).all()


@given(stocks, st.integers(1, 200))
def test_proportional_shares_are_within_one_of_exact_ones(available, wanted):
    found = tile_quotas("proportional", np.full(available.shape[1], wanted), available)
    total = available.sum(axis=0)
    exact = np.minimum(wanted, total) * available / np.maximum(total, 1)
    assert (abs(found - exact) < 1).all()


@given(stocks, st.integers(1, 200))
def test_equal_shares_differ_by_one_unless_a_tile_gives_all(available, wanted):
    found = tile_quotas("equal", np.full(available.shape[1], wanted), available)
    for stratum in range(available.shape[1]):
        mine = found[:, stratum]
        not_all = mine[mine < available[:, stratum]]
        assert not not_all.size or mine.max() - not_all.min() <= 1


def test_large_numbers_are_exact():
    available = np.array([[3_000_000_000], [1], [1_000_000_000]])
    found = tile_quotas("proportional", np.array([2_000_000_000]), available)
    assert found.sum() == 2_000_000_000
    assert found[:, 0].tolist() == [1_500_000_000, 0, 500_000_000]


def test_an_unknown_quota_is_refused():
    with pytest.raises(ValueError, match=r"selection\.quota 'fair' is not known"):
        quotas("fair", 1, [1])
