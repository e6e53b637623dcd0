"""What the instrument makes of places resembles the real patch: how it varies, and how months go together."""

import numpy as np
import pytest

from tilefold.simulation import decoder as d
from tilefold.simulation.classes import CLASSES, CODES, effect_matrices, land_shares, means
from tilefold.simulation.statistics import (
    BANDS,
    MID_MONTHS,
    PATCH_CORRELATIONS,
    PATCH_MONTHS,
    describe,
    deviations,
    mean_levels,
)

YEAR = np.arange(1, 366, dtype=float)
#: Standard deviation of monthly means that noise and missed clouds make in the demo, bands of 20 m and others.
NOISE = {True: 110.0, False: 180.0}


@pytest.fixture(scope="module")
def monthly():
    """Monthly means of 20000 drawn places of land in the patch's months, (months, places, bands), without noise."""
    rng = np.random.default_rng(4)
    kind = rng.choice(len(CLASSES), 20_000, p=land_shares())
    effects = effect_matrices()
    drawn = rng.standard_normal((len(kind), effects.shape[2]))
    latents = means(1.0)[kind] + np.einsum("ple,pe->pl", effects[kind], drawn)
    decoder = d.Decoder(0.0, 1.0, np.ones(10), np.zeros(10), d.band_scale())
    middle = MID_MONTHS[np.array(PATCH_MONTHS) - 1]
    seen = [
        decoder.levels(days)[:, None] + np.einsum("dlb,pl->dpb", decoder.loadings(days), latents)
        for days in (middle - 10, middle, middle + 10)
    ]
    return np.mean(seen, axis=0)


@pytest.mark.parametrize("band", PATCH_CORRELATIONS)
def test_months_correlate_as_in_the_patch(monthly, band):
    coarse = band in ("B5", "B6", "B7", "B11", "B12")
    noise = NOISE[coarse] * np.random.default_rng(5).standard_normal(monthly.shape[:2])
    found = describe(monthly[..., BANDS.index(band)] + noise, PATCH_MONTHS)["correlation"]
    np.testing.assert_allclose(found, PATCH_CORRELATIONS[band], atol=0.2)


def test_months_vary_as_in_the_patch_within_the_limit(monthly):
    deviation = np.sqrt(monthly.var(axis=1).mean(axis=0))
    wanted = np.minimum(deviations(), 0.45 * mean_levels(MID_MONTHS).mean(axis=0))
    # Months are means of three days, which takes some of what passes.
    assert (deviation / wanted > 0.88).all()
    assert (deviation / wanted < 1.05).all()


@pytest.mark.parametrize("name", ["growth", "drying"])
def test_what_passes_is_the_same_all_the_year_and_gone_after_two_months(name):
    courses = d.time_courses(YEAR)
    passing = np.stack([courses[f"{name}_{number}"] for number in range(1, 13)])
    np.testing.assert_allclose((passing**2).sum(axis=0), 1, atol=1e-12)
    covariance = passing.T @ passing
    apart = np.abs(np.subtract.outer(YEAR, YEAR))
    apart = np.minimum(apart, 365 - apart)
    assert np.abs(covariance[apart > 61]).max() < 1e-12
    # Half of the product of two halves of a wave, on average: sin(x) cos(x) from 0 to a quarter turn is 1 / pi.
    assert covariance[apart == 30].mean() == pytest.approx(1 / np.pi, abs=0.02)


@pytest.mark.parametrize("name", ["growth", "drying"])
def test_what_comes_twice_a_year_is_there_again_after_half_a_year(name):
    courses = d.time_courses(YEAR)
    twice = np.stack([courses[f"{name}_twice"], courses[f"{name}_twice_later"]])
    covariance = twice.T @ twice
    np.testing.assert_allclose(np.diag(covariance), 1, atol=1e-12)
    assert covariance[0, 182] == pytest.approx(1, abs=0.01)
    assert covariance[0, 91] == pytest.approx(-1, abs=0.01)


def test_water_is_dark_in_near_and_short_wave_infrared_all_the_year():
    decoder = d.Decoder(0.0, 1.0, np.ones(10), np.zeros(10), d.band_scale())
    mean = decoder.levels(YEAR)[None] + np.einsum("dlb,cl->cdb", decoder.loadings(YEAR), means(1.0))
    water = CODES.index(23)
    for band in ("B8", "B11", "B12"):
        of_band = mean[..., BANDS.index(band)]
        assert (of_band[water] < 0.6 * np.delete(of_band, water, axis=0).min(axis=0)).all()
