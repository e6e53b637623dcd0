import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilefold.sampling.periodic import PeriodicSampler


def walk(available, required):
    """The rule as it is stated, one candidate after the other."""
    rate = min(required, available) / available
    kept, picked = 0, []
    for seen in range(1, available + 1):
        if kept < seen * rate and kept < required:
            picked.append(seen - 1)
            kept += 1
    return picked


def ranks(available, required):
    return np.flatnonzero(PeriodicSampler(available, required).take(available)).tolist()


@pytest.mark.parametrize(
    ("available", "required", "expected"),
    [
        (25, 8, [0, 3, 6, 9, 12, 15, 18, 21]),  # OTB, strategy smallest on its toy
        (25, 13, [0, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23]),  # OTB, percent 0.5
        (8, 10, list(range(8))),
        (5, 5, [0, 1, 2, 3, 4]),
        (4, 0, []),
        (0, 3, []),
    ],
)
def test_known_picks(available, required, expected):
    assert ranks(available, required) == expected


@given(st.integers(1, 3000), st.integers(1, 4000))
def test_the_closed_form_is_the_walk(available, required):
    assert ranks(available, required) == walk(available, required)


@given(st.integers(1, 500), st.integers(1, 600), st.lists(st.integers(0, 60), max_size=20))
def test_parts_give_what_the_whole_gives(available, required, sizes):
    sampler = PeriodicSampler(available, required)
    sizes = [*sizes, available]
    limits = np.minimum(np.cumsum([0, *sizes]), available)
    parts = [sampler.take(int(size)) for size in np.diff(limits)]
    assert np.flatnonzero(np.concatenate(parts)).tolist() == ranks(available, required)


@given(st.integers(0, 10**5), st.integers(0, 2 * 10**5))
def test_takes_the_lesser_of_wanted_and_available(available, required):
    picked = PeriodicSampler(available, required).take(available)
    assert picked.sum() == min(available, required)
    assert not required or not available or picked[0]


def test_products_that_are_rounded_up_give_no_sample_too_many():
    available = np.arange(2, 3000)
    required = np.arange(1, 40)[:, None]
    up = ((required / available) * available > required) & (required < available)
    assert up.any()
    for place in zip(*np.nonzero(up), strict=True):
        wanted, total = int(required[place[0], 0]), int(available[place[1]])
        assert len(ranks(total, wanted)) == wanted


def test_floating_point_decides_as_in_otb():
    # FACTS of the reference: with 6755 candidates and 300 wanted, 3 picks move by one rank.
    exact = [place * 6755 // 300 for place in range(300)]
    assert sum(a != b for a, b in zip(ranks(6755, 300), exact, strict=True)) == 3
