import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilefold.sampling.samplers import draw_ranks, keyed_generator, periodic_ranks

PERIODIC = {"name": "periodic", "offset": 0, "jitter": 0}
RANDOM = {"name": "random"}


def walk(available, required, offset=0.0):
    """The rule as it is stated, one candidate after the other."""
    rate = min(required, available) / available
    kept, picked = 0, []
    for seen in range(1, available + 1):
        if kept < (seen - offset) * rate and kept < required:
            picked.append(seen - 1)
            kept += 1
    return picked


def no_chance():
    raise AssertionError("a sampler without chance asked for a generator")


def ranks(available, wanted, sampler=PERIODIC, key=("k",)):
    generator = (lambda: keyed_generator(*key)) if sampler != PERIODIC else no_chance
    return draw_ranks(sampler, available, wanted, generator).tolist()


@pytest.mark.parametrize(
    ("available", "wanted", "expected"),
    [
        (25, 8, [0, 3, 6, 9, 12, 15, 18, 21]),  # OTB, strategy smallest on its toy
        (25, 13, [0, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23]),  # OTB, percent 0.5
        (8, 10, list(range(8))),
        (5, 5, [0, 1, 2, 3, 4]),
        (4, 0, []),
        (0, 3, []),
    ],
)
def test_known_picks(available, wanted, expected):
    assert ranks(available, wanted) == expected


@given(st.integers(1, 3000), st.integers(1, 4000))
def test_the_closed_form_is_the_walk(available, wanted):
    assert ranks(available, wanted) == walk(available, wanted)


@given(st.integers(2, 400), st.data())
def test_an_offset_shifts_the_walk(available, data):
    wanted = data.draw(st.integers(1, available - 1))
    offset = data.draw(st.integers(0, 3 * available))
    expected = walk(available, wanted, offset % (available / wanted))
    found = periodic_ranks(available, wanted, offset).tolist()
    # Where the last product is rounded down the walk misses the last pick.
    assert found[: len(expected)] == expected
    assert len(found) == wanted
    assert found == sorted(set(found))
    assert found[-1] < available


def test_offset_by_hand():
    # A period of 5, so 7 is 2.
    assert periodic_ranks(20, 4, 2).tolist() == [2, 7, 12, 17]
    assert periodic_ranks(20, 4, 7).tolist() == [2, 7, 12, 17]
    assert periodic_ranks(20, 4, 5).tolist() == [0, 5, 10, 15]


samplers = st.sampled_from([PERIODIC, RANDOM]) | st.builds(
    lambda offset, jitter: {"name": "periodic", "offset": offset, "jitter": jitter},
    st.integers(0, 1000),
    st.integers(0, 1000),
)


@given(st.integers(0, 10**5), st.integers(0, 2 * 10**5), samplers, st.integers(0, 99))
def test_any_sampler_takes_the_lesser_of_wanted_and_available(available, wanted, sampler, seed):
    picked = draw_ranks(sampler, available, wanted, lambda: keyed_generator(seed))
    assert picked.dtype == np.int64
    assert picked.size == min(available, wanted)
    assert (np.diff(picked) > 0).all()
    assert not picked.size or (picked[0] >= 0 and picked[-1] < available)


@given(st.integers(2, 2000), st.integers(1, 40), st.data())
def test_jitter_moves_each_pick_on_but_never_to_the_next(available, jitter, data):
    wanted = data.draw(st.integers(1, available - 1))
    plain = np.array(ranks(available, wanted))
    moved = np.array(ranks(available, wanted, {"name": "periodic", "offset": 0, "jitter": jitter}))
    assert (moved >= plain).all()
    assert (moved <= plain + np.ceil(min(jitter, available / wanted - 1))).all()
    assert (moved[:-1] < plain[1:]).all()


def test_jitter_is_uniform():
    moved = np.array(ranks(100_000, 10_000, {"name": "periodic", "offset": 0, "jitter": 4}))
    # Uniform in [0, 4[ on ranks that are whole: 0 to 3, each a quarter of 10,000 times, within 4 standard deviations.
    found = np.bincount(moved - np.arange(0, 100_000, 10))
    assert found.size == 4
    assert abs(found - 2500).max() < 4 * np.sqrt(10_000 * 0.25 * 0.75)


@pytest.mark.parametrize("sampler", [RANDOM, {"name": "periodic", "offset": 0, "jitter": 3}])
def test_chance_depends_on_the_key_alone(sampler):
    first = ranks(1000, 100, sampler, (0, "all", 1))
    assert first == ranks(1000, 100, sampler, (0, "all", 1))
    for other in ((1, "all", 1), (0, "north", 1), (0, "all", 2), (0, "all", 1, "T31TCJ")):
        assert first != ranks(1000, 100, sampler, other)


def test_random_picks_are_uniform():
    taken = np.zeros(50)
    for seed in range(4000):
        taken[draw_ranks(RANDOM, 50, 10, lambda seed=seed: keyed_generator(seed))] += 1
    # Each of 50 candidates is taken in a fifth of the draws, within 4 standard deviations.
    assert abs(taken - 800).max() < 4 * np.sqrt(4000 * 0.2 * 0.8)


def test_products_that_are_rounded_up_give_no_sample_too_many():
    available = np.arange(2, 3000)
    wanted = np.arange(1, 40)[:, None]
    up = ((wanted / available) * available > wanted) & (wanted < available)
    assert up.any()
    for row, column in zip(*np.nonzero(up), strict=True):
        assert len(ranks(int(available[column]), int(wanted[row, 0]))) == wanted[row, 0]


def test_floating_point_decides_as_in_otb():
    # Measured on OTB: with 6755 candidates and 300 wanted, 3 picks move by one rank.
    exact = [place * 6755 // 300 for place in range(300)]
    assert sum(a != b for a, b in zip(ranks(6755, 300), exact, strict=True)) == 3


def test_an_unknown_sampler_is_refused():
    with pytest.raises(ValueError, match=r"selection\.sampler 'dice' is not known"):
        ranks(10, 5, {"name": "dice"})
