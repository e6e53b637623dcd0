"""Clouds, their shadows, the edge of the swath, and the masks that a processor would draw of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.dials import Dials

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

#: Reflectance x 10000 of a thick cloud in the order of `statistics.BANDS`, and share of light in full shadow.
CLOUD = np.array([5200, 5000, 5100, 5300, 5400, 5500, 5600, 5600, 3600, 2700], float)
SHADOW_LIGHT = np.array([0.50, 0.45, 0.42, 0.40, 0.38, 0.38, 0.38, 0.38, 0.40, 0.40])
#: Bits of the CLM mask: all clouds and shadows, all clouds, one-date test, shadow; thinnest clouds.
CLM_CLOUD = 1 | 2 | 4
CLM_SHADOW = 1 | 32
#: Standard deviation of the clouds' filter as a share of the tile's side, and where a shadow falls, as
#: multiples of it (the sun is in the south-east when the satellite passes).
CLOUD_SIZE = 0.06
SHADOW_SHIFT = (-1.0, -0.6)


@dataclass(frozen=True)
class Sky:
    """What lies between the ground and the instrument, on the 10 m grid.

    Attributes
    ----------
    opacity
        Of clouds, 0 to 1, (rows, columns).
    darkness
        Of shadows, 0 to 1, (rows, columns).
    outside
        Beyond the swath; whole 20 m pixels, (rows, columns).
    flags
        The CLM mask with its errors, 0 outside the swath, uint8, (rows, columns).
    """

    opacity: Floats
    darkness: Floats
    outside: Bools
    flags: Bytes

    @property
    def covered(self) -> Bools:
        """Really under cloud or shadow."""
        return (self.opacity > 0) | (self.darkness > 0)

    @property
    def clear(self) -> Bools:
        """Really seen clear."""
        return ~self.covered & ~self.outside


def make_sky(dials: Dials, acquisition: Acquisition, always_flagged: Bools, rng: np.random.Generator) -> Sky:
    """Clouds, shadows and masks of one acquisition.

    Parameters
    ----------
    dials
        Dials of the scene.
    acquisition
        The acquisition.
    always_flagged
        Pixels that the masks call cloudy whatever is there, (rows, columns).
    rng
        The acquisition's own generator.
    """
    size = dials.size
    outside = swath_edge(size, acquisition.edge)
    reach = max(1.0, CLOUD_SIZE * size)
    step = tuple(round(reach * part) for part in SHADOW_SHIFT)
    margin = max(abs(part) for part in step)
    field = smooth_noise(size + 2 * margin, reach, rng)
    cloud = field[margin : margin + size, margin : margin + size]
    start = (margin - step[0], margin - step[1])
    shadow = field[start[0] : start[0] + size, start[1] : start[1] + size]
    if acquisition.cloud_share <= 0:
        limit = np.inf
    else:
        limit = float(np.quantile(np.maximum(cloud, shadow), 1 - acquisition.cloud_share))
    opacity = np.clip(0.15 + (cloud - limit) / 0.25, 0, 1) * (cloud > limit)
    darkness = np.clip(0.15 + (shadow - limit) / 0.25, 0, 1) * ((shadow > limit) & (cloud <= limit))
    flags = _draw_mask(dials, opacity, darkness, rng)
    flags[always_flagged] = CLM_CLOUD
    flags[outside] = 0
    return Sky(opacity, darkness, outside, flags)


def through(sky: Sky, surface: Floats) -> Floats:
    """Reflectance x 10000 of a surface seen through a sky, (rows, columns, bands)."""
    light = 1 - sky.darkness[..., None] * (1 - SHADOW_LIGHT)
    opacity = sky.opacity[..., None]
    return (1 - opacity) * light * surface + opacity * CLOUD


def swath_edge(size: int, edge: float) -> Bools:
    """Pixels beyond a slanting edge of the swath that cuts `edge` of the tile off, in whole 20 m pixels."""
    half = size // 2
    row, col = np.mgrid[0:half, 0:half]
    # The ground track runs from north-north-east to south-south-west.
    across = (col + 0.5 + 0.2 * (row + 0.5 - half / 2)) / half
    if edge == 0:
        beyond = np.zeros((half, half), bool)
    elif edge < 0:
        beyond = across < np.quantile(across, -edge)
    else:
        beyond = across > np.quantile(across, 1 - edge)
    return np.kron(beyond, np.ones((2, 2), bool))


def any_of_four(flags: NDArray[Any]) -> NDArray[Any]:
    """Flags of 20 m pixels: all bits that any of the four 10 m pixels has."""
    return np.asarray(flags[::2, ::2] | flags[1::2, ::2] | flags[::2, 1::2] | flags[1::2, 1::2])


def smooth_noise(size: int, reach: float, rng: np.random.Generator) -> Floats:
    """Gaussian random field of about unit variance, (size, size), made on a coarse grid where it is smooth."""
    step = max(1, int(reach // 3))
    rough = -(-size // step) + 2
    field = gaussian_filter(rng.standard_normal((rough, rough)), reach / step, mode="wrap")
    field /= field.std()
    if step > 1:
        field = zoom(field, step, order=1, grid_mode=True, mode="grid-wrap")
    return np.asarray(field[:size, :size], np.float64)


def _draw_mask(dials: Dials, opacity: Floats, darkness: Floats, rng: np.random.Generator) -> Bytes:
    """CLM mask that misses some of what is covered, rather the thin parts, and over-calls some of the clear."""
    covered = (opacity > 0) | (darkness > 0)
    flags = np.where(opacity > 0, CLM_CLOUD, np.where(darkness > 0, CLM_SHADOW, 0)).astype(np.uint8)
    patches = smooth_noise(dials.size, 1.5, rng)
    if covered.any() and dials.mask_miss > 0:
        score = patches - 5 * np.maximum(opacity, darkness)
        limit = np.quantile(score[covered], 1 - dials.mask_miss)
        flags[covered & (score > limit)] = 0
    if not covered.all() and dials.mask_overcall > 0:
        # Bright edges: clear pixels beside clouds are called cloudy rather than others.
        score = -patches + 3 * gaussian_filter(covered.astype(np.float64), 2.0)
        limit = np.quantile(score[~covered], 1 - dials.mask_overcall)
        flags[~covered & (score > limit)] = CLM_CLOUD
    return flags
