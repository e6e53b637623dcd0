"""What Sentinel-2 sees of a tile on a day."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from tilefold.simulation import keyed
from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.clouds import Sky, smooth_noise, through
from tilefold.simulation.decoder import FLUCTUATION, HAZE, INSTRUMENT, Decoder
from tilefold.simulation.dials import Dials
from tilefold.simulation.statistics import BANDS, COARSE_BANDS

Floats = NDArray[np.float64]

NODATA = -10000
#: Darkest and brightest values that are written; the brightest counts as saturated.
DARKEST, SATURATED = 20, 12000
#: Reach in pixels of the haze and of what changes on the ground between two acquisitions.
HAZE_REACH, FLUCTUATION_REACH = 8.0, 0.5


def observe(
    dials: Dials,
    decoder: Decoder,
    latents: NDArray[np.float32],
    acquisition: Acquisition,
    sky: Sky,
    rng: np.random.Generator,
) -> dict[str, NDArray[np.int16]]:
    """Reflectance x 10000 that an acquisition of Sentinel-2 holds of a tile.

    Parameters
    ----------
    dials
        Dials of the scene.
    decoder
        The tile's decoder.
    latents
        Of the tile's ground, (rows, columns, latents).
    acquisition, sky
        What is between ground and instrument.
    rng
        The acquisition's own generator.

    Returns
    -------
    dict
        For each band, int16, nodata -10000; bands of 20 m with half the rows and columns.
    """
    seen = at_the_instrument(dials, decoder, latents, acquisition, sky, rng)
    half = seen.shape[0] // 2
    halved = seen.reshape(half, 2, half, 2, len(BANDS)).mean(axis=(1, 3))
    result = {}
    for index, band in enumerate(BANDS):
        values = halved[..., index] if band in COARSE_BANDS else seen[..., index]
        outside = sky.outside[::2, ::2] if band in COARSE_BANDS else sky.outside
        result[band] = numbers(values, dials.sensor_noise * INSTRUMENT[index], outside, rng)
    return result


def at_the_instrument(
    dials: Dials,
    decoder: Decoder,
    latents: NDArray[np.float32],
    acquisition: Acquisition,
    sky: Sky,
    rng: np.random.Generator,
) -> Floats:
    """Reflectance x 10000 through the sky, before the instrument's own noise, (rows, columns, bands).

    Parameters as for `observe`; the ground is square.
    """
    day = np.array([acquisition.day])
    loading = decoder.loadings(day)[0]
    shown = loading.any(axis=1)
    surface = latents[..., shown].astype(np.float64) @ loading[shown] + decoder.levels(day)[0]
    size, noise = len(latents), dials.sensor_noise
    surface += noise * _unit(smooth_noise(size, HAZE_REACH, rng))[..., None] * HAZE
    changed = gaussian_filter(rng.standard_normal((size, size)), FLUCTUATION_REACH)
    surface += noise * _unit(changed)[..., None] * FLUCTUATION
    return through(sky, surface)


def numbers(
    values: Floats, noise: float, outside: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.int16]:
    """One band as a product holds it: with the instrument's noise, rounded, nodata beyond the swath."""
    noisy = values + noise * rng.standard_normal(values.shape)
    rounded = np.clip(np.rint(noisy), DARKEST, SATURATED)
    return np.where(outside, NODATA, rounded).astype(np.int16)


def acquisition_generator(dials: Dials, acquisition: Acquisition) -> np.random.Generator:
    """Generator of an acquisition's clouds and noise."""
    return keyed.generator(dials.year_seed, "acquisition", acquisition.name)


def _unit(field: Floats) -> Floats:
    """The field with variance 1."""
    return field / field.std()
