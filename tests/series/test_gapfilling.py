import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilefold.series.gapfilling import LONGEST_GAP, fill_gaps, merge_same_day
from tilefold.series.interpolation import PIXELS

DAYS = st.lists(st.integers(0, 400), min_size=1, max_size=12, unique=True).map(sorted)


def exact(values: list[int], days: list[int], calendar: list[int]) -> list[int]:
    """Fill one pixel's clear observations in whole numbers of any size."""
    filled = []
    for day in calendar:
        before = [index for index, other in enumerate(days) if other <= day]
        after = [index for index, other in enumerate(days) if other > day]
        if not before or not after:
            filled.append(values[before[-1] if before else after[0]])
            continue
        low, high = before[-1], after[0]
        numerator = (values[high] - values[low]) * (day - days[low])
        denominator = days[high] - days[low]
        filled.append(values[low] + (2 * numerator + denominator) // (2 * denominator))
    return filled


def exact_block(values: np.ndarray, valid: np.ndarray, days: list[int], calendar: list[int]) -> np.ndarray:
    _, bands, rows, cols = values.shape
    series = np.full((len(calendar), bands, rows, cols), -32768)
    for row, col in np.argwhere(valid.any(axis=0)):
        clear = np.flatnonzero(valid[:, row, col])
        for band in range(bands):
            observed = [int(value) for value in values[clear, band, row, col]]
            series[:, band, row, col] = exact(observed, [days[index] for index in clear], calendar)
    return series.reshape(len(calendar) * bands, rows, cols)


@settings(max_examples=80, deadline=None)
@given(DAYS, DAYS, st.integers(0, 2**32 - 1))
def test_values_are_exact(days: list[int], calendar: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(-32767, 32768, (len(days), 2, 3, 4)).astype(np.int16)
    valid = rng.random((len(days), 3, 4)) < 0.6
    series, clear = fill_gaps(values, valid, days, calendar)
    np.testing.assert_array_equal(series, exact_block(values, valid, days, calendar))
    np.testing.assert_array_equal(clear, valid.sum(axis=0))
    assert series.dtype == np.int16
    assert clear.dtype == np.uint16


@settings(max_examples=60, deadline=None)
@given(DAYS, DAYS, st.integers(0, 2**32 - 1))
def test_values_lie_between_their_neighbours(days: list[int], calendar: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(-32767, 32768, (len(days), 1, 1, 5)).astype(np.int16)
    series, _ = fill_gaps(values, np.ones((len(days), 1, 5), bool), days, calendar)
    for t, day in enumerate(calendar):
        after = int(np.searchsorted(days, day, side="right"))
        around = values[[max(after - 1, 0), min(after, len(days) - 1)], 0, 0]
        assert (series[t, 0] >= around.min(axis=0)).all()
        assert (series[t, 0] <= around.max(axis=0)).all()


def test_values_are_those_of_numpy() -> None:
    rng = np.random.default_rng(0)
    days = np.sort(rng.choice(365, 30, replace=False))
    calendar = np.arange(0, 365, 10)
    values = rng.integers(0, 8000, (30, 3, 1, 40)).astype(np.int16)
    valid = rng.random((30, 1, 40)) < 0.5
    series, _ = fill_gaps(values, valid, days.tolist(), calendar.tolist())
    for pixel in range(40):
        clear = valid[:, 0, pixel]
        for band in range(3):
            expected = np.interp(calendar, days[clear], values[clear, band, 0, pixel])
            found = series.reshape(37, 3, 40)[:, band, pixel]
            np.testing.assert_array_less(np.abs(found - expected), 0.5 + 1e-9)


def test_a_day_with_an_observation_keeps_its_value() -> None:
    values = np.array([100, 201, 300], np.int16).reshape(3, 1, 1, 1)
    series, _ = fill_gaps(values, np.ones((3, 1, 1), bool), [5, 15, 16], [5, 10, 15, 16])
    # 150.5 goes up.
    assert series.ravel().tolist() == [100, 151, 201, 300]


def test_halves_go_up_also_below_zero() -> None:
    values = np.array([-1, -2], np.int16).reshape(2, 1, 1, 1)
    series, _ = fill_gaps(values, np.ones((2, 1, 1), bool), [0, 2], [1])
    assert series.ravel().tolist() == [-1]


def test_the_longest_gap_is_exact_at_the_extremes() -> None:
    days = [0, LONGEST_GAP]
    values = np.array([-32767, 32767], np.int16).reshape(2, 1, 1, 1)
    # Around every half: value k + 1/2 is reached after (k + 1/2 + 32767) / 65534 of the gap.
    middle = [int((k + 32767.5) / 65534 * LONGEST_GAP) for k in range(-32767, 32767, 311)]
    calendar = sorted({day + step for day in middle for step in (-1, 0, 1, 2) if day + step >= 0})
    series, _ = fill_gaps(values, np.ones((2, 1, 1), bool), days, calendar)
    assert series.ravel().tolist() == exact([-32767, 32767], days, calendar)


def test_before_the_first_and_after_the_last_clear_day_values_are_constant() -> None:
    values = np.array([7, 100, 200, 9], np.int16).reshape(4, 1, 1, 1)
    valid = np.array([False, True, True, False]).reshape(4, 1, 1)
    series, clear = fill_gaps(values, valid, [0, 10, 20, 30], [-5, 0, 10, 20, 30, 90])
    assert series.ravel().tolist() == [100, 100, 100, 200, 200, 200]
    assert clear.item() == 2


def test_a_pixel_never_clear_is_nodata() -> None:
    values = np.full((3, 2, 1, 2), 55, np.int16)
    valid = np.zeros((3, 1, 2), bool)
    valid[1, 0, 1] = True
    series, clear = fill_gaps(values, valid, [0, 1, 2], [0, 9])
    assert series[:, 0, 0].tolist() == [-32768] * 4
    assert series[:, 0, 1].tolist() == [55] * 4
    assert clear.tolist() == [[0, 1]]


@pytest.mark.parametrize("pixels", [1, PIXELS - 1, PIXELS, 2 * PIXELS + 3])
def test_threads_and_neighbours_change_nothing(pixels: int) -> None:
    rng = np.random.default_rng(pixels)
    values = rng.integers(-3000, 9000, (6, 2, 1, pixels)).astype(np.int16)
    valid = rng.random((6, 1, pixels)) < 0.4
    days, calendar = [3, 10, 11, 40, 77, 90], [0, 10, 20, 80, 100]
    series, clear = fill_gaps(values, valid, days, calendar)
    shared, shared_clear = fill_gaps(values, valid, days, calendar, threads=3)
    np.testing.assert_array_equal(series, shared)
    np.testing.assert_array_equal(clear, shared_clear)
    last, _ = fill_gaps(values[..., -1:], valid[..., -1:], days, calendar)
    np.testing.assert_array_equal(series[..., -1:], last)


def test_the_result_goes_where_it_is_told() -> None:
    values, valid = np.ones((2, 1, 1, 3), np.int16), np.ones((2, 1, 3), bool)
    out = np.zeros((4, 1, 3), np.int16)
    series, _ = fill_gaps(values, valid, [0, 5], [0, 1, 2, 3], out=out)
    assert series is out
    assert (out == 1).all()
    with pytest.raises(ValueError, match="out: found"):
        fill_gaps(values, valid, [0, 5], [0, 1, 2], out=out)


@pytest.mark.parametrize(
    ("days", "calendar", "message"),
    [
        ([5, 5], [0], "rise"),
        ([5, 4], [0], "rise"),
        ([5, 6], [3, 3], "rise"),
        ([5], [0], "found values"),
        ([0, LONGEST_GAP + 1], [0], "days apart"),
    ],
)
def test_impossible_days_are_refused(days: list[int], calendar: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fill_gaps(np.zeros((2, 1, 1, 1), np.int16), np.zeros((2, 1, 1), bool), days, calendar)


def test_of_one_day_the_first_clear_by_name_wins() -> None:
    values = np.array([[10, 11, 12], [20, 21, 22], [30, 31, 32], [40, 41, 42]], np.int16)
    valid = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 0], [0, 1, 1]], bool)
    merged, clear, days = merge_same_day(values.reshape(4, 1, 1, 3), valid.reshape(4, 1, 3), [1, 1, 1, 2])
    assert days == [1, 2]
    assert clear.reshape(2, 3).tolist() == [[True, True, False], [False, True, True]]
    assert merged.reshape(2, 3)[0, :2].tolist() == [10, 21]
    assert merged.reshape(2, 3)[1].tolist() == [40, 41, 42]


def test_different_days_stay_as_they_are() -> None:
    rng = np.random.default_rng(0)
    values, valid = rng.integers(0, 9, (3, 2, 2, 2)).astype(np.int16), rng.random((3, 2, 2)) < 0.5
    merged, clear, days = merge_same_day(values.copy(), valid.copy(), [1, 2, 5])
    assert days == [1, 2, 5]
    np.testing.assert_array_equal(merged, values)
    np.testing.assert_array_equal(clear, valid)


def test_unsorted_acquisitions_are_refused() -> None:
    with pytest.raises(ValueError, match="sorted"):
        merge_same_day(np.zeros((2, 1, 1, 1), np.int16), np.zeros((2, 1, 1), bool), [2, 1])
