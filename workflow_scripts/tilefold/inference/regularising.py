"""Maps with fewer single pixels: a product beside the raw map."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numba import njit
from numpy.typing import NDArray
from rasterio.features import sieve
from rasterio.io import DatasetReader

from tilefold.grids.windows import Window, shifted, widened
from tilefold.inference.derived import derive_map
from tilefold.inference.scales import PROBABILITY_NODATA, PROBABILITY_SCALE

logger = logging.getLogger(__name__)

#: Share of a class's values in a neighbourhood, the largest ones, that `bayes` takes for its neighbours.
NEIGHBOURS = 0.5
#: Probabilities of 0 and 1 are taken as this far inside, half of what is stored as 1 of 1000.
SMALLEST = 0.5 / PROBABILITY_SCALE


def regularise_map(
    classification: Path | str,
    settings: Mapping[str, Any],
    *,
    regularised: Path | str,
    probabilities: Path | str | None = None,
) -> None:
    """Regularise a map; pixels without a label stay without one.

    Memory: a block with a margin, but for `sieve`: some eight bytes for each pixel of the map.

    Parameters
    ----------
    classification
        Map of labels.
    settings
        `method` (`majority`, `sieve`, `bayes`), `radius` (of `majority` and `bayes`, in pixels), `min_pixels` (of
        `sieve`), `smoothness` (of `bayes`), `codes`, `nodata`, `classes`.
    regularised
        The map to write, with its categories beside it, see `derive_map`.
    probabilities
        Map of the class probabilities, for `bayes`.
    """
    method, nodata, codes = settings["method"], settings["nodata"], settings["codes"]
    with rasterio.open(classification) as raster:
        if method == "sieve":
            whole = sieved(raster.read(1), settings["min_pixels"], nodata)
            derive_map(classification, regularised, settings, lambda window: whole[window.to_slices()])
        elif method == "majority":
            radius = settings["radius"]

            def by_majority(window: Window) -> NDArray[Any]:
                return majority(_with_margin(raster, window, radius, nodata)[0], radius, codes, nodata)

            derive_map(classification, regularised, settings, by_majority)
        else:
            _smooth(raster, probabilities, settings, regularised)
    logger.info("%s: regularised by %s", classification, method)


def _smooth(
    labels: DatasetReader, probabilities: Path | str | None, settings: Mapping[str, Any], target: Path | str
) -> None:
    if probabilities is None:
        raise ValueError("the method bayes needs the map of the class probabilities")
    radius, codes = settings["radius"], np.asarray(settings["codes"])
    with rasterio.open(probabilities) as raster:

        def by_bayes(window: Window) -> NDArray[Any]:
            stored = _with_margin(raster, window, radius, PROBABILITY_NODATA)
            smooth = smooth_logits(logits(stored), radius, settings["smoothness"])
            own = labels.read(1, window=window.to_ranges())
            return np.where(own == settings["nodata"], own, codes[smooth.argmax(axis=0)])

        derive_map(labels.name, target, settings, by_bayes)


def majority(
    labels: NDArray[np.integer[Any]], radius: int, codes: Sequence[int], nodata: int
) -> NDArray[np.integer[Any]]:
    """Most frequent label within a disc around each pixel; a tie keeps the pixel's own.

    Parameters
    ----------
    labels
        (rows + 2 radius, columns + 2 radius), `nodata` beyond the map.
    radius
        The disc holds the pixels whose centres are within radius + 0.5 of the pixel's.
    codes
        Class codes, ascending.
    nodata
        Has no vote, and stays.

    Returns
    -------
    array, (rows, columns), of the type of `labels`
    """
    index = np.where(labels == nodata, -1, np.searchsorted(np.asarray(codes), labels)).astype(np.int32)
    found = _majority(index, _disc(radius), radius, len(codes))
    return np.where(found < 0, nodata, np.asarray(codes)[found]).astype(labels.dtype)


def _disc(radius: int) -> NDArray[np.int64]:
    rows, cols = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return np.argwhere(rows**2 + cols**2 <= (radius + 0.5) ** 2) - radius


@njit(cache=True)
def _majority(index: Any, disc: Any, radius: int, classes: int) -> Any:
    rows, cols = index.shape[0] - 2 * radius, index.shape[1] - 2 * radius
    result = np.empty((rows, cols), np.int32)
    votes = np.zeros(classes, np.int64)
    for row in range(rows):
        for col in range(cols):
            own = index[row + radius, col + radius]
            result[row, col] = own
            if own < 0:
                continue
            votes[:] = 0
            for place in range(disc.shape[0]):
                found = index[row + radius + disc[place, 0], col + radius + disc[place, 1]]
                if found >= 0:
                    votes[found] += 1
            most, rivals = own, 1
            for one in range(classes):
                if votes[one] > votes[most]:
                    most, rivals = one, 1
                elif one != most and votes[one] == votes[most]:
                    rivals += 1
            if rivals == 1:
                result[row, col] = most
    return result


def sieved(labels: NDArray[Any], min_pixels: int, nodata: int) -> NDArray[Any]:
    """Areas of one label that are smaller than `min_pixels` join their largest neighbour.

    GDAL's sieve: areas hang together by edges of pixels, pixels without a label take no part, and an area whose
    neighbours are all small may stay.
    """
    return np.asarray(sieve(labels, size=min_pixels, mask=labels != nodata, connectivity=4))


def logits(stored: NDArray[np.uint16]) -> NDArray[np.float64]:
    """Logarithm of the odds of stored probabilities; NaN where there are none."""
    share = np.clip(stored / PROBABILITY_SCALE, SMALLEST, 1 - SMALLEST)
    return np.where(stored == PROBABILITY_NODATA, np.nan, np.log(share / (1 - share)))


def smooth_logits(values: NDArray[np.float64], radius: int, smoothness: float) -> NDArray[np.float64]:
    """Bayesian estimate of each class's logit from the pixel's own and those around it.

    For each class, the neighbours are the larger half of the values in a square of 2 radius + 1 pixels, the pixel
    itself among them, with mean m and variance v. The estimate is (v x + s m) / (v + s), x being the pixel's value
    and s the smoothness: where the surroundings are alike the pixel gives way, where they vary it stays (Camara et
    al. 2024, Bayesian inference for post-processing of remote-sensing image classification).

    Parameters
    ----------
    values
        (classes, rows + 2 radius, columns + 2 radius), NaN where there are none.
    radius
        In pixels.
    smoothness
        Variance of a class's logits that is expected within an area of that class.

    Returns
    -------
    float64 (classes, rows, columns)
        -infinity where the pixel has no value.
    """
    return np.asarray(_smooth_logits(values, radius, float(smoothness)))


@njit(cache=True)
def _smooth_logits(values: Any, radius: int, smoothness: float) -> Any:
    classes = values.shape[0]
    rows, cols = values.shape[1] - 2 * radius, values.shape[2] - 2 * radius
    result = np.full((classes, rows, cols), -np.inf)
    largest = np.empty((2 * radius + 1) ** 2)
    for one in range(classes):
        for row in range(rows):
            for col in range(cols):
                own = values[one, row + radius, col + radius]
                if np.isnan(own):
                    continue
                number = _sorted_around(values[one], row, col, radius, largest)
                taken = max(int(np.ceil(number * NEIGHBOURS)), 1)
                mean = 0.0
                for place in range(taken):
                    mean += largest[place] / taken
                spread = 0.0
                for place in range(taken):
                    spread += (largest[place] - mean) ** 2 / max(taken - 1, 1)
                result[one, row, col] = (spread * own + smoothness * mean) / (spread + smoothness)
    return result


@njit(cache=True)
def _sorted_around(values: Any, row: int, col: int, radius: int, largest: Any) -> int:
    """Put the values of a square into `largest`, descending; how many there are."""
    number = 0
    for down in range(2 * radius + 1):
        for right in range(2 * radius + 1):
            value = values[row + down, col + right]
            if np.isnan(value):
                continue
            place = number
            while place > 0 and largest[place - 1] < value:
                largest[place] = largest[place - 1]
                place -= 1
            largest[place] = value
            number += 1
    return number


def _with_margin(raster: DatasetReader, window: Window, margin: int, nodata: int) -> NDArray[Any]:
    """A window with a margin, (bands, rows, columns), `nodata` beyond the raster."""
    full = Window(
        window.row_start - margin,
        window.row_stop + margin,
        window.col_start - margin,
        window.col_stop + margin,
    )
    there = widened(window, margin, raster.shape)
    rows, cols = shifted(there, full).to_slices()
    values = np.full((raster.count, *full.shape), nodata, raster.dtypes[0])
    values[:, rows, cols] = raster.read(window=there.to_ranges())
    return values
