"""Products that are one folder each, with paths that follow from its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tilefold.sensors.errors import BadAcquisitionError
from tilefold.sensors.named import find_named, mask_rule, parse_name
from tilefold.sensors.product import AcquisitionFiles, BandFile, MaskFile, TileProducts


def find_products(root: Path, tile: str, definition: Mapping[str, Any]) -> TileProducts:
    """Products of a tile, from one listing of ``root/<tile>`` and one look at a file of each."""

    def stamped(path: Path) -> Path:
        return path / _fill(definition["stamped"], definition, path.name)

    return find_named(root / tile, tile, definition, stamped=stamped)


def acquisition_files(root: Path, tile: str, definition: Mapping[str, Any], name: str) -> AcquisitionFiles:
    """Files of the product that lies in the folder ``root/<tile>/<name>``; nothing is opened.

    Raises
    ------
    BadAcquisitionError
        If the platform of the product has not all bands.
    """
    folder = root / tile / name
    indexes = definition.get("indexes", {})
    return AcquisitionFiles(
        product=name,
        bands=tuple(
            BandFile(
                folder / _fill(definition["band_path"], definition, name, file_band),
                indexes.get(band, 1),
                definition.get("shift", 0),
            )
            for band, file_band in _file_bands(folder, definition, name).items()
        ),
        masks=tuple(
            MaskFile(folder / _fill(mask["path"], definition, name), mask_rule(mask))
            for mask in definition["masks"]
        ),
        nodata=definition["nodata"],
        same_bits=definition.get("same_bits", False),
        resampling=definition.get("resampling", "cubic"),
    )


def _fill(pattern: str, definition: Mapping[str, Any], name: str, band: str = "") -> str:
    return pattern.format(**parse_name(definition, name), name=name, band=band)


def _file_bands(folder: Path, definition: Mapping[str, Any], name: str) -> dict[str, str]:
    """For each band the name that it has in the paths of this product."""
    bands = definition["bands"]
    for platform, names in definition.get("platforms", {}).items():
        if not re.match(platform, name):
            continue
        lacking = [band for band in bands if band not in names]
        if lacking:
            raise BadAcquisitionError(
                name,
                folder,
                f"this platform has no band {', '.join(lacking)}; leave it out of the sensor's `bands`",
            )
        return {band: names[band] for band in bands}
    return {band: band for band in bands}
