"""The products of a tile, in all layouts that are wanted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tilefold.grids.grid import Grid
from tilefold.simulation import landsat, sentinel1
from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.clouds import Sky
from tilefold.simulation.decoder import Decoder
from tilefold.simulation.dials import Dials
from tilefold.simulation.layout import tile_grids
from tilefold.simulation.layouts.table import (
    LANDSAT,
    LANDSAT_HARMONISED,
    LAYOUTS,
    RADAR,
    SENTINEL2,
    SYNTHESIS,
)
from tilefold.simulation.layouts.writer import Bands
from tilefold.simulation.parcels import Parcels
from tilefold.simulation.paths import ScenePaths
from tilefold.simulation.synthesis import Syntheses


class Products:
    """Writes what a tile is seen by.

    Parameters
    ----------
    paths
        Where the scene is written.
    dials
        Dials of the scene, with the wanted sensors.
    tile
        Name of the tile.
    """

    def __init__(self, paths: ScenePaths, dials: Dials, tile: str) -> None:
        self.dials, self.tile = dials, tile
        self.grid = tile_grids(dials)[tile]
        self.writers = [
            (source, write, paths.products(sensor) / tile)
            for sensor in dials.sensors
            for source, write in LAYOUTS[sensor].items()
        ]
        self.syntheses = Syntheses(tile, dials.year)

    def add_sentinel2(self, acquisition: Acquisition, bands: dict[str, NDArray[np.int16]], sky: Sky) -> None:
        """Write one acquisition of Sentinel-2, and the monthly syntheses that it completes.

        Acquisitions come in the order of time.
        """
        self._write(SENTINEL2, self.grid, acquisition, bands, sky)
        if self._wanted(SYNTHESIS):
            for synthesis in self.syntheses.add(acquisition, bands, sky):
                self._write(SYNTHESIS, self.grid, *synthesis)

    def add_others(
        self,
        parcels: Parcels,
        decoder: Decoder,
        latents: NDArray[np.float32],
        flagged: NDArray[np.bool_],
    ) -> None:
        """Write what is left when all acquisitions of Sentinel-2 are there.

        Parameters
        ----------
        parcels
            Of the scene.
        decoder, latents
            Of the tile.
        flagged
            Pixels that the masks of all optical sensors always flag, (rows, columns).
        """
        if self._wanted(SYNTHESIS):
            for synthesis in self.syntheses.finish():
                self._write(SYNTHESIS, self.grid, *synthesis)
        grids = {
            LANDSAT: landsat.landsat_grid(self.grid),
            LANDSAT_HARMONISED: landsat.harmonised_grid(self.grid),
        }
        for source, grid in grids.items():
            if self._wanted(source):
                for seen in landsat.observations(self.dials, parcels, decoder, self.tile, grid, flagged):
                    self._write(source, grid, *seen)
        if self._wanted(RADAR):
            for image in sentinel1.observations(self.dials, decoder, latents, self.tile):
                self._write(RADAR, self.grid, *image)

    def _wanted(self, source: str) -> bool:
        return any(source == name for name, _, _ in self.writers)

    def _write(self, source: str, grid: Grid, acquisition: Acquisition, bands: Bands, sky: Sky) -> None:
        for name, write, folder in self.writers:
            if name == source:
                write(folder, grid, acquisition, bands, sky)
