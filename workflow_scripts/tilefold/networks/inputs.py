"""Names and shapes of a network's inputs, with the names that inputs had in older programs."""

from __future__ import annotations

import datetime
from collections.abc import Container, Iterable, Mapping
from typing import Any, TypeVar

from tilefold.series.inputs import component_names

#: Older name of an input to the name that it has.
OLDER_NAMES: dict[str, str] = {
    "s2_theia": "sentinel2",
    "s2_s2c": "sentinel2s2c",
    "s2_l3a": "sentinel2l3a",
    "l8": "landsat8",
    "l8_old": "landsat8old",
    "l5": "landsat5old",
    "l5_old": "landsat5old",
    "s1_desvv": "sentinel1_desvv",
    "s1_desvh": "sentinel1_desvh",
    "s1_ascvv": "sentinel1_ascvv",
    "s1_ascvh": "sentinel1_ascvh",
}

Value = TypeVar("Value")


class ByInput(dict[str, Value]):
    """Something for each input, that is found under the input's older names too."""

    def __missing__(self, name: str) -> Value:
        current = OLDER_NAMES.get(name)
        if current is None or not super().__contains__(current):
            raise KeyError(f"no input {name!r}; the inputs are {', '.join(self)}")
        return self[current]

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (
            isinstance(name, str) and super().__contains__(OLDER_NAMES.get(name))
        )

    def get(self, name: str, default: Any = None) -> Any:
        """Value of an input, by its name or an older one."""
        known = super().__contains__(name)
        return super().get(name if known else OLDER_NAMES.get(name, name), default)


def argument_names(inputs: Iterable[str], accepted: Container[str]) -> dict[str, str]:
    """Name of the argument of `forward` that takes each input: the input's own, or an older one if accepted."""
    older = [(name, current) for name, current in OLDER_NAMES.items() if name in accepted]
    return {
        name: name if name in accepted else next((old for old, now in older if now == name), name)
        for name in inputs
    }


def sensors_information(inputs: Mapping[str, Mapping[str, Any]]) -> ByInput[dict[str, int]]:
    """``nb_components`` and ``nb_dates`` of each input; static features have one date."""
    return ByInput(
        {
            name: {
                "nb_components": len(component_names(spec)),
                "nb_dates": len(spec["dates"]) if "dates" in spec else 1,
            }
            for name, spec in inputs.items()
        }
    )


def days_of_year(inputs: Mapping[str, Mapping[str, Any]]) -> ByInput[dict[str, Any]]:
    """What networks are told of the dates of each input with dates.

    Returns
    -------
    dict
        By input: ``doy``, the day of the year (1 to 366) of each date; ``days``, the same, but counted on from
        the first of January of the first date's year, so that a second year's days are others;
        ``features_per_dates``, the number of components.
    """
    return ByInput(
        {
            name: {**_days(spec["dates"]), "features_per_dates": len(component_names(spec))}
            for name, spec in inputs.items()
            if "dates" in spec
        }
    )


def _days(dates: Iterable[str]) -> dict[str, list[int]]:
    days = [datetime.date.fromisoformat(date) for date in dates]
    first = datetime.date(min(days).year, 1, 1)
    return {
        "doy": [day.timetuple().tm_yday for day in days],
        "days": [(day - first).days + 1 for day in days],
    }


def shapes(inputs: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[int, ...]]:
    """Shape of one sample of each input: (dates, components), or (components,) without dates."""
    return {
        name: (info["nb_dates"], info["nb_components"])
        if "dates" in inputs[name]
        else (info["nb_components"],)
        for name, info in sensors_information(inputs).items()
    }
