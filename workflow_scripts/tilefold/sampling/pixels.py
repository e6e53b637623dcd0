"""The pixels of pools that a run may draw from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.folds.areas import HeldOutArea
from tilefold.folds.barring import clipped_away
from tilefold.regions.reading import numbers_at
from tilefold.sampling.training import NONE, Training
from tilefold.storage.tables import read_table

Indexes = Mapping[str, Path | str]
Rasters = Mapping[str, Path | str] | None


@dataclass(frozen=True)
class PoolPixels:
    """Pools of a run's training tiles, and what keeps a pixel of a training polygon from being drawn.

    Attributes
    ----------
    indexes
        Indexes of the pools, by tile.
    area
        What the run holds out: pixels of clipped polygons inside are not drawn.
    min_clear_dates
        Pixels seen clear on fewer days are not drawn.
    regions
        Rasters of `burn_regions` by tile; None: all pixels are of one region.
    """

    indexes: Indexes
    area: HeldOutArea
    min_clear_dates: int
    regions: Rasters

    @property
    def tiles(self) -> list[str]:
        """Tiles, sorted."""
        return sorted(self.indexes)

    def candidates(self, tile: str, training: Training) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Rows of a tile's pool that may be drawn, ascending, and the portions that they belong to."""
        index = read_table(self.indexes[tile], ["polygon", "clear_dates", "row", "col"])
        raster = self.regions[tile] if self.regions else None
        region = numbers_at(raster, index["row"].to_numpy(), index["col"].to_numpy())
        polygon = index["polygon"].to_numpy()
        portion = region.astype(np.int64) * training.polygons + polygon
        allowed = (training.stratum[portion] != NONE) & (
            index["clear_dates"].to_numpy() >= self.min_clear_dates
        )
        rows = np.flatnonzero(allowed)
        if self.area.clips:
            places = read_table(self.indexes[tile], ["polygon", "x", "y"]).iloc[rows]
            rows = rows[~clipped_away(tile, places, training.clipped[polygon[rows]], self.area)]
        return rows, portion[rows]

    def described(self, tile: str, rows: NDArray[np.intp]) -> pd.DataFrame:
        """What sample databases tell of some rows of a tile's pool besides who trains: `x`, `y`, `clear_dates`."""
        index = read_table(self.indexes[tile], ["x", "y", "clear_dates"])
        return index.iloc[rows].reset_index(drop=True)
