"""From stored values to the tensors that networks get: the one path of training and classification."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.series.layout import NODATA

Values = NDArray[np.float32]

#: Denominators nearer to zero than this give an index of 0.
SMALLEST_DENOMINATOR = np.float32(1e-5)


def ndvi(bands: Mapping[str, Values], aliases: Mapping[str, str]) -> Values:
    """Normalised difference vegetation index, (nir - red) / (nir + red) (Rouse et al. 1974)."""
    return _normalised_difference(bands[aliases["nir"]], bands[aliases["red"]])


def ndwi(bands: Mapping[str, Values], aliases: Mapping[str, str]) -> Values:
    """Water index with the sign of iota2, (swir - nir) / (swir + nir): minus that of Gao (1996)."""
    return _normalised_difference(bands[aliases["swir"]], bands[aliases["nir"]])


def brightness(bands: Mapping[str, Values], aliases: Mapping[str, str]) -> Values:  # noqa: ARG001
    """Square root of the sum of the squares of all bands, added in the order of the bands."""
    total: Values | None = None
    for values in bands.values():
        square = values * values
        total = square if total is None else total + square
    if total is None:
        raise ValueError("brightness needs at least one band")
    return np.sqrt(total)


#: Feature by name; the bands that each needs are in `tilefold.series.catalogue`.
FUNCTIONS: dict[str, Callable[[Mapping[str, Values], Mapping[str, str]], Values]] = {
    "ndvi": ndvi,
    "ndwi": ndwi,
    "brightness": brightness,
}


def component_names(spec: Mapping[str, Any]) -> list[str]:
    """Names of the components of an input: its bands, then its features.

    Parameters
    ----------
    spec
        Description of the input: `kind`, `bands` and, for a series, `features`.
    """
    if spec["kind"] == "static":
        return [f"band_{index}" for index in range(1, spec["bands"] + 1)]
    return [*spec["bands"], *spec["features"]]


def tensor(values: NDArray[Any], spec: Mapping[str, Any]) -> Values:
    """Components of each sample and date.

    Every operation is elementwise, in float32 and in a fixed order, so that a sample's components do not
    depend on the samples beside it.

    Parameters
    ----------
    values
        Series: int16, (samples, dates, bands), -32768 where nothing was ever seen. Static: float32,
        (samples, bands), NaN for nodata.
    spec
        Description of the input: `kind`; for a series `bands`, `features`, `aliases`, `scale`, `offset`.

    Returns
    -------
    array of float32
        Series: (samples, dates, components), bands as value * scale + offset, then features; NaN in every
        component of a date without data. Static: (samples, bands), as given.
    """
    if spec["kind"] == "static":
        return np.ascontiguousarray(values, dtype=np.float32)
    samples, dates, count = values.shape
    if count != len(spec["bands"]):
        raise ValueError(f"found {count} bands in the values, expected {', '.join(spec['bands'])}")
    result = np.empty((samples, dates, count + len(spec["features"])), np.float32)
    physical = result[..., :count]
    np.multiply(values, np.float32(spec["scale"]), out=physical, dtype=np.float32)
    physical += np.float32(spec["offset"])
    bands = {name: physical[..., index] for index, name in enumerate(spec["bands"])}
    for index, name in enumerate(spec["features"], start=count):
        result[..., index] = FUNCTIONS[name](bands, spec["aliases"])
    result[(values == NODATA).any(axis=2)] = np.nan
    return result


def _normalised_difference(first: Values, second: Values) -> Values:
    total = first + second
    small = np.abs(total) < SMALLEST_DENOMINATOR
    return np.where(small, np.float32(0), (first - second) / np.where(small, np.float32(1), total))
