"""Features by name and by expression, resolved before any job to plain formulas over a sensor's bands."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from tilefold.config.data import Expression
from tilefold.config.model import Config
from tilefold.plan.sensors import definition, feature_names
from tilefold.series.catalogue import FEATURES
from tilefold.series.expressions import ExpressionError, names_in, substitute

#: Aliases of sensors for the standard names of bands in the formulas of spyndex.
STANDARD = {
    "A": ["coastal"],
    "B": ["blue"],
    "G": ["green"],
    "R": ["red"],
    "RE1": ["rededge1"],
    "RE2": ["rededge2"],
    "RE3": ["rededge3"],
    "N": ["nir"],
    "N2": ["nir2"],
    "S1": ["swir1", "swir"],
    "S2": ["swir2"],
    "VV": ["vv"],
    "VH": ["vh"],
}

#: Where spyndex tells the wavelengths of sensors that have one instrument.
PLATFORMS = {
    "sentinel2": "sentinel2a",
    "sentinel2s2c": "sentinel2a",
    "sentinel2l3a": "sentinel2a",
    "landsat8": "landsat8",
    "landsat8old": "landsat8",
    "landsat5old": "landsat5",
}


class FeatureError(ValueError):
    """A feature that a sensor cannot have."""


def feature_faults(config: Config, sensors: Sequence[str] | None = None) -> list[str]:
    """What is wrong with the features of the config.

    Parameters
    ----------
    config
        The configuration.
    sensors
        The sensors whose features are looked at. Default: all.
    """
    faults = [
        f"features.{sensor}: no such sensor; sensors are {', '.join(config.series)}"
        for sensor in config.features
        if sensor not in config.series
    ]
    for sensor in config.series if sensors is None else sensors:
        described = definition(config, sensor)
        for feature in _chosen(config, sensor):
            try:
                _formula(feature, sensor, described)
            except FeatureError as error:
                faults.append(f"features.{sensor}: {error}")
        faults += _repeated(sensor, [*described["bands"], *feature_names(config, sensor)])
    return faults


def feature_expressions(config: Config) -> dict[str, dict[str, str]]:
    """For each sensor, formulas over its bands of all features but `ndvi`, `ndwi` and `brightness`.

    Raises
    ------
    FeatureError
        If a feature is unknown, or the sensor lacks a band of it; see `feature_faults`.
    """
    found: dict[str, dict[str, str]] = {}
    for sensor in config.series:
        described = definition(config, sensor)
        formulas = [_formula(feature, sensor, described) for feature in _chosen(config, sensor)]
        names = feature_names(config, sensor)
        found[sensor] = {
            name: formula for name, formula in zip(names, formulas, strict=True) if formula is not None
        }
    return found


def _chosen(config: Config, sensor: str) -> list[str | Expression]:
    return config.features.get(sensor) or list(feature_names(config, sensor))


def _repeated(sensor: str, names: list[str]) -> list[str]:
    """Faults of components with the name of another."""
    repeated = sorted({name for name in names if names.count(name) > 1})
    return [f"features.{sensor}: two bands or features are named {name}; rename one" for name in repeated]


def _formula(feature: str | Expression, sensor: str, described: Mapping[str, Any]) -> str | None:
    """Formula of a feature over the sensor's bands; None for the library's own features."""
    if isinstance(feature, Expression):
        return _own_formula(feature, described)
    if feature not in FEATURES:
        return _index_formula(feature, sensor, described)
    aliases = described["aliases"]
    for alias in FEATURES[feature]:
        if aliases.get(alias) not in described["bands"]:
            band = aliases.get(alias)
            why = (
                f"which is {band} and not among the sensor's bands"
                if band
                else "which `aliases` does not name"
            )
            raise FeatureError(f"{feature} needs the {alias} band, {why}")
    return None


def _own_formula(feature: Expression, described: Mapping[str, Any]) -> str:
    bands: list[str] = described["bands"]
    aliases = {alias: band for alias, band in described["aliases"].items() if band in bands}
    known = [*bands, *aliases]
    if feature.name in FEATURES:
        raise FeatureError(f"{feature.name} is the name of a built-in feature; give the expression another")
    try:
        names = names_in(feature.expression)
    except ExpressionError as error:
        raise FeatureError(f"{feature.name}: {error}") from error
    for name in names:
        if name not in known:
            raise FeatureError(
                f"{feature.name}: {feature.expression!r} names {name}, which is no band{_guess(name, known)}; "
                f"known are {', '.join(known)}"
            )
    if not names:
        raise FeatureError(f"{feature.name}: {feature.expression!r} names no band")
    return substitute(feature.expression, {a: band for a, band in aliases.items() if a not in bands})


def _index_formula(name: str, sensor: str, described: Mapping[str, Any]) -> str:
    """Formula of an index of spyndex; constants have their default values."""
    import spyndex  # noqa: PLC0415  a fifth of a second, and only where an index is named

    if name not in spyndex.indices:
        known = [*FEATURES, *spyndex.indices]
        raise FeatureError(
            f"no feature {name}{_guess(name, known)}; known are {', '.join(FEATURES)} and the indices of spyndex "
            f"{spyndex.__version__}, see https://awesome-ee-spectral-indices.readthedocs.io"
        )
    formula = spyndex.indices[name].formula
    replacements: dict[str, str | float] = {}
    for part in names_in(formula):
        if part in spyndex.constants:
            value = spyndex.constants[part].default
            value = _wavelength(part, sensor) if value is None else value
            if value is None:
                raise FeatureError(
                    f"{name} = {formula} needs the constant {part}, which has no usual value; "
                    "write an expression instead"
                )
            replacements[part] = float(value)
        elif part in spyndex.bands or part in STANDARD:
            replacements[part] = _standard_band(name, part, formula, described)
        else:
            raise FeatureError(f"{name} = {formula} needs the kernel {part}; write an expression instead")
    return substitute(formula, replacements)


def _wavelength(constant: str, sensor: str) -> float | None:
    """Wavelength in nanometres that a constant such as ``lambdaN`` stands for; None if it is not known."""
    import spyndex  # noqa: PLC0415

    band = spyndex.bands.get(constant.removeprefix("lambda"))
    of_platform = getattr(band, PLATFORMS.get(sensor, ""), None)
    return None if of_platform is None else float(of_platform.wavelength)


def _standard_band(index: str, part: str, formula: str, described: Mapping[str, Any]) -> str:
    """The sensor's band with a standard name: by its aliases, or a band so called."""
    import spyndex  # noqa: PLC0415

    bands, aliases = described["bands"], described["aliases"]
    for name in [part, *STANDARD.get(part, [])]:
        for candidate in (aliases.get(name), name):
            if candidate in bands:
                return str(candidate)
    meaning = f" ({spyndex.bands[part].long_name.lower()})" if part in spyndex.bands else ""
    raise FeatureError(
        f"{index} = {formula} needs {part}{meaning}, which the sensor lacks among {', '.join(bands)}; "
        "keep it among `bands`, name it in `aliases` of a sensor of your own, or write an expression"
    )


def _guess(name: str, known: list[str]) -> str:
    folded = {other.lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), folded, n=3)
    return f" (did you mean {' or '.join(folded[match] for match in close)}?)" if close else ""
