"""Rasters that are made from maps: on the same grid, block by block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from tilefold.grids.windows import Window, blocks, whole
from tilefold.inference.band_statistics import write_statistics
from tilefold.inference.categories import SUFFIX, write_categories
from tilefold.inference.cloud_optimised import cloud_optimised
from tilefold.inference.mosaic import describe_classes
from tilefold.storage.metadata import provenance
from tilefold.storage.rasters import BLOCK, create_raster, grid_of

Labels = NDArray[np.integer[Any]]


def derive_map(
    source: Path | str,
    target: Path | str,
    settings: Mapping[str, Any],
    labels_of: Callable[[Window], Labels],
) -> None:
    """Write a map of labels block by block as a cloud-optimised GeoTIFF, with its categories in a file beside it.

    Parameters
    ----------
    source
        Map of labels whose grid, type and nodata value the new one has.
    target
        The raster to write; `<target>.aux.xml` holds the names of the classes, see `write_categories`.
    settings
        `classes` (see `describe_classes`); the digest of all is in the raster's tags.
    labels_of
        Labels of a window, (rows, columns).
    """
    with rasterio.open(source) as like:
        form = {"dtype": like.dtypes[0], "nodata": like.nodata}
    _derive(source, target, settings, labels_of, "classification", form, settings["classes"])
    write_categories(f"{target}{SUFFIX}", settings["classes"])


def derive_measure(
    source: Path | str,
    target: Path | str,
    settings: Mapping[str, Any],
    values_of: Callable[[Window], NDArray[np.uint8]],
    *,
    band: str,
    nodata: int,
) -> None:
    """Write a measure of maps, uint8, block by block as a cloud-optimised GeoTIFF with statistics.

    Parameters
    ----------
    source
        Raster whose grid the new one has.
    target
        The raster to write.
    settings
        Their digest is in the raster's tags.
    values_of
        Values of a window, uint8 (rows, columns).
    band
        Name of the band.
    nodata
        Value that says nothing.
    """
    _derive(source, target, settings, values_of, band, {"dtype": "uint8", "nodata": nodata}, None)


def _derive(
    source: Path | str,
    target: Path | str,
    settings: Mapping[str, Any],
    values_of: Callable[[Window], NDArray[Any]],
    band: str,
    form: Mapping[str, Any],
    classes: Any,
) -> None:
    with cloud_optimised(target) as plain:
        with rasterio.open(source) as like:
            grid = grid_of(like)
        with create_raster(plain, grid, **form, descriptions=[band], tags=provenance(settings)) as output:
            if classes:
                describe_classes(output, classes)
            for block in blocks(whole(*grid.shape), BLOCK):
                output.write(values_of(block).astype(output.dtypes[0]), 1, window=block.to_ranges())
        if not classes:
            write_statistics(plain)
