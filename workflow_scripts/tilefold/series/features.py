"""The one path from stored values to what a network gets.

Every operation works on each element alone, in single precision and in a fixed order, and IEEE arithmetic gives
one result for each: so a pixel's tensor has the same bits in any batch, chunk or memory layout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.series.catalogue import FEATURES
from tilefold.series.expressions import SMALL, Values, evaluate
from tilefold.series.layout import NODATA
from tilefold.storage.samples import extra_name


def normalised_difference(_: Values, first: Values, second: Values) -> Values:
    """(first - second) / (first + second); 0 where the denominator is under 1e-5 (the reference system's rule).

    NDVI with near infrared and red; NDWI, in the reference system's sense, with short-wave infrared and near
    infrared, which is the opposite of Gao's index.
    """
    total = first + second
    index = first - second
    if total.size and total.min() >= SMALL:
        return np.divide(index, total, out=index)
    small = np.abs(total) < SMALL
    index[small] = 0
    return np.divide(index, total, out=index, where=~small)


def brightness(bands: Values) -> Values:
    """Square root of the sum of squares of all bands, added in the order of the bands."""
    total = bands[:, :, 0] * bands[:, :, 0]
    square = np.empty_like(total)
    for band in range(1, bands.shape[2]):
        total += np.multiply(bands[:, :, band], bands[:, :, band], out=square)
    return np.sqrt(total, out=total)


#: Name of a feature to its function of all bands, (pixels, dates, bands) in physical units, and of the bands that
#: `tilefold.series.catalogue` names, each (pixels, dates); it returns (pixels, dates).
FUNCTIONS: dict[str, Callable[..., Values]] = {
    "ndvi": normalised_difference,
    "ndwi": normalised_difference,
    "brightness": brightness,
}


def component_names(spec: Mapping[str, Any]) -> list[str]:
    """Names of the components of an input: its bands, its features, the external features that join it.

    Parameters
    ----------
    spec
        Description of the input, by its `kind`. "series": `bands`, `dates`, `scale`, `offset`, `features` (names),
        `aliases` (for features of `tilefold.series.catalogue`), `expressions` (over bands, by the names of other
        features), `extra` (names of external features). "temporal": `dates`, `components`. "static": the number
        `bands`, and their `names` (default: ``band_1`` and so on).
    """
    if spec["kind"] == "static":
        return list(spec.get("names") or [f"band_{number}" for number in range(1, spec["bands"] + 1)])
    if spec["kind"] == "temporal":
        return list(spec["components"])
    return [*spec["bands"], *spec["features"], *spec.get("extra", [])]


def input_tensor(
    values: Mapping[str, NDArray[Any]], name: str, spec: Mapping[str, Any], out: Values | None = None
) -> Values:
    """Components of an input from stored variables; see `tensor` and `tilefold.storage.samples`."""
    extra = values[extra_name(name)] if spec.get("extra") else None
    return tensor(values[name], spec, out, extra)


def tensor(
    values: NDArray[np.int16] | Values,
    spec: Mapping[str, Any],
    out: Values | None = None,
    extra: Values | None = None,
) -> Values:
    """Components of an input, before standardisation.

    Parameters
    ----------
    values
        Series: stored int16, (pixels, dates, bands). Temporal features: float32, (pixels, dates, components).
        Static features: float32, (pixels, bands).
    spec
        Description of the input, see `component_names`.
    out
        Where to put the result, of its shape and any layout; a transposed view of a (dates, components, pixels)
        array with `values` laid out likewise makes every pass run along memory. Default: a new array.
    extra
        External features that join a series, float32 (pixels, dates, names in `extra`).

    Returns
    -------
    array of float32
        Series: (pixels, dates, components): bands in physical units (value * scale + offset), features, external
        features; NaN in all components of a date on which any band is -32768. Others: the values.

    Raises
    ------
    ValueError
        If the values are not of the described shape, or a feature is unknown or lacks a band.
    """
    if spec["kind"] != "series":
        names = component_names(spec)
        _check_shape(values, (len(names),) if spec["kind"] == "static" else (len(spec["dates"]), len(names)))
        if out is None:
            return np.asarray(values, np.float32)
        out[...] = values
        return out
    bands, dates, joining = len(spec["bands"]), len(spec["dates"]), len(spec.get("extra", []))
    _check_shape(values, (dates, bands))
    if out is None:
        out = np.empty((len(values), dates, len(component_names(spec))), np.float32)
    physical = out[:, :, :bands]
    np.multiply(values, np.float32(spec["scale"]), out=physical)
    if spec["offset"]:
        physical += np.float32(spec["offset"])
    for position, feature in enumerate(spec["features"], start=bands):
        out[:, :, position] = _feature(feature, physical, spec)
    if joining:
        given = np.empty((0, 0, 0), np.float32) if extra is None else extra
        _check_shape(given, (dates, joining))
        out[:, :, -joining:] = given
    if values.size and values.min() == NODATA:
        out[(values == NODATA).any(axis=2)] = np.nan
    return out


def _feature(feature: str, physical: Values, spec: Mapping[str, Any]) -> Values:
    """One feature of all pixels and dates; of an expression, NaN where it is not defined."""
    expressions = spec.get("expressions", {})
    if feature in expressions:
        bands = {band: physical[:, :, index] for index, band in enumerate(spec["bands"])}
        return evaluate(expressions[feature], bands)
    arguments = [physical[:, :, index] for index in _band_indexes(feature, spec)]
    return FUNCTIONS[feature](physical, *arguments)


def _check_shape(values: NDArray[Any], expected: tuple[int, ...]) -> None:
    if values.shape[1:] != expected:
        raise ValueError(f"found values of shape {values.shape}, expected (pixels, {str(expected)[1:]}")


def _band_indexes(feature: str, spec: Mapping[str, Any]) -> list[int]:
    """Where the bands are that a feature takes."""
    if feature not in FEATURES:
        raise ValueError(f"features: no feature {feature!r}; known are {', '.join(FEATURES)}")
    bands, aliases = list(spec["bands"]), spec["aliases"]
    for alias in FEATURES[feature]:
        if aliases.get(alias) not in bands:
            raise ValueError(
                f"features: {feature} needs the {alias} band, which is {aliases.get(alias)!r}; bands are "
                f"{', '.join(bands)}"
            )
    return [bands.index(aliases[alias]) for alias in FEATURES[feature]]
