from functools import partial
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilefold.config.data import Calendar
from tilefold.series import smoothing
from tilefold.series.gapfilling import LONGEST_GAP, fill_gaps, merge_same_day
from tilefold.series.interpolation import PIXELS
from tilefold.series.methods import METHODS

#: All methods and what they need.
PARAMETERS: dict[str, dict[str, float]] = {
    name: dict.fromkeys(method.parameters, 12.0) for name, method in METHODS.items()
}
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


def smoothed(
    values: np.ndarray, valid: np.ndarray, days: list[int], calendar: list[int], width: float
) -> np.ndarray:
    """Weighted means in extended precision, pixel by pixel, rounded half up."""
    _, bands, rows, cols = values.shape
    series = np.full((len(calendar), bands, rows, cols), -32768)
    for row, col in np.argwhere(valid.any(axis=0)):
        clear = valid[:, row, col]
        seen = values[clear, :, row, col].astype(np.longdouble)
        squared = (np.array(calendar)[:, None] - np.array(days)[clear]).astype(np.longdouble) ** 2
        weights = np.exp((squared.min(axis=1, keepdims=True) - squared) / (2 * np.longdouble(width) ** 2))
        means = weights @ seen / weights.sum(axis=1, keepdims=True)
        series[:, :, row, col] = np.floor(means + 0.5 + 2.0**-20)
    return series.reshape(len(calendar) * bands, rows, cols)


def gaussian(
    values: np.ndarray, valid: np.ndarray, days: list[int], calendar: list[int], width: float
) -> tuple[np.ndarray, np.ndarray]:
    return fill_gaps(values, valid, days, calendar, method="gaussian", parameters={"gaussian_width": width})


