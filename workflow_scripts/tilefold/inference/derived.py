"""Maps that are made from maps: the same grid, labels and colours, other pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from tilefold.grids.windows import Window, blocks, whole
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
    with cloud_optimised(target) as plain, rasterio.open(source) as like:
        grid = grid_of(like)
        with create_raster(
            plain,
            grid,
            dtype=like.dtypes[0],
            nodata=like.nodata,
            descriptions=["classification"],
            tags=provenance(settings),
        ) as output:
            describe_classes(output, settings["classes"])
            for block in blocks(whole(*grid.shape), BLOCK):
                output.write(labels_of(block).astype(output.dtypes[0]), 1, window=block.to_ranges())
    write_categories(f"{target}{SUFFIX}", settings["classes"])
