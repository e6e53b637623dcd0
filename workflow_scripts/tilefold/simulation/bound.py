"""The best possible overall accuracy: what a classifier reaches that knows how the scene was made.

Given its class, the clear observations of a pixel are Gaussian with known moments (see `decoder`), so the
class with the largest likelihood times share is the best answer (Bayes' rule). The rule is applied to pixels
of the scene itself, with the dates on which each was really clear; it knows nothing of the parcel that a
pixel lies in, nor of its neighbours, nor of the tile (it takes all tiles for equally likely), as a
pixel-wise network. For pixels that mix two parcels it is not quite the best rule.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from tilefold.simulation.classes import effect_matrices, means, shares
from tilefold.simulation.decoder import Decoder, noise_covariance
from tilefold.simulation.dials import Dials
from tilefold.simulation.ground import texture_correlation
from tilefold.simulation.statistics import BANDS, COARSE_BANDS

Floats = NDArray[np.float64]

#: Pixels that are worked on at once.
BATCH = 256
_COARSE = np.isin(BANDS, COARSE_BANDS)


def log_likelihoods(
    values: Floats, clear: NDArray[np.bool_], days: Floats, decoders: Sequence[Decoder], dials: Dials
) -> Floats:
    """Log likelihood of each class for the clear observations of each pixel.

    Parameters
    ----------
    values
        Reflectance x 10000, (pixels, dates, bands); a 10 m pixel has the values of its 20 m pixels.
    clear
        Which dates count, (pixels, dates).
    days
        Days of the year, (dates,).
    decoders
        Possible tiles, equally likely.
    dials
        Dials of the scene.

    Returns
    -------
    array of float64, (pixels, classes)
    """
    starts = range(0, len(values), BATCH)
    parts = [
        np.concatenate(
            [_one_tile(values[i : i + BATCH], clear[i : i + BATCH], days, decoder, dials) for i in starts]
        )
        for decoder in decoders
    ]
    return np.asarray(logsumexp(np.stack(parts), axis=0) - np.log(len(parts)), np.float64)


def best_classes(log_likelihood: Floats, share: Floats) -> NDArray[np.int64]:
    """Index of the most probable class, (pixels,), where classes have these shares, (classes,)."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.argmax(log_likelihood + np.log(share), axis=1), np.int64)


def best_possible(
    log_likelihood: Floats, truth: NDArray[np.int64], among: NDArray[np.bool_]
) -> dict[str, float]:
    """Overall accuracy of Bayes' rule on some pixels, with the shares that the classes have among them.

    Parameters
    ----------
    log_likelihood
        (pixels, classes).
    truth
        Index of the true class, (pixels,).
    among
        The pixels that count, (pixels,).

    Returns
    -------
    dict
        `oa`, its binomial `standard_error`, and the number of `pixels`; empty without pixels.
    """
    count = int(among.sum())
    if count == 0:
        return {}
    share = np.bincount(truth[among], minlength=log_likelihood.shape[1]) / count
    oa = float(np.mean(best_classes(log_likelihood[among], share) == truth[among]))
    return {"oa": oa, "standard_error": float(np.sqrt(oa * (1 - oa) / count)), "pixels": count}


def _one_tile(
    values: Floats, clear: NDArray[np.bool_], days: Floats, decoder: Decoder, dials: Dials
) -> Floats:
    """Log likelihoods, up to a constant of the pixel, with one tile's decoder."""
    whitener = np.linalg.inv(np.linalg.cholesky(noise_covariance(dials)))
    loading = _two_resolutions(decoder.loadings(days)) @ whitener.T
    residual = (values - decoder.levels(days)) @ whitener.T
    residual = np.where(clear[..., None], residual, 0.0)
    # Sufficient statistics of a Gaussian linear model: L'r and L'L over the clear dates.
    projected = np.einsum("pdb,dlb->pl", residual, loading, optimize=True)
    per_date = np.einsum("dlb,dmb->dlm", loading, loading)
    gram = np.tensordot(clear.astype(np.float64), per_date, axes=1)
    energy = np.einsum("pdb,pdb->p", residual, residual)
    centre = means(dials.class_effect) - shares() @ means(1.0)
    share = np.linalg.cholesky(_resolution_covariance(dials))
    result = np.empty((len(values), len(centre)))
    for index, (mean, matrix) in enumerate(zip(centre, effect_matrices(), strict=True)):
        both = np.concatenate([mean, mean])
        factor = np.kron(share, matrix)
        pulled = gram @ both
        rest = (projected - pulled) @ factor
        inner = np.eye(factor.shape[1]) + np.einsum("le,plm,mf->pef", factor, gram, factor, optimize=True)
        lower = np.linalg.cholesky(inner)
        solved = np.linalg.solve(lower, rest[..., None])[..., 0]
        quadratic = energy - 2 * projected @ both + pulled @ both - np.einsum("pe,pe->p", solved, solved)
        logdet = np.log(np.einsum("pee->pe", lower)).sum(axis=1)
        result[:, index] = -0.5 * quadratic - logdet
    return result


def _two_resolutions(loading: Floats) -> Floats:
    """Loadings on the latents at 10 m and at 20 m apart: (dates, 2 x latents, bands)."""
    return np.concatenate([np.where(_COARSE, 0.0, loading), np.where(_COARSE, loading, 0.0)], axis=1)


def _resolution_covariance(dials: Dials) -> Floats:
    """Covariance of one effect at 10 m and at 20 m: parcels share it, the variation within them averages."""
    parcel, pixel = dials.parcel_effect, 1 - dials.parcel_effect
    mean = texture_correlation(dials)
    return parcel + pixel * np.array([[1.0, mean], [mean, mean + 1e-9]]) + 1e-9 * np.eye(2)
