"""Sentinel-2 level 2A of ESA's processor Sen2Cor, in SAFE folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tilefold.sensors.errors import BadAcquisitionError
from tilefold.sensors.named import find_named, mask_rule
from tilefold.sensors.product import AcquisitionFiles, BandFile, MaskFile, TileProducts

METADATA = "MTD_MSIL2A.xml"

#: Bands in the order of `band_id` in the metadata.
BAND_IDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")

#: Reflectance = (number + offset) / quantification.
QUANTIFICATION = 10000


def find_products(root: Path, tile: str, definition: Mapping[str, Any]) -> TileProducts:
    """Products of a tile, from one listing of ``root/<tile>`` and one look at each product's metadata file."""
    return find_named(root / tile, tile, definition, stamped=lambda path: path / METADATA)


def acquisition_files(root: Path, tile: str, definition: Mapping[str, Any], name: str) -> AcquisitionFiles:
    """Files of the product that lies in the folder ``root/<tile>/<name>``; no raster is opened.

    Offsets come from the product's metadata, never from its date: products made again have them too. They are
    0 before processing baseline 04.00.

    Raises
    ------
    BadAcquisitionError
        If the metadata cannot be read, or a file is missing or there twice.
    """
    folder = root / tile / name
    offsets = _offsets(folder / METADATA, name)
    images = _image_folder(folder, name)
    return AcquisitionFiles(
        product=name,
        bands=tuple(
            BandFile(_image(images, band, definition["resolutions"][band], name), shift=offsets.get(band, 0))
            for band in definition["bands"]
        ),
        masks=tuple(
            MaskFile(_image(images, mask["image"], mask["resolution"], name), mask_rule(mask))
            for mask in definition["masks"]
        ),
        nodata=definition["nodata"],
        resampling=definition.get("resampling", "cubic"),
    )


def _offsets(metadata: Path, name: str) -> dict[str, int]:
    """BOA_ADD_OFFSET by band."""
    try:
        tree = ElementTree.parse(metadata)
        quantification = {int(node.text or "") for node in tree.iter("BOA_QUANTIFICATION_VALUE")}
        offsets = {
            BAND_IDS[int(node.attrib["band_id"])]: int(node.text or "")
            for node in tree.iter("BOA_ADD_OFFSET")
        }
    except OSError as error:
        raise BadAcquisitionError(name, metadata, f"no metadata file ({error.strerror})") from error
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise BadAcquisitionError(name, metadata, f"cannot be read: {error}") from error
    if quantification != {QUANTIFICATION}:
        raise BadAcquisitionError(
            name,
            metadata,
            f"found BOA_QUANTIFICATION_VALUE {sorted(quantification) or 'nowhere'}, expected {QUANTIFICATION}",
        )
    return offsets


def _image_folder(folder: Path, name: str) -> Path:
    granules = sorted(path for path in folder.glob("GRANULE/*") if path.is_dir())
    if len(granules) != 1:
        raise BadAcquisitionError(
            name, folder / "GRANULE", f"found {len(granules)} folders of granules, expected one"
        )
    return granules[0] / "IMG_DATA"


def _image(images: Path, band: str, resolution: int, name: str) -> Path:
    """Path of an image; the beginning of its name differs between baselines."""
    pattern = f"R{resolution}m/*_{band}_{resolution}m.jp2"
    found = sorted(images.glob(pattern))
    if len(found) != 1:
        problem = "the file is missing" if not found else f"found {len(found)} files, expected one"
        raise BadAcquisitionError(name, images / pattern, problem)
    return found[0]
