import numpy as np
import pytest

from tilefold.sensors.stored import EMPTY, store_numbers, store_power


def stored(values, nodata, shift=0):
    values = np.atleast_2d(values)
    out = np.zeros(values.shape, np.int16)
    store_numbers(values, nodata, shift, out)
    return out


@pytest.mark.parametrize("shift", [0, -1000, -32768, 500])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"])
def test_numbers_are_shifted_and_clipped(dtype, shift):
    limits = (-(2**31), 2**31) if dtype[0] == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    numbers = np.random.default_rng(0).integers(limits[0], limits[1], 5000)
    values = np.concatenate([numbers, limits, range(50)]).astype(dtype)
    expected = np.clip(values.astype(np.float64) + shift, -32767, 32767)
    expected[values == 7] = EMPTY
    np.testing.assert_array_equal(stored(values, 7, shift)[0], expected)


def test_every_number_of_landsats_is_kept():
    values = np.arange(65536, dtype=np.uint16)
    found = stored(values, 0, -32768)[0]
    assert found[0] == EMPTY
    np.testing.assert_array_equal(found.astype(int) + 32768, values)


def test_what_is_no_finite_number_was_not_measured():
    found = stored(np.array([np.nan, np.inf, -np.inf, 1.5, -0.5, -10000], np.float32), -10000)
    assert found.tolist() == [[EMPTY, EMPTY, EMPTY, 2, 0, EMPTY]]


def test_an_array_may_be_its_own_result():
    values = np.array([[5, -10000, 9]], np.int16)
    store_numbers(values, -10000, 1, values)
    assert values.tolist() == [[6, EMPTY, 10]]


def test_decibels_and_power_are_exact_to_a_hundredth():
    power = np.logspace(-6, 3, 9999, dtype=np.float32)[None]
    out = np.empty(power.shape, np.int16)
    store_power(power, out)
    decibels = 10 * np.log10(power.astype(np.float64))
    assert np.abs(out * 0.01 - decibels).max() <= 0.005 + 1e-9
    again = 10 ** (out * 0.01 / 10)
    assert np.abs(10 * np.log10(again) - decibels).max() < 0.01


def test_power_that_was_not_measured():
    power = np.array([[0, -1, np.nan, np.inf, 1, 1e-45]], np.float32)
    out = np.empty(power.shape, np.int16)
    store_power(power, out)
    assert out[0, :5].tolist() == [EMPTY] * 4 + [0]
    assert out[0, 5] == -32767
