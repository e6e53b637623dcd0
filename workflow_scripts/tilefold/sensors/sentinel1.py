"""Calibrated, orthorectified Sentinel-1 images: one GeoTIFF an image, named as S1Tiling names them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tilefold.sensors.named import find_named
from tilefold.sensors.product import AcquisitionFiles, BandFile, MaskFile, MaskRule, TileProducts


def find_products(root: Path, tile: str, definition: Mapping[str, Any]) -> TileProducts:
    """Images of a tile, from one listing of ``root/<tile>``; a product's name is that of its file, less .tif."""
    return find_named(root / tile, tile, definition, named=lambda path: path.stem, stamped=lambda path: path)


def acquisition_files(root: Path, tile: str, definition: Mapping[str, Any], name: str) -> AcquisitionFiles:
    """Files of one image; 0 marks the border, which is not usable."""
    path = root / tile / f"{name}.tif"
    return AcquisitionFiles(
        product=name,
        bands=tuple(BandFile(path) for _ in definition["bands"]),
        masks=(MaskFile(path, MaskRule(invalid=(definition["nodata"],))),),
        nodata=definition["nodata"],
        is_power=True,
        resampling=definition.get("resampling", "cubic"),
    )
