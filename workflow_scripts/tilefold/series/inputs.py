"""Which file belongs to which input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def named_inputs(
    inputs: Mapping[str, Any], series: Sequence[str], clear: Sequence[str], static: Sequence[str]
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Name lists of paths: series and clear dates by the sensors of `inputs`, static rasters by the others."""
    sensors = [name for name, spec in inputs.items() if spec["kind"] == "series"]
    others = [name for name, spec in inputs.items() if spec["kind"] == "static"]
    return (
        dict(zip(sensors, series, strict=True)),
        dict(zip(sensors, clear, strict=True)),
        dict(zip(others, static, strict=True)),
    )
