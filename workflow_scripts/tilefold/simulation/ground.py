"""The ground of a scene: which parcel, which class, which latents, for any window of its lattice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from tilefold.grids.windows import Window
from tilefold.simulation import keyed
from tilefold.simulation.classes import EFFECTS, effect_matrices, means
from tilefold.simulation.dials import Dials
from tilefold.simulation.parcels import Parcels, parcel_map

Floats = NDArray[np.float64]

#: Standard deviation, in pixels, of the filter that makes variation within parcels smooth.
TEXTURE = 0.3
_TRUNCATE = 4.0


@dataclass(frozen=True)
class Ground:
    """One window of the ground.

    Attributes
    ----------
    parcel
        Number of the parcel, (rows, columns).
    class_index
        Index into `classes.CLASSES`, (rows, columns).
    latents
        Latents minus their mean over the land, as the instrument mixes them at borders,
        (rows, columns, latents), float32.
    """

    parcel: NDArray[np.int32]
    class_index: NDArray[np.int64]
    latents: NDArray[np.float32]


def make_ground(dials: Dials, parcels: Parcels, window: Window) -> Ground:
    """Ground of a window; where two windows overlap they show the same."""
    margin = int(_TRUNCATE * (TEXTURE + dials.mixed_border)) + 3
    wide = Window(
        window.row_start - margin,
        window.row_stop + margin,
        window.col_start - margin,
        window.col_stop + margin,
    )
    parcel = parcel_map(parcels, wide)
    class_index = parcels.class_index[parcel]
    texture = _texture(dials, wide)
    effects = (
        np.sqrt(dials.parcel_effect) * parcels.effects[parcel] + np.sqrt(1 - dials.parcel_effect) * texture
    )
    latents = means(dials.class_effect)[class_index]
    for index, matrix in enumerate(effect_matrices()):
        here = class_index == index
        latents[here] += effects[here] @ matrix.T
    mixed = gaussian_filter(latents, (dials.mixed_border, dials.mixed_border, 0), truncate=_TRUNCATE)
    inner = (slice(margin, -margin), slice(margin, -margin))
    return Ground(parcel[inner], class_index[inner], mixed[inner].astype(np.float32))


def texture_correlation(dials: Dials) -> float:
    """Variance of the mean of 2 x 2 pixels of the variation within parcels, which has variance 1 at a pixel.

    It is at the same time the covariance of a pixel with the mean of its 2 x 2 block.
    """
    return block_variance(_kernel(dials))


def block_variance(kernel: Floats) -> float:
    """Variance of the mean of 2 x 2 pixels of white noise filtered by a kernel, over the variance of one pixel.

    Parameters
    ----------
    kernel
        The filter in one direction; it is separable and the same in both.
    """
    neighbour = float(kernel[:-1] @ kernel[1:] / (kernel @ kernel))
    return (1 + 2 * neighbour + neighbour**2) / 4


def _texture(dials: Dials, window: Window) -> Floats:
    """Smooth standard normal variation within parcels, before the instrument's blur, (rows, columns, effects)."""
    rows = np.arange(window.row_start, window.row_stop)[:, None, None]
    cols = np.arange(window.col_start, window.col_stop)[None, :, None]
    stream = keyed.key(dials.seed, "texture")
    white = keyed.normal(stream, rows, cols, np.arange(len(EFFECTS)))
    kernel = _kernel(dials)
    smooth = gaussian_filter(white, (TEXTURE, TEXTURE, 0), truncate=_TRUNCATE)
    # Both filters are separable: the variance left is the kernel's energy in one direction, squared.
    return np.asarray(smooth / (kernel @ kernel), np.float64)


def _kernel(dials: Dials) -> Floats:
    """One-dimensional kernel of the texture's filter and the instrument's blur together."""
    kernel = gaussian_kernel(TEXTURE)
    if dials.mixed_border > 0:
        kernel = gaussian_filter1d(kernel, dials.mixed_border, truncate=_TRUNCATE)
    return np.asarray(kernel, np.float64)


def gaussian_kernel(reach: float) -> Floats:
    """One-dimensional Gaussian kernel as scipy's filter has it, (61,)."""
    delta = np.zeros(61)
    delta[30] = 1.0
    return np.asarray(gaussian_filter1d(delta, reach, truncate=_TRUNCATE), np.float64)
