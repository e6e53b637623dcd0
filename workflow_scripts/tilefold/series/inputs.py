"""What inputs hold: which components, from which files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def is_user_raster(spec: Mapping[str, Any]) -> bool:
    """Whether an input is a static raster of the user, and not one of external features, which have names."""
    return spec["kind"] == "static" and "names" not in spec


def is_external(spec: Mapping[str, Any]) -> bool:
    """Whether an input is made of external features alone."""
    return spec["kind"] != "series" and not is_user_raster(spec)


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


def named_inputs(
    inputs: Mapping[str, Any], series: Sequence[str], clear: Sequence[str], static: Sequence[str]
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Name lists of paths: series and clear dates by the sensors, static rasters by the user's features."""
    sensors = [name for name, spec in inputs.items() if spec["kind"] == "series"]
    others = [name for name, spec in inputs.items() if is_user_raster(spec)]
    return (
        dict(zip(sensors, series, strict=True)),
        dict(zip(sensors, clear, strict=True)),
        dict(zip(others, static, strict=True)),
    )
