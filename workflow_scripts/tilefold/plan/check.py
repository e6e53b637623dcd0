"""What can be wrong with a configuration beyond its keys and types, found before any job."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyproj import CRS
from pyproj.exceptions import CRSError

from tilefold.config.model import Config
from tilefold.config.products import Maps
from tilefold.plan.external import module_faults
from tilefold.plan.features import feature_faults
from tilefold.plan.reference import reference_faults
from tilefold.plan.resampling import resampling_faults


def config_faults(config: Config, sensors: Sequence[str]) -> list[str]:
    """Faults of features, reference data, CRS and resampling.

    Parameters
    ----------
    config
        The configuration.
    sensors
        The sensors whose own sections have no faults; only features of these are checked.
    """
    return [
        *feature_faults(config, sensors),
        *_user_feature_faults(config),
        *module_faults(config.external_features),
        *_crs_faults("output_crs", config.output_crs),
        *_map_crs_faults(config.maps),
        *reference_faults(config),
        *_reference_sample_faults(config),
        *resampling_faults(config),
    ]


def raster_faults(config: Config, tiles: Sequence[str]) -> list[str]:
    """Static rasters that are not there.

    Parameters
    ----------
    config
        The configuration.
    tiles
        All tiles that are worked on.
    """
    faults = []
    for name, feature in config.user_features.items():
        paths = dict.fromkeys(feature.raster(tile) for tile in tiles)
        missing = [path for path in paths if not Path(path).is_file()]
        if missing:
            more = f", nor those of {len(missing) - 1} more tiles" if len(missing) > 1 else ""
            faults.append(f"user_features.{name}.path: no file {missing[0]}{more}")
    return faults


def _user_feature_faults(config: Config) -> list[str]:
    return [
        f"user_features.{name}: a sensor has this name; choose another"
        for name in config.user_features
        if name in config.sensors
    ]


def _reference_sample_faults(config: Config) -> list[str]:
    sample = config.validation.reference_sample
    files = {} if sample is None else {"path": sample.path, "strata": sample.strata}
    return [
        f"validation.reference_sample.{key}: no file {path}; `tilefold sampling-design` writes both files"
        for key, path in files.items()
        if not Path(path).is_file()
    ]


def _map_crs_faults(maps: Maps) -> list[str]:
    """Faults of the CRS that maps are warped to."""
    faults = _crs_faults("maps.crs", maps.crs)
    if maps.crs is None or faults:
        return faults
    if CRS.from_user_input(maps.crs).is_geographic:
        faults.append(f"maps.crs: {maps.crs} is in degrees; give one in metres")
    return faults


def _crs_faults(key: str, crs: str | None) -> list[str]:
    if crs is None:
        return []
    try:
        CRS.from_user_input(crs)
    except CRSError:
        return [f"{key}: found {crs!r}, which is no CRS; give for example EPSG:2154"]
    return []
