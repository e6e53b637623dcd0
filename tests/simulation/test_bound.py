"""The best possible accuracy is one: nothing that looks at a pixel's own clear observations does better."""

import datetime

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.stats import multivariate_normal
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

from tilefold.simulation import decoder as d
from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.bound import Pixels, accuracy, best_answers, log_likelihoods
from tilefold.simulation.classes import CLASSES, effect_matrices, means
from tilefold.simulation.clouds import make_sky
from tilefold.simulation.dials import Dials
from tilefold.simulation.ground import make_ground
from tilefold.simulation.layout import tile_windows
from tilefold.simulation.parcels import make_parcels
from tilefold.simulation.sentinel2 import observe
from tilefold.simulation.statistics import BANDS, COARSE_BANDS
from tilefold.simulation.tile import pure_pixels

COARSE = np.array([band in COARSE_BANDS for band in BANDS])
DAYS = np.array([40.0, 130.0, 200.0, 290.0])


def block_variance(*reaches):
    """Variance of the mean of 2 x 2 pixels over that of one, for filtered noise: measured, not computed."""
    field = np.random.default_rng(0).standard_normal((2000, 2000))
    for reach in reaches:
        field = gaussian_filter(field, reach)
    mean = field.reshape(1000, 2, 1000, 2).mean(axis=(1, 3))
    return mean.var() / field.var()


def dense_moments(decoder, dials, index, texture, change):
    """Mean and covariance of all dates and bands of one class, written out in full."""
    loading, levels = decoder.loadings(DAYS), decoder.levels(DAYS)
    mean = levels + np.einsum("dlb,l->db", loading, means(1.0)[index])
    latent = effect_matrices()[index] @ effect_matrices()[index].T
    covariance = np.zeros((len(DAYS), 10, len(DAYS), 10))
    for one in range(10):
        for two in range(10):
            within = texture if COARSE[one] or COARSE[two] else 1.0
            share = dials.parcel_effect + (1 - dials.parcel_effect) * within
            covariance[:, one, :, two] = share * loading[:, :, one] @ latent @ loading[:, :, two].T
            noise = d.HAZE[one] * d.HAZE[two]
            noise += (change if COARSE[one] or COARSE[two] else 1.0) * d.FLUCTUATION[one] * d.FLUCTUATION[two]
            noise += d.INSTRUMENT[one] ** 2 if one == two else 0.0
            covariance[np.arange(len(DAYS)), one, np.arange(len(DAYS)), two] += noise
    return mean.ravel(), covariance.reshape(mean.size, mean.size)


def test_likelihoods_are_those_of_the_written_out_gaussian():
    dials = Dials()
    decoder = d.decoders(dials)["T31TDJ"]
    rng = np.random.default_rng(3)
    texture, change = block_variance(0.3, 0.5), block_variance(0.5)
    values = (decoder.levels(DAYS) + 500 * rng.standard_normal((6, len(DAYS), 10))).round().astype(np.int16)
    clear = rng.random((6, len(DAYS))) < 0.7
    clear[0] = True
    clear_coarse = clear & (rng.random(clear.shape) < 0.7)
    found = log_likelihoods(Pixels(values, clear, clear_coarse, DAYS), decoder, dials)
    wanted = np.empty_like(found)
    for index in range(len(CLASSES)):
        mean, covariance = dense_moments(decoder, dials, index, texture, change)
        for pixel in range(len(values)):
            seen = np.where(COARSE, clear_coarse[pixel][:, None], clear[pixel][:, None]).ravel()
            gaussian = multivariate_normal(mean[seen], covariance[np.ix_(seen, seen)])
            wanted[pixel, index] = gaussian.logpdf(values[pixel].ravel()[seen]) if seen.any() else 0.0
    relative = found - found[:, :1] - (wanted - wanted[:, :1])
    # The variances that were measured on noise are known to a part in a thousand; logarithms go into hundreds.
    assert np.abs(wanted - wanted[:, :1]).max() > 100
    assert np.abs(relative).max() < 0.05


