"""Augmentation changes series as it says, and nothing else."""

import numpy as np
import pytest
import torch

from tilefold.training.augmenting import make_augmentation
from tilefold.training.compute import generator

DATES, COMPONENTS, SAMPLES = 6, 2, 5000
INPUTS = {
    "sentinel2": {"kind": "series", "dates": ["2018-01-01"] * DATES},
    "dem": {"kind": "static", "bands": 1},
}
STATISTICS = {"sentinel2": {"var": [4.0, 0.25] * (DATES - 1) + [None, 0.25]}}


@pytest.fixture
def values():
    """Series whose values are their date, so that a shift can be read from them."""
    series = torch.arange(DATES, dtype=torch.float32)[None, :, None].expand(SAMPLES, -1, COMPONENTS)
    return {"sentinel2": series.clone(), "dem": torch.ones((SAMPLES, 1))}


def augmented(values, **changes):
    none = {"time_shift": 0, "band_noise": 0.0, "date_dropout": 0.0}
    augmentation = make_augmentation(none | changes, INPUTS, STATISTICS, torch.device("cpu"))
    result = augmentation.apply(values, generator(0, "augmentation", 1))
    assert torch.equal(result["dem"], values["dem"])
    return result["sentinel2"].numpy()


def test_shifts_are_of_all_sizes_and_the_ends_are_repeated(values):
    found = np.unique(augmented(values, time_shift=2)[:, :, 0], axis=0)
    expected = [np.clip(np.arange(DATES) + shift, 0, DATES - 1) for shift in (-2, -1, 0, 1, 2)]
    np.testing.assert_array_equal(found, np.unique(expected, axis=0))


def test_noise_is_in_deviations_of_each_component_and_date(values):
    noise = augmented(values, band_noise=0.5) - values["sentinel2"].numpy()
    # A component without any value at a date has no noise there.
    expected = 0.5 * np.array([[2.0, 0.5]] * (DATES - 1) + [[0.0, 0.5]])
    np.testing.assert_allclose(noise.std(axis=0), expected, rtol=0.05)
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=0.05)


def test_dates_are_missing_as_a_whole_with_their_probability(values):
    missing = np.isnan(augmented(values, date_dropout=0.3))
    np.testing.assert_array_equal(missing[:, :, 0], missing[:, :, 1])
    np.testing.assert_allclose(missing.mean(axis=0), 0.3, atol=0.03)
    changed = augmented(values, date_dropout=0.3)
    np.testing.assert_array_equal(changed[~missing], values["sentinel2"].numpy()[~missing])


def test_the_same_generator_gives_the_same_changes(values):
    changes = {"time_shift": 1, "band_noise": 0.1, "date_dropout": 0.1}
    np.testing.assert_array_equal(augmented(values, **changes), augmented(values, **changes))


def test_without_settings_there_is_none():
    assert make_augmentation(None, INPUTS, STATISTICS, torch.device("cpu")) is None
