"""What the jobs must know of each sensor: how to read it, what is stored, what the network gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tilefold.config.model import Config
from tilefold.config.samples import SampleInput
from tilefold.plan.plan import Plan
from tilefold.sensors.catalogue import SENSORS

#: Parts of a sensor's description that concern other things than reading.
FEATURE_KEYS = frozenset({"scale", "offset", "aliases", "features", "step", "extra_bands"})

#: Step in which physical values of a table of samples are stored.
PHYSICAL_STEP = 0.0001

#: Days between two dates of a sensor outside the catalogue.
STEP = 10


def definition(config: Config, sensor: str) -> dict[str, Any]:
    """Full description of a sensor: the catalogue's or the config's, with the config's choices."""
    if config.samples is not None:
        return _table_definition(sensor, config.samples.inputs[sensor])
    chosen = config.sensors[sensor]
    if sensor in SENSORS:
        found = dict(SENSORS[sensor])
        keys = ("bands", "scale", "offset", "resampling")
        given = {key: getattr(chosen, key) for key in keys}
        found.update({key: value for key, value in given.items() if value is not None})
        if chosen.mask_bits is not None:
            found["masks"] = [{**mask, "bits": chosen.mask_bits} for mask in found["masks"]]
        if chosen.speckle_filter == "quegan":
            found["speckle_window"] = chosen.speckle_window
        return found
    return {
        "reader": "generic",
        "bands": chosen.bands,
        "band_path": chosen.band_path,
        "mask_path": chosen.mask_path,
        "mask_valid": chosen.mask_valid,
        "mask_bits": chosen.mask_bits,
        "date_format": chosen.date_format,
        "nodata": chosen.nodata,
        "resampling": chosen.resampling or "cubic",
        "scale": 1.0 if chosen.scale is None else chosen.scale,
        "offset": 0.0 if chosen.offset is None else chosen.offset,
        "aliases": chosen.aliases,
        "features": [],
        "step": STEP,
    }


def _table_definition(sensor: str, chosen: SampleInput) -> dict[str, Any]:
    """Description of a series of a table of samples; nothing is read from images."""
    known = SENSORS.get(sensor, {})
    scale = 1.0 if chosen.values == "stored" else PHYSICAL_STEP
    return {
        "bands": chosen.bands or list(known.get("bands", [])),
        "scale": chosen.scale or known.get("scale", scale),
        "offset": known.get("offset", 0.0) if chosen.offset is None else chosen.offset,
        "aliases": chosen.aliases or dict(known.get("aliases", {})),
        "features": list(known.get("features", [])),
    }


def feature_names(config: Config, sensor: str) -> list[str]:
    """Names of a sensor's features: the config's choice, else the catalogue's."""
    chosen = config.features.get(sensor)
    if chosen is None:
        return list(definition(config, sensor)["features"])
    return [item if isinstance(item, str) else item.name for item in chosen]


def reading_definition(config: Config, sensor: str) -> dict[str, Any]:
    """What reading a sensor's products depends on."""
    return {key: value for key, value in definition(config, sensor).items() if key not in FEATURE_KEYS}


def stored_inputs(plan: Plan) -> dict[str, dict[str, Any]]:
    """What series, static rasters and external features hold: bands or components and dates of each."""
    series = {
        sensor: {
            "kind": "series",
            "bands": list(definition(plan.config, sensor)["bands"]),
            "dates": plan.calendars[sensor],
        }
        for sensor in plan.config.series
    }
    static: dict[str, dict[str, Any]] = {
        name: {"kind": "static", "bands": feature.bands, "resampling": feature.resampling}
        for name, feature in plan.config.user_features.items()
    }
    if plan.config.samples is not None:
        static |= {
            name: {"kind": "static", "bands": len(columns), "names": list(columns)}
            for name, columns in plan.config.samples.static.items()
        }
    if plan.external is None:
        return {**series, **static}
    for sensor, names in plan.external["extra"].items():
        series[sensor]["extra"] = list(names)
    return {**series, **static, **plan.external["groups"]}


def network_inputs(plan: Plan) -> dict[str, dict[str, Any]]:
    """What the network gets: the stored values, their scales and the features computed from them."""
    inputs = stored_inputs(plan)
    for sensor in plan.config.series:
        described = definition(plan.config, sensor)
        inputs[sensor] |= {
            "scale": described["scale"],
            "offset": described["offset"],
            "aliases": dict(described["aliases"]),
            "features": feature_names(plan.config, sensor),
            "expressions": dict(plan.expressions[sensor]),
        }
    return inputs


def acquisitions(config: Config, products: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Products between `calendar.start` and `calendar.end`."""
    limits = config.calendar
    return [
        dict(product)
        for product in products
        if (limits.start is None or product["date"] >= limits.start.isoformat())
        and (limits.end is None or product["date"] <= limits.end.isoformat())
    ]


def acquisition_days(config: Config, sensor: str, products: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Days on which a sensor acquired any tile, ISO, rising."""
    found = [acquisitions(config, sensors[sensor]) for sensors in products.values()]
    return sorted({product["date"] for of_tile in found for product in of_tile})
