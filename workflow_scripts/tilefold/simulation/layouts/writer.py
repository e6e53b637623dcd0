"""What every layout of products offers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from tilefold.grids.grid import Grid
from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.clouds import Sky

#: Values of each band, by the instrument's names of bands.
Bands = Mapping[str, NDArray[Any]]


class Writer(Protocol):
    """Writes one product."""

    def __call__(self, folder: Path, grid: Grid, acquisition: Acquisition, bands: Bands, sky: Sky) -> None:
        """Write one product.

        Parameters
        ----------
        folder
            Folder of the tile's products.
        grid
            Grid of the finest bands.
        acquisition
            When, from where, and the acquisition's name.
        bands
            Values of each band.
        sky
            Clouds, shadows, edge of the swath and flags, on `grid`.
        """
