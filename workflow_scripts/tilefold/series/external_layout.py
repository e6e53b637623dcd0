"""Where the layers of external features go: into a sensor's tensor, or into inputs of their own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tilefold.series.labels import Layer

#: Name of an argument of the network's `forward` and of a variable in files.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class LayoutError(ValueError):
    """Labels that make no tensor."""


def arrange(
    layers: Sequence[Layer], sensors: Mapping[str, Mapping[str, Any]], taken: Sequence[str]
) -> dict[str, Any]:
    """Inputs that the layers of all functions make.

    Parameters
    ----------
    layers
        Sensor or group, feature and ISO date (or None) of each layer, see `tilefold.series.labels.read_label`.
    sensors
        For each sensor, its `dates` and the names of its `components`.
    taken
        Names of other inputs.

    Returns
    -------
    dict
        `extra`: for each sensor that layers join, the names of its further components; `groups`: for each new
        input, its description: `kind` "temporal" with `dates` and `components`, or "static" with `bands` (their
        number) and `names`.

    Raises
    ------
    LayoutError
        If a layer stands twice, lacks some dates of its sensor or group, or has the name of something else.
    """
    repeated = [layer for layer, number in Counter(layers).items() if number > 1]
    if repeated:
        raise LayoutError(f"several layers are labelled {_named(repeated[0])}; give each another label")
    dated: dict[str, dict[str, list[str]]] = {}
    static: dict[str, list[str]] = {}
    for name, feature, date in input_layers(layers, sensors):
        if date is None:
            static.setdefault(name, []).append(feature)
        else:
            dated.setdefault(name, {}).setdefault(feature, []).append(date)
    extra = {
        name: _joining(name, features, sensors[name]) for name, features in dated.items() if name in sensors
    }
    groups: dict[str, dict[str, Any]] = {}
    for name, features in dated.items():
        if name not in sensors:
            groups[name] = {
                "kind": "temporal",
                "dates": _common(name, features),
                "components": list(features),
            }
    for name, names in static.items():
        if name in groups:
            raise LayoutError(f"group {name} has layers with and without a date; name two groups")
        groups[name] = {"kind": "static", "bands": len(names), "names": names}
    _check_names(groups, [*sensors, *taken])
    return {"extra": extra, "groups": groups}


def input_layers(layers: Sequence[Layer], sensors: Collection[str]) -> list[Layer]:
    """Layers by the input that they go to: those of a sensor without a date make the group ``<sensor>_static``."""
    return [
        (f"{name}_static" if date is None and name in sensors else name, feature, date)
        for name, feature, date in layers
    ]


def external_inputs(inputs: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Parts of inputs that come from the raster of external features, in the order of its bands.

    Returns
    -------
    dict
        Name of the input to `components` and, where they have some, `dates`.
    """
    parts: dict[str, dict[str, Any]] = {}
    for name, spec in inputs.items():
        if spec["kind"] == "series" and spec.get("extra"):
            parts[name] = {"dates": list(spec["dates"]), "components": list(spec["extra"])}
        elif spec["kind"] == "temporal":
            parts[name] = {"dates": list(spec["dates"]), "components": list(spec["components"])}
        elif spec["kind"] == "static" and "names" in spec:
            parts[name] = {"components": list(spec["names"])}
    return parts


def external_layers(inputs: Mapping[str, Mapping[str, Any]]) -> list[Layer]:
    """Input, component and date of each band of the raster of external features: date by date in each input."""
    return [
        (name, component, date)
        for name, part in external_inputs(inputs).items()
        for date in part.get("dates", [None])
        for component in part["components"]
    ]


def external_descriptions(inputs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Descriptions ``<input> <component> <YYYYMMDD>`` of the raster's bands."""
    return [_named(layer) for layer in external_layers(inputs)]


def _named(layer: Layer) -> str:
    name, feature, date = layer
    return f"{name} {feature}" if date is None else f"{name} {feature} {date.replace('-', '')}"


def _joining(sensor: str, features: Mapping[str, list[str]], known: Mapping[str, Any]) -> list[str]:
    """Features that join a sensor, each on all its dates."""
    for feature, dates in features.items():
        if feature in known["components"]:
            raise LayoutError(f"{sensor} has a component {feature} already; name the feature otherwise")
        if sorted(dates) != list(known["dates"]):
            odd = sorted(set(dates) ^ set(known["dates"]))
            raise LayoutError(
                f"{feature} joins {sensor}, so it needs the {len(known['dates'])} dates of its calendar, found "
                f"{len(dates)}; the first that differs is {odd[0]}. Take the dates of interpolated_dates, or give "
                "the labels another sensor_name, which makes an input of its own"
            )
    return list(features)


def _common(group: str, features: Mapping[str, list[str]]) -> list[str]:
    first, dates = next(iter(features.items()))
    for feature, other in features.items():
        if sorted(other) != sorted(dates):
            raise LayoutError(
                f"the features of {group} must have the same dates: {first} has {len(dates)}, {feature} "
                f"{len(other)} or others; give one of them another sensor_name"
            )
    return sorted(dates)


def _check_names(groups: Mapping[str, Any], taken: Sequence[str]) -> None:
    for name in groups:
        if not _NAME.fullmatch(name):
            raise LayoutError(f"sensor_name {name!r}: use letters, digits and underscores, a letter first")
        if name.lower() in [other.lower() for other in taken]:
            raise LayoutError(f"sensor_name {name!r}: another input has this name; choose another")
