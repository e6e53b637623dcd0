"""The one path from stored values to what a network gets.

Every operation works on each element alone, in single precision and in a fixed order, and IEEE arithmetic gives
one result for each: so a pixel's tensor has the same bits in any batch, chunk or memory layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.series.catalogue import FEATURES
from tilefold.series.component_kernels import BRIGHTNESS, NORMALISED_DIFFERENCE, Recipe, fill_components
from tilefold.series.expressions import Values, evaluate
from tilefold.series.inputs import component_names
from tilefold.series.layout import NODATA
from tilefold.storage.samples import extra_name

#: Formula of each feature of `tilefold.series.catalogue`, which names the bands that it takes. NDVI: near infrared
#: and red. NDWI in the reference system's sense: short-wave infrared and near infrared, the opposite of Gao's index.
#: A difference over a sum under 1e-5 is 0 (the reference system's rule); brightness adds in the order of the bands.
FORMULAS: dict[str, int] = {
    "ndvi": NORMALISED_DIFFERENCE,
    "ndwi": NORMALISED_DIFFERENCE,
    "brightness": BRIGHTNESS,
}


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
    fill_components(values, out, _recipes(spec), spec["scale"], spec["offset"])
    others = _expressions(out, spec)
    if joining:
        given = np.empty((0, 0, 0), np.float32) if extra is None else extra
        _check_shape(given, (dates, joining))
        out[:, :, -joining:] = given
        others += range(out.shape[2] - joining, out.shape[2])
    if others and values.size and values.min() == NODATA:
        missing = np.isnan(out[:, :, 0])
        for position in others:
            out[:, :, position][missing] = np.nan
    return out


def _recipes(spec: Mapping[str, Any]) -> list[Recipe]:
    """How and where the features are computed that are no expressions."""
    recipes = []
    for place, name in enumerate(spec["features"], start=len(spec["bands"])):
        if name not in spec.get("expressions", {}):
            bands = _band_indexes(name, spec)
            recipes.append(Recipe(place, FORMULAS[name], *bands))
    return recipes


def _expressions(out: Values, spec: Mapping[str, Any]) -> list[int]:
    """Put in the features that are expressions, NaN where one is not defined; their places."""
    expressions = spec.get("expressions", {})
    bands = {band: out[:, :, index] for index, band in enumerate(spec["bands"])}
    places = [place for place, name in enumerate(spec["features"], start=len(bands)) if name in expressions]
    for place in places:
        out[:, :, place] = evaluate(expressions[spec["features"][place - len(bands)]], bands)
    return places


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
