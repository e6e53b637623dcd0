"""Regions of polygons: what they count for in the split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio

from tilefold.folds.location import BLOCK
from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership
from tilefold.ground_truth.rasterise import load_reference, reference_pixels
from tilefold.regions.names import OUTSIDE, region_numbers


def regions_of_polygons(
    reference: Path | str,
    grids: Mapping[str, Grid],
    ownership: Ownership,
    rasters: Mapping[str, Path | str],
    regions: Sequence[str],
) -> pd.Series[str]:
    """Region that holds most of a polygon's owned pixels, over all tiles.

    Parameters
    ----------
    reference
        GeoPackage written by `clean_ground_truth`.
    grids
        Grids of the tiles to look at.
    ownership
        Partition among all tiles.
    rasters
        Rasters of `burn_regions`, by tile.
    regions
        Names of all regions.

    Returns
    -------
    pandas.Series
        Region by polygon; of equal ones the first by name, `OUTSIDE` where most pixels are in none, and last of
        equal ones. Polygons without owned pixels are not in it.
    """
    counts = []
    for tile in sorted(grids):
        with rasterio.open(rasters[tile]) as dataset:
            for block in reference_pixels(load_reference(reference, grids[tile]), tile, ownership, BLOCK):
                window = block.window
                numbers = dataset.read(1, window=window.to_ranges())
                found = numbers[block.row - window.row_start, block.col - window.col_start]
                seen = pd.DataFrame({"polygon": block.polygon, "number": found})[block.owned]
                counts.append(seen.groupby(["polygon", "number"], as_index=False).size())
    if not counts:
        return pd.Series([], index=pd.Index([], dtype=np.int32), dtype=object)
    names = {number: name for name, number in region_numbers(regions).items()}
    pixels = pd.concat(counts).groupby(["polygon", "number"], as_index=False).agg({"size": "sum"})
    # `OUTSIDE` sorts behind every name.
    pixels["last"] = pixels["number"] == 0
    ordered = pixels.sort_values(["polygon", "size", "last", "number"], ascending=[True, False, True, True])
    most = ordered.drop_duplicates("polygon").set_index("polygon")["number"]
    return most.map(names).fillna(OUTSIDE).astype(object)