ALONE = Dials(
    tiles=("T31TCJ",), size=800, overlap=0, parcel_pixels=64, shift=0, spatial_effect=0, cloud_fraction=0,
    mask_overcall=0, always_flagged=0,
)  # fmt: skip


@pytest.fixture(scope="module")
def cloudless():
    """Pure pixels of a large tile without clouds: all are seen on the same dates."""
    ground = make_ground(ALONE, make_parcels(ALONE), tile_windows(ALONE)["T31TCJ"])
    decoder = d.decoders(ALONE)["T31TCJ"]
    place = np.nonzero(pure_pixels(ground.parcel, ALONE))
    values = np.zeros((len(place[0]), len(DAYS), len(BANDS)), np.int16)
    for index, day in enumerate(DAYS):
        rng = np.random.default_rng(index)
        time = datetime.datetime(2018, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(days=day - 1)
        acquisition = Acquisition("T31TCJ", "", time, "SENTINEL2A", 0.0, 0.0)
        sky = make_sky(ALONE, acquisition, np.zeros((800, 800), bool), rng)
        bands = observe(ALONE, decoder, ground.latents, acquisition, sky, rng)
        for b, band in enumerate(BANDS):
            step = 2 if band in COARSE_BANDS else 1
            values[:, index, b] = bands[band][place[0] // step, place[1] // step]
    return values, ground.class_index[place], ground.parcel[place].astype(np.int64)


def likelihoods(values, decoder, dials):
    seen = np.ones(values.shape[:2], bool)
    return log_likelihoods(Pixels(values, seen, seen, DAYS), decoder, dials)


@pytest.mark.slow
def test_a_classifier_that_learns_the_gaussians_comes_near_the_bound_and_not_above_it(cloudless):
    values, truth, parcel = cloudless
    learn, test = parcel % 4 != 0, parcel % 4 == 0
    flat = values.reshape(len(values), -1).astype(np.float64)
    share = np.bincount(truth[test], minlength=len(CLASSES)) / test.sum()
    learnt = QuadraticDiscriminantAnalysis(priors=share, reg_param=1e-3).fit(flat[learn], truth[learn])
    its = learnt.predict(flat[test]) == truth[test]
    likelihood = likelihoods(values[test], d.decoders(ALONE)["T31TCJ"], ALONE)
    best = best_answers(likelihood, truth[test], np.ones(test.sum(), bool))
    lead = accuracy(best, parcel[test])["oa"] - its.mean()
    difference = np.bincount(parcel[test], weights=best.astype(float) - its - lead)
    error = np.sqrt(np.sum(difference**2)) / test.sum()
    assert test.sum() > 10_000
    assert len(np.unique(parcel[learn])) > 3000
    assert -2.5 * error < lead < 0.04


@pytest.mark.slow
def test_a_wrong_idea_of_the_scene_is_worse_than_the_rule(cloudless):
    values, truth, _ = (array[::20] for array in cloudless)
    whole = np.ones(len(truth), bool)
    decoder = d.decoders(ALONE)["T31TCJ"]
    best = best_answers(likelihoods(values, decoder, ALONE), truth, whole).mean()
    wrong = [
        (decoder, Dials(sensor_noise=2.0)),
        (decoder, Dials(parcel_effect=1.0)),
        (d.Decoder(decoder.delay + 4, decoder.vigour, decoder.gain, decoder.offset, decoder.scale), ALONE),
    ]
    for other, belief in wrong:
        assert best_answers(likelihoods(values, other, belief), truth, whole).mean() < best


def test_the_error_counts_parcels_and_not_pixels():
    # Ten parcels of a hundred pixels, five of them wholly right: the share varies like ten coins.
    right = np.repeat(np.arange(10) % 2 == 0, 100)
    found = accuracy(right, np.repeat(np.arange(10), 100))
    assert found["oa"] == 0.5
    assert found["standard_error"] == pytest.approx(np.sqrt(0.25 / 10))
    assert accuracy(right[:0], np.zeros(0, np.int64)) == {}
