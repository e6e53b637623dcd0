"""The best possible overall accuracy: what a classifier reaches that knows how the scene was made.

Given its class, the clear observations of a pixel that lies within one parcel are Gaussian with known moments
(see `decoder`), so the class with the largest likelihood times share is the best answer (Bayes' rule). The
rule is applied to pixels of the scene itself. It knows the tile, with all that its instrument and its season
do, the shares of the classes in it, and which dates were really clear. It knows nothing of the parcel that a
pixel lies in, of its neighbours, of its place in the tile.

A classifier that sees the same of a pixel, in a parcel that it was not trained on, does no better on average
where the rule's model holds: on *pure* pixels, around which all belongs to one parcel as far as the instrument's
blur reaches. For pixels that mix two parcels the rule is a good one and not the best.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilefold.simulation.classes import CLASSES, effect_matrices, means
from tilefold.simulation.decoder import FLUCTUATION, HAZE, INSTRUMENT, Decoder
from tilefold.simulation.dials import Dials
from tilefold.simulation.ground import block_variance, gaussian_kernel, texture_correlation
from tilefold.simulation.sentinel2 import FLUCTUATION_REACH
from tilefold.simulation.statistics import BANDS, COARSE_BANDS

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Variance of the rounding to whole numbers, the only noise left where `sensor_noise` is 0.
ROUNDING = 1 / 12
#: Pixels that are worked on at once.
BATCH = 128
_COARSE = np.isin(BANDS, COARSE_BANDS)


@dataclass(frozen=True)
class Pixels:
    """What the rule sees of some pixels of one tile.

    Attributes
    ----------
    values
        Reflectance x 10000, (pixels, dates, bands); a 10 m pixel has the values of its 20 m pixel.
    clear
        On which dates the 10 m pixel was really clear, (pixels, dates).
    clear_coarse
        On which dates all of its 20 m pixel was, (pixels, dates).
    days
        Days of the year, (dates,).
    """

    values: NDArray[np.int16]
    clear: Bools
    clear_coarse: Bools
    days: Floats


def log_likelihoods(pixels: Pixels, decoder: Decoder, dials: Dials) -> Floats:
    """Log likelihood of each class for each pixel, up to a constant of the pixel, (pixels, classes).

    Parameters
    ----------
    pixels
        The observations.
    decoder
        Decoder of the pixels' tile.
    dials
        Dials of the scene.
    """
    seen = (_loadings(pixels.days, decoder, dials), decoder.levels(pixels.days), noise_covariance(dials))
    parts = [_of_statistics(*both) for both in _statistics(pixels, *seen)]
    return np.concatenate(parts) if parts else np.empty((0, len(CLASSES)))


def noise_covariance(dials: Dials) -> Floats:
    """Covariance between bands of the noise of one acquisition, (bands, bands); dates are independent.

    Haze hardly varies within a 20 m pixel; what changes on the ground does, and averages.
    """
    mean = block_variance(gaussian_kernel(FLUCTUATION_REACH))
    averaged = np.where(np.logical_or.outer(_COARSE, _COARSE), mean, 1.0)
    whole = np.diag(INSTRUMENT**2) + np.outer(HAZE, HAZE) + averaged * np.outer(FLUCTUATION, FLUCTUATION)
    return dials.sensor_noise**2 * whole + ROUNDING * np.eye(len(BANDS))


def best_classes(log_likelihood: Floats, share: Floats) -> NDArray[np.int64]:
    """Index of the most probable class, (pixels,), where classes have these shares, (classes,)."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.argmax(log_likelihood + np.log(share), axis=1), np.int64)


def best_answers(log_likelihood: Floats, truth: NDArray[np.int64], among: Bools) -> Bools:
    """Whether Bayes' rule finds the true class of some pixels of one tile.

    Parameters
    ----------
    log_likelihood
        (pixels, classes).
    truth
        Index of the true class, (pixels,).
    among
        The pixels that count, (pixels,); the rule knows the shares that the classes have among them.

    Returns
    -------
    array of bool, (pixels that count,)
    """
    share = np.bincount(truth[among], minlength=log_likelihood.shape[1]) / max(1, among.sum())
    return best_classes(log_likelihood[among], share) == truth[among]


