"""External features before any job: the user's functions are tried out, since their labels shape the network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.config.data import ExternalFeatures
from tilefold.config.model import Config
from tilefold.plan.sensors import acquisition_days, definition, feature_names
from tilefold.series.accessors import CLEAR, Values, block_views
from tilefold.series.external_layout import LayoutError, arrange
from tilefold.series.user_functions import ExternalFeatureError, UserFunctions

#: Rows and columns of the block that functions are tried out on, and the numbers in it.
TRIAL_SHAPE = (4, 5)
TRIAL_VALUES = (100, 5000)
TRIAL_PLACE = "a made-up block, tried out before any job"


def module_faults(chosen: ExternalFeatures) -> list[str]:
    """Faults of the configuration that are seen without running the user's code."""
    if chosen.module is None:
        wrong = "functions are named, but no file that holds them"
        return [f"external_features.module: missing; {wrong}"] if chosen.functions else []
    if not Path(chosen.module).is_file():
        return [f"external_features.module: no file {chosen.module}"]
    if not chosen.functions:
        return [f"external_features.functions: name the functions of {chosen.module} to call"]
    return []


def function_calls(chosen: ExternalFeatures) -> list[dict[str, Any]]:
    """Name and parameters of each call."""
    return [
        {"name": call, "parameters": {}} if isinstance(call, str) else call.model_dump()
        for call in chosen.functions
    ]


def function_scale(config: Config, sensor: str) -> list[float]:
    """Scale and offset of the values that functions get of a sensor."""
    if config.external_features.values == "stored":
        return [1.0, 0.0]
    described = definition(config, sensor)
    return [described["scale"], described["offset"]]


def try_functions(
    config: Config, calendars: Mapping[str, list[str]], products: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Any] | None, list[str]]:
    """Call the user's functions on a few made-up pixels, all clear, to learn what they make.

    Returns
    -------
    external : dict or None
        See `tilefold.plan.plan.Plan`.
    faults : list of str
    """
    chosen = config.external_features
    if chosen.module is None:
        return None, []
    sensors = {
        sensor: {
            "bands": list(definition(config, sensor)["bands"]),
            "dates": calendars[sensor],
            "components": [*definition(config, sensor)["bands"], *feature_names(config, sensor)],
        }
        for sensor in config.sensors
    }
    days = {sensor: acquisition_days(config, sensor, products) for sensor in config.sensors}
    calls = function_calls(chosen)
    block = _TrialBlock(config, calendars, days)
    views = block_views(block, sensors, days, len(calls))
    try:
        layers, _ = UserFunctions(chosen.module, calls)(views, chosen.margin, TRIAL_PLACE)
        arranged = arrange(layers, sensors, list(config.user_features))
    except (ExternalFeatureError, LayoutError) as error:
        return None, [f"external_features: {error}"]
    raw = sorted({sensor for view in views for sensor in view.raw_sensors})
    return {**arranged, "raw": raw}, []


class _TrialBlock:
    """A few pixels with numbers of the size of reflectances, the same at each call."""

    def __init__(
        self, config: Config, calendars: Mapping[str, list[str]], days: Mapping[str, list[str]]
    ) -> None:
        margin = config.external_features.margin
        self.shape = (TRIAL_SHAPE[0] + 2 * margin, TRIAL_SHAPE[1] + 2 * margin)
        self._scales = {sensor: function_scale(config, sensor) for sensor in config.sensors}
        self._calendars = calendars
        self._days = days
        self._random = np.random.default_rng(0)

    def interpolated(self, sensor: str, band: str) -> Values:  # noqa: ARG002
        return self._values(sensor, len(self._calendars[sensor]))

    def raw(self, sensor: str, band: str) -> Values:  # noqa: ARG002
        return self._values(sensor, len(self._days[sensor]))

    def masks(self, sensor: str) -> NDArray[np.uint8]:
        return np.full((*self.shape, len(self._days[sensor])), CLEAR, np.uint8)

    def _values(self, sensor: str, dates: int) -> Values:
        scale, offset = self._scales[sensor]
        stored = self._random.integers(*TRIAL_VALUES, (*self.shape, dates))
        return (stored * scale + offset).astype(np.float32)