@settings(max_examples=80, deadline=None)
@given(DAYS, DAYS, st.floats(0.5, 500), st.integers(0, 2**32 - 1))
def test_gaussian_values_are_those_of_numpy(
    days: list[int], calendar: list[int], width: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(-32767, 32768, (len(days), 2, 3, 4)).astype(np.int16)
    valid = rng.random((len(days), 3, 4)) < 0.6
    series, clear = gaussian(values, valid, days, calendar, width)
    np.testing.assert_array_equal(series, smoothed(values, valid, days, calendar, width))
    np.testing.assert_array_equal(clear, valid.sum(axis=0))


def test_gaussian_is_safe_far_from_any_clear_observation() -> None:
    # The second pixel sees nothing near; weights of one day's width are 0 in doubles after 39 days.
    values = np.array([[10, 900], [20, 901], [30, 902]], np.int16).reshape(3, 1, 1, 2)
    valid = np.array([[1, 1], [1, 0], [1, 0]], bool).reshape(3, 1, 2)
    series, _ = gaussian(values, valid, [0, 4000, 8000], [-9000, 0, 2001, 4000, 7999, 200000], 1.0)
    assert series.reshape(6, 2).tolist() == [[10, 900], [10, 900], [20, 900], [20, 900], [30, 900], [30, 900]]


def test_gaussian_halves_of_symmetric_observations_go_up() -> None:
    # Half-way between equal pairs the mean is exactly 1.5 and -1.5, whatever the rounding of each weight.
    days = [0, 7, 13, 27, 33, 40]
    values = np.stack([[1, 2, 1, 2, 1, 2], [-1, -2, -1, -2, -1, -2]], axis=1).astype(np.int16)
    for width in np.linspace(1, 40, 300):
        series, _ = gaussian(values.reshape(6, 2, 1, 1), np.ones((6, 1, 1), bool), days, [20], float(width))
        assert series.ravel().tolist() == [2, -1]


def test_a_wide_gaussian_is_the_mean_and_a_narrow_one_the_nearest() -> None:
    values = np.array([100, 200, 600], np.int16).reshape(3, 1, 1, 1)
    valid = np.ones((3, 1, 1), bool)
    assert gaussian(values, valid, [0, 10, 30], [0, 12, 21], 1e9)[0].ravel().tolist() == [300, 300, 300]
    assert gaussian(values, valid, [0, 10, 30], [0, 12, 21], 0.1)[0].ravel().tolist() == [100, 200, 600]


def test_a_gaussian_value_by_hand() -> None:
    values = np.array([0, 1000], np.int16).reshape(2, 1, 1, 1)
    series, _ = gaussian(values, np.ones((2, 1, 1), bool), [0, 20], [0], 10.0)
    # exp(-2) / (1 + exp(-2)) = 0.119203
    assert series.item() == 119


@settings(max_examples=60, deadline=None)
@given(DAYS, st.integers(0, 2**32 - 1))
def test_none_keeps_the_acquisitions_and_interpolates_clouds(days: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(-32767, 32768, (len(days), 2, 3, 4)).astype(np.int16)
    valid = rng.random((len(days), 3, 4)) < 0.6
    series, _ = fill_gaps(values, valid, days, days, method="none")
    np.testing.assert_array_equal(series, exact_block(values, valid, days, days))
    kept = np.broadcast_to(valid[:, None], values.shape)
    np.testing.assert_array_equal(series.reshape(values.shape)[kept], values[kept])


@settings(max_examples=60, deadline=None)
@given(DAYS, DAYS, st.integers(0, 2**32 - 1))
def test_raw_values_are_the_observations_of_the_very_day(
    days: list[int], others: list[int], seed: int
) -> None:
    calendar = sorted({*days, *others})
    rng = np.random.default_rng(seed)
    values = rng.integers(-32767, 32768, (len(days), 2, 3, 4)).astype(np.int16)
    valid = rng.random((len(days), 3, 4)) < 0.6
    series, clear = fill_gaps(values, valid, days, calendar, method="raw")
    expected = np.full((len(calendar), 2, 3, 4), -32768)
    expected[np.isin(calendar, days)] = np.where(valid[:, None], values, -32768)
    np.testing.assert_array_equal(series, expected.reshape(series.shape))
    np.testing.assert_array_equal(clear, valid.sum(axis=0))


def test_raw_loses_no_day() -> None:
    with pytest.raises(ValueError, match="days 7 are not in the calendar"):
        fill_gaps(np.zeros((2, 1, 1, 1), np.int16), np.zeros((2, 1, 1), bool), [5, 7], [5, 6], method="raw")


@pytest.mark.parametrize(
    ("method", "parameters", "message"),
    [
        ("spline", {}, "found 'spline', known are linear, none, gaussian, raw"),
        ("gaussian", {}, r"needs the parameters \['gaussian_width'\], found \[\]"),
        ("linear", {"gaussian_width": 3}, "needs the parameters"),
    ],
)
def test_unknown_methods_and_parameters_are_refused(
    method: str, parameters: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fill_gaps(
            np.zeros((1, 1, 1, 1), np.int16), np.zeros((1, 1, 1), bool), [5], [5], 1, None, method, parameters
        )


@pytest.mark.parametrize(("method", "parameters"), list(PARAMETERS.items()))
@pytest.mark.parametrize("pixels", [1, smoothing.PIXELS + 1, PIXELS - 1, PIXELS, 2 * PIXELS + 3])
def test_threads_and_neighbours_change_nothing(
    pixels: int, method: str, parameters: dict[str, float]
) -> None:
    rng = np.random.default_rng(pixels)
    values = rng.integers(-3000, 9000, (6, 2, 1, pixels)).astype(np.int16)
    valid = rng.random((6, 1, pixels)) < 0.4
    days = [3, 10, 11, 40, 77, 90]
    calendar = days if method == "none" else sorted({*days, 0, 20, 80, 100})
    filled = partial(fill_gaps, days=days, calendar=calendar, method=method, parameters=parameters)
    series, clear = filled(values, valid)
    shared, shared_clear = filled(values, valid, threads=3)
    np.testing.assert_array_equal(series, shared)
    np.testing.assert_array_equal(clear, shared_clear)
    last, _ = filled(values[..., -1:], valid[..., -1:])
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


def test_the_config_knows_the_methods_and_their_parameters() -> None:
    (names,) = (get_args(field.annotation) for key, field in Calendar.model_fields.items() if key == "method")
    assert names == tuple(METHODS)
    assert {key for method in METHODS.values() for key in method.parameters} <= set(Calendar.model_fields)


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