def accuracy(right: Bools, parcel: NDArray[np.int64]) -> dict[str, float]:
    """Overall accuracy and how much it varies from scene to scene.

    Parameters
    ----------
    right
        Whether each pixel is labelled rightly, (pixels,).
    parcel
        Number of its parcel, (pixels,).

    Returns
    -------
    dict
        `oa`, its `standard_error` and the number of `pixels`; empty without pixels. Pixels of one parcel
        resemble each other, so whole parcels are what varies (ratio estimator for clusters; Cochran 1977,
        equation 6.4).
    """
    count = len(right)
    if count == 0:
        return {}
    oa = float(right.mean())
    excess = np.bincount(parcel, weights=right - oa)
    return {"oa": oa, "standard_error": float(np.sqrt(np.sum(excess**2)) / count), "pixels": count}


def _statistics(
    pixels: Pixels, loading: Floats, levels: Floats, noise: Floats
) -> Iterator[tuple[Floats, Floats]]:
    """Sufficient statistics of the Gaussian linear model over the clear dates, by batches.

    With loadings L, noise covariance N and r = values - levels they are L' N^-1 r, (pixels, columns of L), and
    L' N^-1 L, (pixels, columns, columns), summed over the dates.
    """
    kinds = []
    for seen, bands in (
        (pixels.clear & pixels.clear_coarse, np.arange(len(BANDS))),
        (pixels.clear & ~pixels.clear_coarse, np.flatnonzero(~_COARSE)),
    ):
        weighted = loading[..., bands] @ np.linalg.inv(noise[np.ix_(bands, bands)])
        per_date = weighted @ np.swapaxes(loading[..., bands], 1, 2)
        kinds.append((seen, bands, weighted, per_date.reshape(len(loading), -1)))
    size = loading.shape[1]
    for start in range(0, len(pixels.values), BATCH):
        batch = slice(start, start + BATCH)
        residual = pixels.values[batch] - levels
        projected, gram = np.zeros((len(residual), size)), np.zeros((len(residual), size**2))
        for seen, bands, weighted, per_date in kinds:
            counted = np.where(seen[batch, :, None], residual[..., bands], 0.0)
            projected += np.tensordot(counted, weighted, axes=([1, 2], [0, 2]))
            gram += seen[batch].astype(np.float64) @ per_date
        yield projected, gram.reshape(len(residual), size, size)


def _of_statistics(projected: Floats, gram: Floats) -> Floats:
    """Log likelihoods from the sufficient statistics; the effects are integrated out (Woodbury's identity).

    The columns are those of the effects, at spread 1, and then one for the mean of each class.
    """
    spread = np.array([look.spread for look in CLASSES])
    effects = gram.shape[1] - len(spread)
    result = projected[:, effects:] - 0.5 * np.einsum("pcc->pc", gram[:, effects:, effects:])
    rest = projected[:, :effects, None] - gram[:, :effects, effects:]
    inner = gram[:, :effects, :effects]
    # All classes have the same effects but for their spread: one factorisation serves all of one spread.
    for value in np.unique(spread):
        members = np.flatnonzero(spread == value)
        whole = np.eye(effects) + value**2 * inner
        lower = np.linalg.cholesky(whole)
        solved = np.linalg.solve(whole, rest[..., members])
        logdet = np.log(np.einsum("pee->pe", lower)).sum(axis=1)
        result[:, members] += (
            0.5 * value**2 * np.einsum("pec,pec->pc", rest[..., members], solved) - logdet[:, None]
        )
    return result


def _loadings(days: Floats, decoder: Decoder, dials: Dials) -> Floats:
    """What one unit of each effect at spread 1, and the mean of each class, add: (dates, effects + classes, bands).

    Effects at 10 m and at 20 m are apart, and standard normal together.
    """
    effects = effect_matrices()[0] / CLASSES[0].spread
    factor = np.kron(np.linalg.cholesky(_resolution_covariance(dials)), effects)
    centre = np.tile(means(dials.class_effect), 2)
    both = _two_resolutions(decoder.loadings(days))
    return np.einsum("dlb,le->deb", both, np.concatenate([factor, centre.T], axis=1), optimize=True)


def _two_resolutions(loading: Floats) -> Floats:
    """Loadings on the latents at 10 m and at 20 m apart: (dates, 2 x latents, bands)."""
    return np.concatenate([np.where(_COARSE, 0.0, loading), np.where(_COARSE, loading, 0.0)], axis=1)


def _resolution_covariance(dials: Dials) -> Floats:
    """Covariance of one effect at 10 m and at 20 m: parcels share it, the variation within them averages."""
    parcel, pixel = dials.parcel_effect, 1 - dials.parcel_effect
    mean = texture_correlation(dials)
    return parcel + pixel * np.array([[1.0, mean], [mean, mean + 1e-9]]) + 1e-9 * np.eye(2)
