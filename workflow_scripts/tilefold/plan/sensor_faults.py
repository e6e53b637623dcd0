"""What can be wrong with the section of a sensor beyond its keys and types."""

from __future__ import annotations

import difflib
from pathlib import Path

from tilefold.config.data import Sensor
from tilefold.config.model import Config
from tilefold.plan.calendar import filling_faults
from tilefold.sensors.catalogue import SENSORS


def sensor_faults(config: Config) -> dict[str, list[str]]:
    """Faults of each sensor; one that has some is not looked for on disk."""
    return {
        name: [*_sensor_faults(name, sensor), *_folder_faults(name, sensor), *filling_faults(config, name)]
        for name, sensor in config.sensors.items()
    }


def _folder_faults(name: str, sensor: Sensor) -> list[str]:
    return [] if Path(sensor.path).is_dir() else [f"sensors.{name}.path: no folder {sensor.path}"]


def _sensor_faults(name: str, sensor: Sensor) -> list[str]:
    if name in SENSORS:
        return _known_sensor_faults(name, sensor)
    missing = [key for key in ("bands", "band_path", "nodata") if getattr(sensor, key) is None]
    if len(missing) == 3:
        parts = [known for known in SENSORS if known.startswith(f"{name}_")]
        close = difflib.get_close_matches(name, list(SENSORS), n=1)
        hint = f"known are {', '.join(SENSORS)}"
        if parts or close:
            hint = f"did you mean {' or '.join(parts or close)}?"
        return [
            f"sensors.{name}: not in the catalogue ({hint}); a sensor of your own needs bands, "
            "band_path and nodata"
        ]
    faults = [f"sensors.{name}.{key}: needed for a sensor outside the catalogue" for key in missing]
    if sensor.speckle_filter != "none":
        faults.append(
            f"sensors.{name}.speckle_filter: known for Sentinel-1 of the catalogue alone; remove it"
        )
    if sensor.mask_bits is not None and ("mask_valid" in sensor.model_fields_set or sensor.mask_path is None):
        faults.append(
            f"sensors.{name}.mask_bits: needs a mask_path and stands instead of mask_valid; give one of the two"
        )
    for key, wanted in (("band_path", ("{tile}", "{date}", "{band}")), ("mask_path", ("{tile}", "{date}"))):
        path = getattr(sensor, key)
        lacking = [part for part in wanted if path is not None and part not in path]
        if key == "band_path" and len(sensor.bands or []) == 1:
            lacking = [part for part in lacking if part != "{band}"]
        if lacking:
            faults.append(f"sensors.{name}.{key}: found {path!r}, which lacks {' and '.join(lacking)}")
    return faults


def _known_sensor_faults(name: str, sensor: Sensor) -> list[str]:
    """Faults of a sensor of the catalogue."""
    entry = SENSORS[name]
    known = [*entry["bands"], *entry.get("extra_bands", [])]
    faults = [
        f"sensors.{name}.bands: no band {band}; known are {', '.join(known)}"
        for band in sensor.bands or []
        if band not in known
    ]
    faults += [
        f"sensors.{name}.{key}: the catalogue describes {name}; remove this key"
        for key in ("band_path", "mask_path", "mask_valid", "date_format", "nodata", "aliases")
        if key in sensor.model_fields_set and getattr(sensor, key) is not None
    ]
    if sensor.mask_bits is not None and not any("bits" in mask for mask in entry.get("masks", [])):
        faults.append(f"sensors.{name}.mask_bits: the masks of {name} are not told by bits; remove this key")
    if sensor.speckle_filter != "none" and entry["reader"] != "sentinel1":
        faults.append(f"sensors.{name}.speckle_filter: only Sentinel-1 has speckle; remove this key")
    return faults
