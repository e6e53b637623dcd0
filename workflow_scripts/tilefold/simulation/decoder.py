"""From what grows at a place to the reflectances that a tile's instrument sees on a day.

All is linear in the latents of a place, so that the distribution of a pixel's series given its class is
Gaussian with known moments, and the best possible classifier is known (see `bound`):

    reflectance[day, band] = level[day, band] + loading[day, latent, band] . (latents - mean latents) + noise
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilefold.simulation import keyed
from tilefold.simulation.classes import (
    LATENTS,
    PASSING,
    PHASES,
    TWELFTHS,
    TWICE,
    effect_matrices,
    land_shares,
    means,
)
from tilefold.simulation.dials import Dials
from tilefold.simulation.statistics import MID_MONTHS, deviations, mean_levels

Floats = NDArray[np.float64]

# Spectra over BANDS, reflectance x 10000: typical levels of bare soil and of dense green vegetation.
SOIL = np.array([700, 950, 1250, 1600, 1850, 2000, 2150, 2250, 2900, 2500], float)
VEGETATION = np.array([250, 600, 300, 950, 3000, 3900, 4200, 4350, 1900, 900], float)
GREENING = VEGETATION - SOIL
#: The colour of a soil's minerals and humus, which stays; in short-wave infrared moisture and straw outdo it.
BRIGHTENING = np.array([280, 300, 500, 430, 510, 640, 690, 690, 260, 510], float)
#: A drier, barer ground.
DRYING = np.array([50, 90, 165, 215, 245, 255, 235, 240, 390, 345], float)
WETTING = np.array([-20, -30, -40, -60, -60, -60, -60, -80, -320, -400], float)
STRUCTURE = np.array([0, 10, 0, 40, 300, 420, 480, 480, 120, 30], float)
FLOWERING = np.array([60, 420, 380, 350, 200, 150, 150, 150, 0, 0], float)
#: Spectra of the latents that are not green cover.
SPECTRA = {
    "brightness": BRIGHTENING,
    "wetness": WETTING,
    "structure": STRUCTURE,
    "flowers": FLOWERING,
    **{f"drying{part}": DRYING for part in TWELFTHS + PHASES},
}

# Noise of one acquisition, reflectance x 10000: of the instrument, of haze, and of what happens on the ground
# between two acquisitions (rain, mowing), as green cover.
INSTRUMENT = 25.0 + 0.02 * SOIL
HAZE = np.array([30, 24, 20, 17, 13, 11, 10, 10, 5, 4], float)
FLUCTUATION = 0.03 * GREENING

# One standard unit of each difference between tiles at shift 1 (see `tile_differences`).
DELAY_DAYS = 7.0
VIGOUR = 0.14
GAINS = np.array(
    [
        [0.05, 0.05, 0.05, 0.03, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0.05, 0.05, 0.05, 0.05, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0.06, 0.06],
    ]
)
OFFSET = 40.0 * np.array([1.3, 1.1, 1, 1, 0.9, 0.9, 0.9, 0.9, 0.7, 0.7])
DIFFERENCES = 6

#: Most of a mean level that the standard deviation of a band may be (see `band_scale`).
DEVIATION_LIMIT = 0.45


@dataclass(frozen=True)
class Decoder:
    """What a tile's instrument makes of the latents.

    Attributes
    ----------
    delay
        Days by which the season is late in this tile.
    vigour
        Factor on the green cover of high summer.
    gain, offset
        Of each band; the offset in reflectance x 10000, (bands,).
    scale
        Factor on each band's contrasts that gives them the patch's variances, (bands,).
    """

    delay: float
    vigour: float
    gain: Floats
    offset: Floats
    scale: Floats

    def levels(self, days: Floats) -> Floats:
        """Mean reflectance x 10000 on days of the year, (days, bands)."""
        return mean_levels(days - self.delay) * self.gain + self.offset

    def loadings(self, days: Floats) -> Floats:
        """What one unit of each latent adds to the reflectance x 10000, (days, latents, bands)."""
        return contrasts(days - self.delay, self.vigour) * self.scale * self.gain


def contrasts(days: Floats, vigour: float = 1.0) -> Floats:
    """Contrast of each latent on days of the year before scaling to the patch, (days, latents, bands)."""
    courses = time_courses(days, vigour)
    return np.stack([np.outer(courses[name], SPECTRA.get(name, GREENING)) for name in LATENTS], axis=1)


def time_courses(days: Floats, vigour: float = 1.0) -> dict[str, Floats]:
    """How much of each latent there is to see on days of the year, (days,)."""
    curves = _curves(days)
    # A season one day late adds minus the slope of the curve.
    later = _curves(days - 0.5) - _curves(days + 0.5)
    one = np.ones_like(days)
    return {
        "green": one,
        "spring": curves[0],
        "summer": vigour * curves[1],
        "season": curves[2],
        "winter": np.exp(-0.5 * (_from(days, 15) / 45) ** 2),
        "brightness": one,
        "wetness": one,
        "structure": 0.4 + 0.6 * np.clip(curves[:3].sum(axis=0), 0, 1),
        "flowers": np.exp(-0.5 * (_from(days, 112) / 22) ** 2),
        "later_spring": later[0],
        "later_summer": vigour * later[1],
        "later_season": later[2],
        **{name + part: _passing(days, number) for name in PASSING for number, part in enumerate(TWELFTHS)},
        **{name + part: _twice(days, number) for name in TWICE for number, part in enumerate(PHASES)},
    }


def band_scale() -> Floats:
    """Factor on each band's contrasts with which the classes' mixture has the patch's variances, (bands,).

    Deviations are limited to `DEVIATION_LIMIT` times the mean level: in the patch the visible bands are skewed by
    bare bright soil, and a symmetric distribution of the same variance would often fall below zero.
    """
    loading = contrasts(MID_MONTHS)
    variance = np.einsum("dib,ij,djb->db", loading, mixture_covariance(), loading).mean(axis=0)
    limit = DEVIATION_LIMIT * mean_levels(MID_MONTHS).mean(axis=0)
    return np.asarray(np.minimum(deviations(), limit) / np.sqrt(variance), np.float64)


def mixture_covariance() -> Floats:
    """Covariance of the latents over all classes of the land with their shares, (latents, latents).

    The patch, whose variances it gives, has no water.
    """
    share, centre, effects = land_shares(), means(1.0), effect_matrices()
    between = np.einsum("c,ci,cj->ij", share, centre, centre)
    return np.asarray(between + np.einsum("c,cie,cje->ij", share, effects, effects), np.float64)


def tile_differences(dials: Dials) -> Floats:
    """How each tile differs from the mean of the tiles, in standard units, (tiles, DIFFERENCES).

    All tiles are equally far from the mean, and up to seven tiles equally far from each other (corners of a
    regular simplex, turned at random), so that no held-out tile is easy by chance.
    """
    count = len(dials.tiles)
    drawn = keyed.generator(dials.year_seed, "differences").standard_normal((count, DIFFERENCES))
    if count == 1:
        return np.zeros((1, DIFFERENCES))
    centred = drawn - drawn.mean(axis=0)
    if count <= DIFFERENCES + 1:
        u, s, vt = np.linalg.svd(centred, full_matrices=False)
        solid = s > 1e-9 * s[0]
        centred = u[:, solid] @ vt[solid]
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.sqrt(DIFFERENCES) * centred / length


def year_difference(dials: Dials) -> Floats:
    """How a later year differs from the first in all tiles, as far as a tile from the mean, (DIFFERENCES,)."""
    if dials.years_on == 0:
        return np.zeros(DIFFERENCES)
    drawn = keyed.generator(dials.year_seed, "year").standard_normal(DIFFERENCES)
    return np.asarray(np.sqrt(DIFFERENCES) * drawn / np.linalg.norm(drawn), np.float64)


def decoders(dials: Dials) -> dict[str, Decoder]:
    """Decoder of each tile; they are all the same with `shift` 0."""
    scale = band_scale()
    differences = dials.shift * (tile_differences(dials) + year_difference(dials))
    return {
        name: Decoder(
            delay=DELAY_DAYS * unit[0],
            vigour=1 + VIGOUR * unit[1],
            gain=1 + unit[2:5] @ GAINS,
            offset=OFFSET * unit[5],
            scale=scale,
        )
        for name, unit in zip(dials.tiles, differences, strict=True)
    }


def _from(days: Floats, centre: float) -> Floats:
    """Days since the nearest `centre`, around the year, from -182.5 to 182.5."""
    return (days - centre + 182.5) % 365 - 182.5


def _passing(days: Floats, twelfth: int) -> Floats:
    """How much there is to see of what passes in a twelfth of the year, counted from 0, (days,).

    Half a wave of a cosine that reaches to the middles of both neighbours: the sum of independent effects of all
    twelfths has variance 1 on every day, and two days that are two twelfths apart have none in common.
    """
    length = 365 / len(TWELFTHS)
    away = _from(days, (twelfth + 0.5) * length)
    return np.where(np.abs(away) < length, np.cos(0.5 * np.pi * away / length), 0.0)


def _twice(days: Floats, phase: int) -> Floats:
    """Wave of half a year, at its highest on the first of January or an eighth of a year later, (days,)."""
    return np.cos(4 * np.pi * days / 365 - 0.5 * np.pi * phase)


def _curves(days: Floats) -> Floats:
    """Green curves of spring, high summer and the whole season, peak 1, (3, days)."""
    season = 1 / (1 + np.exp(-(_from(days, 210) + 100) / 16)) / (1 + np.exp((_from(days, 210) - 95) / 18))
    return np.stack(
        [np.exp(-0.5 * (_from(days, 125) / 42) ** 2), np.exp(-0.5 * (_from(days, 212) / 40) ** 2), season]
    )
