"""Where polygons lie: pixels of each in the tiles' grids, owned or not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership
from tilefold.ground_truth.rasterise import load_reference, reference_pixels

#: Rows and columns burnt at a time.
BLOCK = 2048


def locate_polygons(reference: Path | str, grids: Mapping[str, Grid], ownership: Ownership) -> pd.DataFrame:
    """Count the pixels of each polygon in each tile.

    Parameters
    ----------
    reference
        GeoPackage of cleaned polygons.
    grids
        Grids of the tiles.
    ownership
        Partition among all tiles.

    Returns
    -------
    DataFrame
        `polygon`, `tile`, `pixels` (in the tile's grid, at least 1), `owned` (those that the tile owns), in
        the order polygon, tile.
    """
    counts = [
        _count_tile(reference, tile, grids[tile], ownership).assign(tile=tile) for tile in sorted(grids)
    ]
    located = pd.concat(counts, ignore_index=True)
    columns = ["polygon", "tile", "pixels", "owned"]
    return located[columns].sort_values(["polygon", "tile"], ignore_index=True)


def _count_tile(reference: Path | str, tile: str, grid: Grid, ownership: Ownership) -> pd.DataFrame:
    polygons = load_reference(reference, grid)
    size = int(polygons.polygon.max(initial=0)) + 1
    pixels, owned = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for block in reference_pixels(polygons, tile, ownership, BLOCK):
        pixels += np.bincount(block.polygon, minlength=size)
        owned += np.bincount(block.polygon[block.owned], minlength=size)
    present = np.flatnonzero(pixels)
    return pd.DataFrame(
        {"polygon": present.astype(np.int32), "pixels": pixels[present], "owned": owned[present]}
    )
