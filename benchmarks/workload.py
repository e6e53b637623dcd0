"""Workload W of the project's yardsticks: one year of Sentinel-2, 10 bands, 37 dates, 481 features."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tilefold.series.features import tensor

BANDS = ["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"]
ACQUISITIONS = 70
DATES = [(datetime.date(2018, 1, 1) + datetime.timedelta(10 * i)).isoformat() for i in range(37)]
CLASSES = list(range(1, 24))

INPUTS: dict[str, dict[str, Any]] = {
    "sentinel2": {
        "kind": "series",
        "bands": BANDS,
        "dates": DATES,
        "scale": 1e-4,
        "offset": 0.0,
        "features": ["ndvi", "ndwi", "brightness"],
        "aliases": {"red": "B4", "nir": "B8", "swir": "B11"},
    }
}


def phenology(rng: np.random.Generator, days: NDArray[Any], pixels: int) -> NDArray[np.int16]:
    """Smooth yearly curves with noise, int16 (days, bands, pixels), reflectance x 10000."""
    level = rng.uniform(500, 4000, (len(BANDS), pixels)).astype(np.float32)
    swing = rng.uniform(-400, 400, (len(BANDS), pixels)).astype(np.float32)
    delay = rng.uniform(0, 60, pixels).astype(np.float32)
    values = np.empty((len(days), len(BANDS), pixels), np.int16)
    for index, day in enumerate(days):
        season = np.sin(2 * np.pi * (float(day) - delay) / 365)
        noise = rng.normal(0, 40, (len(BANDS), pixels)).astype(np.float32)
        values[index] = level + swing * season + noise
    return values


def acquisitions(
    rows: int, cols: int, seed: int = 0
) -> tuple[NDArray[np.int16], NDArray[np.bool_], list[int], list[int]]:
    """Irregular observations with half of the pixels under correlated clouds.

    Returns
    -------
    values
        int16 (acquisitions, bands, rows, columns).
    valid
        bool (acquisitions, rows, columns).
    days, calendar
        Day numbers of the acquisitions and of the 37 dates.
    """
    rng = np.random.default_rng(seed)
    days = np.sort(rng.choice(365, ACQUISITIONS, replace=False))
    values = phenology(rng, days, rows * cols).reshape(ACQUISITIONS, len(BANDS), rows, cols)
    fog = rng.standard_normal((ACQUISITIONS, rows, cols)).astype(np.float32)
    fog = ndimage.gaussian_filter(fog, (0, 12, 12))
    valid = fog > np.median(fog, axis=(1, 2), keepdims=True)
    return values, valid, days.tolist(), [10 * index for index in range(len(DATES))]


def series_values(pixels: int, seed: int = 0) -> NDArray[np.int16]:
    """Gap-filled series, int16 (pixels, dates, bands)."""
    rng = np.random.default_rng(seed)
    values = phenology(rng, 10 * np.arange(len(DATES)), pixels)
    return np.ascontiguousarray(values.transpose(2, 0, 1))


def statistics(values: NDArray[np.int16]) -> dict[str, dict[str, list[float]]]:
    """Statistics of the tensors of some pixels, as the sample database has them."""
    flat = tensor(values, INPUTS["sentinel2"]).reshape(len(values), -1).astype(np.float64)
    found = {"mean": flat.mean(0), "var": flat.var(0), "min": flat.min(0), "max": flat.max(0)}
    return {"sentinel2": {name: value.tolist() for name, value in found.items()}}
