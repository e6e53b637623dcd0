"""What Sentinel-1 sees of a tile on a day: calibrated backscatter with speckle.

In decibels it is linear in the latents of a place, as reflectances are. Levels and variances are those of the
real patch (see `statistics`): its monthly backscatter, stored as 10^((dB + 83) / 20).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tilefold.simulation import keyed
from tilefold.simulation.acquisitions import Acquisition, radar_acquisitions
from tilefold.simulation.classes import LATENTS
from tilefold.simulation.clouds import Sky, swath_edge
from tilefold.simulation.decoder import Decoder, mixture_covariance, time_courses
from tilefold.simulation.dials import Dials
from tilefold.simulation.statistics import MID_MONTHS

Floats = NDArray[np.float64]

POLARISATIONS = ("vv", "vh")
#: Mean and standard deviation of the patch's pixels from January to December, dB: 20 log10(n) - 83 of a number n.
PATCH_MEANS = {
    "vv": (-8.33, -9.03, -9.28, -11.20, -11.37, -10.85, -9.57, -9.84, -10.23, -9.41, -9.62, -8.81),
    "vh": (-15.66, -16.47, -16.60, -18.30, -17.93, -16.58, -15.37, -16.13, -17.52, -16.57, -16.75, -16.05),
}
PATCH_DEVIATIONS = {
    "vv": (2.49, 2.39, 2.50, 2.65, 2.92, 2.90, 2.17, 2.19, 2.30, 2.29, 2.08, 2.29),
    "vh": (2.32, 2.36, 2.72, 3.46, 2.99, 2.54, 2.06, 2.29, 2.80, 2.21, 2.23, 2.20),
}
#: What one unit of a latent adds, dB, before scaling to the patch: leaves scatter the cross polarisation,
#: upright stems of spring crops weaken the vertical one, rough ground and structure return more of both, dry
#: ground less, and what has no structure, water, hardly anything.
SLOPES = {
    "vv": {
        "green": 2.0,
        "spring": -4.0,
        "summer": 2.5,
        "season": 2.0,
        "winter": 1.0,
        "brightness": 1.2,
        "structure": 2.0,
        "growth": 2.0,
        "drying": -0.5,
    },
    "vh": {
        "green": 5.0,
        "spring": 1.5,
        "summer": 6.0,
        "season": 5.0,
        "winter": 2.0,
        "brightness": 0.6,
        "structure": 2.0,
        "growth": 5.0,
        "drying": -0.3,
    },
}
#: What is added in each direction, dB: soil and leaves are drier in the evening.
DIRECTIONS = {"DES": 0.0, "ASC": -0.4}
#: Standard deviation from one date to another, the same in all of a tile (rain), dB.
WEATHER = 0.4
#: Equivalent number of looks of a detected image of the wide swath.
LOOKS = 4.4


def observations(
    dials: Dials, decoder: Decoder, latents: NDArray[np.float32], tile: str
) -> Iterator[tuple[Acquisition, dict[str, NDArray[np.float32]], Sky]]:
    """Acquisitions of a tile with linear power for each polarisation, 0 beyond the swath.

    Parameters
    ----------
    dials
        Dials of the scene.
    decoder, tile
        The tile.
    latents
        Of its ground, (rows, columns, latents).

    Yields
    ------
    acquisition, bands, sky
        Bands are float32, (rows, columns); the sky has the edge alone.
    """
    for acquisition in radar_acquisitions(dials, tile):
        rng = keyed.generator(dials.year_seed, "acquisition", acquisition.name)
        outside = swath_edge(dials.size, acquisition.edge)
        nothing = np.zeros(outside.shape)
        weather = dials.sensor_noise * WEATHER * rng.standard_normal()
        bands = {}
        for polarisation in POLARISATIONS:
            level = backscatter(polarisation, decoder, latents, acquisition.day)
            level += weather + DIRECTIONS[acquisition.direction]
            power = 10 ** (level / 10) * rng.gamma(LOOKS, 1 / LOOKS, outside.shape)
            bands[polarisation] = np.where(outside, 0.0, power).astype(np.float32)
        yield acquisition, bands, Sky(nothing, nothing, outside, nothing.astype(np.uint8))


def backscatter(polarisation: str, decoder: Decoder, latents: NDArray[np.float32], day: float) -> Floats:
    """Backscatter of the ground without speckle, dB, (rows, columns)."""
    days = np.array([day - decoder.delay])
    mean = np.interp(days, MID_MONTHS, PATCH_MEANS[polarisation], period=365)[0]
    loading = scale(polarisation) * _contrasts(polarisation, days, decoder.vigour)[0]
    return np.asarray(mean + latents.astype(np.float64) @ loading, np.float64)


def scale(polarisation: str) -> float:
    """Factor on the contrasts with which the classes' mixture has the patch's variance over the year."""
    loading = _contrasts(polarisation, MID_MONTHS, 1.0)
    variance = np.einsum("dl,lm,dm->d", loading, mixture_covariance(), loading).mean()
    wanted = np.mean(np.square(PATCH_DEVIATIONS[polarisation]))
    return float(np.sqrt(wanted / variance))


def _contrasts(polarisation: str, days: Floats, vigour: float) -> Floats:
    """What one unit of each latent adds on days of the year before scaling, dB, (days, latents)."""
    slopes, courses = SLOPES[polarisation], time_courses(days, vigour)
    # A late season shifts the curve of the cover that it belongs to; what comes and goes is named with its time.
    of = {name: slopes.get(name.removeprefix("later_").split("_")[0], 0.0) for name in LATENTS}
    return np.stack([of[name] * courses[name] for name in LATENTS], axis=1)
