"""What can be wrong with a configuration beyond its keys and types, found before any job."""

from __future__ import annotations

import difflib
from pathlib import Path

from pyproj import CRS
from pyproj.exceptions import CRSError

from tilefold.config.data import Sensor
from tilefold.config.model import Config
from tilefold.ground_truth.reading import check_reference
from tilefold.networks.registry import check_network
from tilefold.plan.calendar import filling_faults
from tilefold.plan.external import module_faults
from tilefold.plan.features import feature_faults
from tilefold.sensors.catalogue import SENSORS


def config_faults(config: Config) -> list[str]:
    """Faults of sensors, features, reference data, CRS and network."""
    faults = []
    for name, sensor in config.sensors.items():
        faults += [*_sensor_faults(name, sensor), *filling_faults(config, name)]
    if not faults:
        faults += feature_faults(config)
    training = config.training
    return [
        *faults,
        *_user_feature_faults(config),
        *module_faults(config.external_features),
        *_crs_faults(config.output_crs),
        *_reference_faults(config),
        *check_network(training.dl_name, training.dl_module, training.dl_parameters),
    ]


def _sensor_faults(name: str, sensor: Sensor) -> list[str]:
    if name in SENSORS:
        return _known_sensor_faults(name, sensor)
    missing = [key for key in ("bands", "band_path", "nodata") if getattr(sensor, key) is None]
    if len(missing) == 3:
        close = difflib.get_close_matches(name, list(SENSORS), n=1)
        hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(SENSORS)}"
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


def _user_feature_faults(config: Config) -> list[str]:
    faults = [
        f"user_features.{name}: a sensor has this name; choose another"
        for name in config.user_features
        if name in config.sensors
    ]
    for name, feature in config.user_features.items():
        if "{tile}" not in feature.path and not Path(feature.path).is_file():
            faults.append(f"user_features.{name}.path: no file {feature.path}")
        for tile in [*(config.tiles.train or []), *(config.tiles.map or [])]:
            path = feature.path.format(tile=tile)
            if "{tile}" in feature.path and not Path(path).is_file():
                faults.append(f"user_features.{name}.path: no file {path}")
    return faults


def _crs_faults(crs: str | None) -> list[str]:
    if crs is None:
        return []
    try:
        CRS.from_user_input(crs)
    except CRSError:
        return [f"output_crs: found {crs!r}, which is no CRS; give for example EPSG:2154"]
    return []


def _reference_faults(config: Config) -> list[str]:
    reference = config.reference
    if not Path(reference.path).is_file():
        return [f"reference.path: no file {reference.path}"]
    return check_reference(reference.path, reference.layer, reference.class_field, reference.id_field)
