"""Whether a sensor's products hold the files that will be read, seen on one product a tile."""

from __future__ import annotations

from pathlib import Path

from tilefold.config.model import Config
from tilefold.plan.grouping import acquisition_faults
from tilefold.plan.products import Products
from tilefold.plan.sensors import acquisitions, definition
from tilefold.sensors.catalogue import SENSORS
from tilefold.sensors.errors import BadAcquisitionError
from tilefold.sensors.listing import reader_of


def file_faults(config: Config, products: Products) -> list[str]:
    """Files that are missing from products: a wrong name of a band or mask is seen before any job.

    Looked at is each tile's first product within the calendar; where bad acquisitions are skipped, a tile has a
    fault only if none of its products is complete.
    """
    faults: list[str] = []
    for sensor in config.sensors:
        errors = [
            error
            for tile, found in products.items()
            if (error := _first_error(config, sensor, tile, found.get(sensor, []))) is not None
        ]
        faults += acquisition_faults(sensor, errors)
    return faults


def _first_error(
    config: Config, sensor: str, tile: str, products: list[dict[str, str]]
) -> BadAcquisitionError | None:
    """What is wrong with the first product of a tile; None if it, or one that may stand for it, is complete."""
    first: BadAcquisitionError | None = None
    for product in acquisitions(config, products):
        error = _error(config, sensor, tile, product["name"])
        if error is None or config.on_bad_acquisition == "stop":
            return error
        first = first or error
    return first


def _error(config: Config, sensor: str, tile: str, product: str) -> BadAcquisitionError | None:
    described = definition(config, sensor)
    try:
        files = reader_of(described).acquisition_files(
            Path(config.sensors[sensor].path), tile, described, product
        )
    except BadAcquisitionError as error:
        return error
    for kind, members in (("band", files.bands), ("mask", files.masks)):
        paths = dict.fromkeys(member.path for member in members)
        missing = [path for path in paths if not path.is_file()]
        if missing:
            more = f", nor {len(missing) - 1} more files of {kind}s" if len(missing) > 1 else ""
            return BadAcquisitionError(product, missing[0], f"no such file{more}; {_advice(sensor, kind)}")
    return None


def _advice(sensor: str, kind: str) -> str:
    if sensor in SENSORS:
        return "is the delivery complete?" if kind == "mask" else "is the delivery complete? See also bands"
    return "check mask_path" if kind == "mask" else "check bands and band_path"
