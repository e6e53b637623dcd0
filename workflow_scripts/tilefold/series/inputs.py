"""Which file belongs to which input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def is_user_raster(spec: Mapping[str, Any]) -> bool:
    """Whether an input is a static raster of the user, and not one of external features, which have names."""
    return spec["kind"] == "static" and "names" not in spec


def is_external(spec: Mapping[str, Any]) -> bool:
    """Whether an input is made of external features alone."""
    return spec["kind"] != "series" and not is_user_raster(spec)


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
