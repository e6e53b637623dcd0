"""Calibrated and orthorectified Sentinel-1 as S1Tiling names it: one GeoTIFF a polarisation, linear power."""

from __future__ import annotations

from pathlib import Path

from tilefold.grids.grid import Grid
from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.clouds import Sky
from tilefold.simulation.layouts.rasters import write_geotiff
from tilefold.simulation.layouts.writer import Bands

#: Power beyond the border of an image.
BORDER = 0.0


def write(folder: Path, grid: Grid, acquisition: Acquisition, bands: Bands, sky: Sky) -> None:  # noqa: ARG001
    """Write one image a polarisation beside those of other dates; parameters as in `writer.Writer`.

    The sky's edge is in the values; nothing else of it is seen.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tile = acquisition.tile.removeprefix("T")
    for polarisation, power in bands.items():
        name = (
            f"{acquisition.platform}_{tile}_{polarisation}_{acquisition.direction}_{acquisition.orbit:03d}_"
            f"{acquisition.time:%Y%m%dt%H%M%S}.tif"
        )
        write_geotiff(folder / name, grid, power, BORDER)
