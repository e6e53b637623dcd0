"""Estimators against the worked examples of the papers, as printed."""

import numpy as np
import pytest

from tilefold.validation.stratified import SampleError, Stratified, check_sample, design_estimates


def olofsson():
    """Olofsson et al. 2014: rows are map classes, columns reference; strata are map classes."""
    counts = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
    mapped, reference = (np.repeat(places.ravel(), counts.ravel()) for places in np.indices((4, 4)))
    pixels = np.array([200_000, 150_000, 3_200_000, 6_450_000])
    weights = pixels / pixels.sum()
    return Stratified(mapped, mapped + 1, reference + 1, weights, np.full(4, np.inf)), pixels.sum() * 0.09


def stehman():
    """Stehman 2014, table 2: strata are not map classes."""
    mapped = "AAAAAAABBB ABBBBBBBBB BBCCCCCCBB DDDDDDDDDD".replace(" ", "")
    reference = "AAAAACBABC ABBBBBAABB CCCCCDDBBA DDDDDDDCCB".replace(" ", "")
    sizes = np.array([40_000, 30_000, 20_000, 10_000], float)
    numbers = {letter: place for place, letter in enumerate("ABCD")}
    as_codes = [np.array([numbers[letter] for letter in text]) for text in (mapped, reference)]
    return Stratified(np.repeat(np.arange(4), 10), *as_codes, sizes / sizes.sum(), sizes)


def values(found, metric, column="value"):
    chosen = found[found["metric"] == metric]
    return chosen[column].to_numpy(float)


def half_widths(found, metric):
    return values(found, metric, "high") - values(found, metric)


def test_olofsson_2014():
    sample, hectares = olofsson()
    found = design_estimates(sample, [1, 2, 3, 4], hectares)
    for metric, expected, widths in (
        ("oa", [0.947], [0.018]),
        ("users_accuracy", [0.880, 0.733, 0.927, 0.963], [0.074, 0.101, 0.040, 0.021]),
        # The paper prints 0.23 for the second width; its own equation gives 0.25.
        ("producers_accuracy", [0.749, 0.847, 0.935, 0.962], [0.213, 0.254, 0.034, 0.018]),
    ):
        np.testing.assert_array_equal(np.round(values(found, metric), 3), expected)
        np.testing.assert_array_equal(np.round(half_widths(found, metric), 3), widths)
    np.testing.assert_array_equal(np.round(values(found, "area_ha")), [21_158, 11_686, 285_770, 581_386])
    np.testing.assert_array_equal(np.round(half_widths(found, "area_ha")), [6_158, 3_756, 15_510, 16_282])


def test_stehman_2014():
    found = design_estimates(stehman(), [0, 1, 2, 3], 100_000)
    for metric, expected, errors, digits in (
        ("oa", [0.63], [0.0846], 4),
        ("area_share", [0.35, 0.34, 0.20, 0.11], [0.0822, 0.0759, 0.0643, 0.0307], 4),
        ("users_accuracy", [0.742, 0.574, 0.500, 0.700], [0.165, 0.125, 0.215, 0.153], 3),
        ("producers_accuracy", [0.657, 0.794, 0.300, 0.636], [0.148, 0.117, 0.150, 0.162], 3),
    ):
        np.testing.assert_allclose(np.round(values(found, metric), 3), expected)
        np.testing.assert_array_equal(np.round(values(found, metric, "se"), digits), errors)
    sample = stehman()
    assert sample.total((sample.mapped == 1) & (sample.reference == 2))[0] == pytest.approx(0.08)


def test_intervals_follow_the_rules():
    found = design_estimates(stehman(), [0, 1, 2, 3, 9], 1.0).set_index(["metric", "class"])
    # 9 points are interpreted as D: few.
    assert found.loc[("producers_accuracy", 3), "note"] == "optimistic: 9 points"
    nothing = found.loc[("users_accuracy", 9)]
    assert np.isnan(nothing["value"])
    assert np.isnan(nothing["low"])
    assert nothing["note"].startswith("no interval: 0 point(s)")
    sample = stehman()
    perfect = Stratified(sample.stratum, sample.mapped, sample.mapped, sample.weights, sample.pixels)
    row = design_estimates(perfect, [0], 1.0).iloc[0]
    assert row["value"] == pytest.approx(1)
    assert row["note"] == "no interval: the points of each stratum agree"


def test_a_stratum_with_one_point_is_refused():
    sample = Stratified(np.array([0, 0, 1]), *np.ones((2, 3), np.int64), np.ones(2) / 2, np.array([9.0, 9.0]))
    with pytest.raises(SampleError, match="stratum 7 has 1 interpreted"):
        check_sample(sample, [3, 7])


def test_a_whole_stratum_has_no_error():
    whole = Stratified(np.array([0, 0, 0]), *np.array([[1, 1, 1], [1, 2, 1]]), np.ones(1), np.array([3.0]))
    assert whole.total(whole.mapped == whole.reference) == (pytest.approx(2 / 3), 0.0)
