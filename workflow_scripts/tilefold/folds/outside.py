"""Polygons that lie outside all tiles.

Not a matter of cleaning: one more tile would make the cleaned reference stale, and with it every pool.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from tilefold.grids.ownership import Ownership
from tilefold.ground_truth.reading import LAYER
from tilefold.ground_truth.shapes import reproject


def outside_tiles(
    reference: Path | str, ownership: Ownership, tiles: Collection[str], table: pd.DataFrame
) -> NDArray[np.bool_]:
    """Whether each polygon lies outside the footprints of all tiles.

    Parameters
    ----------
    reference
        GeoPackage written by `clean_ground_truth`.
    ownership
        Footprints of at least these tiles.
    tiles
        The tiles.
    table
        One row a polygon: ``polygon``, ``footprint_tiles``; only those without a pixel in any tile are looked at.
    """
    outside = np.zeros(len(table), bool)
    doubtful = (table["footprint_tiles"] == "").to_numpy()
    if doubtful.any():
        crs = pyogrio.read_info(reference, layer=LAYER)["crs"]
        shapes = pyogrio.read_dataframe(reference, layer=LAYER, columns=["polygon"]).set_index("polygon")
        chosen = shapes.geometry.loc[table["polygon"][doubtful]].to_numpy()
        footprints = shapely.STRtree([shapely.Polygon(ownership.rings[tile]) for tile in sorted(tiles)])
        carried = reproject(chosen, crs, ownership.crs)
        met = np.zeros(len(chosen), bool)
        met[footprints.query(carried, predicate="intersects")[0]] = True
        outside[doubtful] = ~met
    return outside
