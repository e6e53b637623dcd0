"""Where polygons lie: pixels by tile, those of its grid and those it owns."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership
from tilefold.ground_truth.rasterise import load_reference, reference_pixels
from tilefold.storage.tables import LIST_SEPARATOR

#: Rows and columns of the blocks that are rasterised.
BLOCK = 1024

logger = logging.getLogger(__name__)


def locate(reference: Path | str, grids: Mapping[str, Grid], ownership: Ownership) -> pd.DataFrame:
    """Count the pixels of each polygon in each tile.

    Parameters
    ----------
    reference
        GeoPackage written by `clean_ground_truth`.
    grids
        Grids of the tiles to look at.
    ownership
        Partition among all tiles.

    Returns
    -------
    pandas.DataFrame
        One row for each polygon and tile with pixels, in this order: ``polygon``, ``tile``, ``present`` (pixels
        of the tile's grid), ``owned`` (those that the tile owns).
    """
    counts = []
    for tile in sorted(grids):
        polygons = load_reference(reference, grids[tile])
        for block in reference_pixels(polygons, tile, ownership, BLOCK):
            seen = pd.DataFrame({"polygon": block.polygon, "present": 1, "owned": block.owned.astype(int)})
            counts.append(seen.groupby("polygon", as_index=False).sum().assign(tile=tile))
        logger.info("tile %s: %d polygons near it", tile, len(polygons.polygon))
    if not counts:
        return pd.DataFrame({"polygon": [], "tile": [], "present": [], "owned": []}).astype(
            {"polygon": "int32", "tile": str, "present": int, "owned": int}
        )
    located = pd.concat(counts, ignore_index=True)
    return located.groupby(["polygon", "tile"], as_index=False)[["present", "owned"]].sum()


def home_tiles(located: pd.DataFrame, unit: str) -> pd.Series[str]:
    """Tile that owns most pixels of each unit (polygon or group), the first by name of equal ones.

    Parameters
    ----------
    located
        Rows with the columns `unit`, ``tile``, ``owned``.
    unit
        Name of the column that identifies the unit.

    Returns
    -------
    pandas.Series
        Tiles by unit; units without owned pixels are not in it.
    """
    owned = located[located["owned"] > 0].groupby([unit, "tile"], as_index=False).agg({"owned": "sum"})
    ordered = owned.sort_values([unit, "owned", "tile"], ascending=[True, False, True], kind="stable")
    return ordered.drop_duplicates(unit).set_index(unit)["tile"]


def joined(rows: pd.DataFrame, column: str) -> pd.Series[str]:
    """Values of a column for each polygon in one cell, in the order of the rows."""
    place = rows.groupby("polygon").cumcount().to_numpy()
    values = pd.Series(rows[column].astype(str).to_numpy(object), rows["polygon"].to_numpy(), dtype=object)
    cells = values[place == 0]
    for number in range(1, place.max(initial=0) + 1):
        more = values[place == number]
        cells.loc[more.index] += LIST_SEPARATOR + more
    return cells
