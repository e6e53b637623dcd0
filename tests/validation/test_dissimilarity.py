import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist

from tilefold.validation.dissimilarity import SampleSpace, mean_distance, stratified, threshold


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(3)
    values = (rng.normal(size=(60, 5)) * [1, 10, 100, 3, 0] + [0, 5, -7, 1, 4]).astype(np.float32)
    values[4, 1] = np.nan
    weights = np.array([0.5, 2.0, 0.1, 0.0, 3.0])
    return values, weights, SampleSpace.of_samples(values, weights), rng.choice(list("abc"), 60)


def brute(values, samples, weights):
    """Standardised by the samples, missing values as the mean, weighted; without the library's code."""
    mean, deviation = np.nanmean(samples, axis=0), np.nanstd(samples, axis=0)
    deviation[deviation == 0] = np.inf
    return [np.nan_to_num((x - mean) / deviation) * weights for x in (values, samples)]


def test_dissimilarity_by_brute_force(world):
    values, weights, space, _ = world
    points = np.vstack([values[:3] + 0.5, np.full((1, 5), np.nan), values[7:8]]).astype(np.float32)
    placed, samples = brute(points, values, weights)
    expected = cdist(placed, samples).min(axis=1) / pdist(samples).mean()
    found = space.dissimilarity(points)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    assert found[-1] == pytest.approx(0, abs=1e-4)
    # A constant feature and one without weight say nothing.
    assert space.samples.shape == (60, 3)


def test_dissimilarity_between_groups_by_brute_force(world):
    values, weights, space, groups = world
    _, samples = brute(values, values, weights)
    distances = cdist(samples, samples)
    distances[groups[:, None] == groups] = np.inf
    expected = distances.min(axis=1) / pdist(samples).mean()
    np.testing.assert_allclose(space.between_groups(groups), expected, rtol=1e-4)
    some = space.dissimilarity(values[groups == "a"], groups != "a")
    np.testing.assert_allclose(some, expected[groups == "a"], rtol=1e-4)
    assert np.isnan(space.between_groups(np.full(60, "a"))).all()


def test_mean_distance_is_that_of_all_pairs():
    samples = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    assert mean_distance(samples) == pytest.approx(pdist(samples).mean(), rel=1e-5)
    assert np.isnan(mean_distance(samples[:1]))


def test_threshold_by_hand():
    # Quartiles 2 and 4: values up to 4 + 1.5 * 2 = 7 are within the whisker.
    assert threshold(np.array([1.0, 2, 3, 4, 100])) == 4
    assert threshold(np.array([1.0, 2, 2, 3, 3, 4, 4, 7, 7.5])) == 7
    assert threshold(np.array([3.0, np.nan])) == 3
    assert np.isnan(threshold(np.array([np.nan])))


def test_rows_are_drawn_in_the_shares_of_the_classes():
    labels = np.repeat([3, 5, 9], [600, 300, 3])
    rows = stratified(labels, 90, [0])
    assert np.bincount(labels[rows])[[3, 5, 9]].tolist() == [59, 29, 1]
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(rows, stratified(labels, 90, [0]))
    assert not np.array_equal(rows, stratified(labels, 90, [1]))
    np.testing.assert_array_equal(stratified(labels, 903, [0]), np.arange(903))
