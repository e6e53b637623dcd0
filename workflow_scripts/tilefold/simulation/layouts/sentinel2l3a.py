"""Theia's monthly synthesis of Sentinel-2 (level 3A), without its files of weights and dates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tilefold.grids.grid import Grid
from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.clouds import Sky
from tilefold.simulation.layout import coarse
from tilefold.simulation.layouts.rasters import write_geotiff
from tilefold.simulation.layouts.theia import metadata_xml
from tilefold.simulation.layouts.writer import Bands
from tilefold.simulation.sentinel2 import NODATA
from tilefold.simulation.statistics import COARSE_BANDS

#: Values of the mask FLG.
NO_DATA, CLOUD, WATER, LAND = 0, 1, 3, 4


def write(folder: Path, grid: Grid, acquisition: Acquisition, bands: Bands, sky: Sky) -> None:
    """Write one synthesis into a folder of its name; parameters as in `writer.Writer`.

    The sky is that of all months' dates together: flagged are pixels that were never clear, outside those that
    were never seen.
    """
    home = folder / acquisition.name
    (home / "MASKS").mkdir(parents=True, exist_ok=True)
    half = coarse(grid)
    for band, values in bands.items():
        path = home / f"{acquisition.name}_FRC_{band}.tif"
        write_geotiff(path, half if band in COARSE_BANDS else grid, values, NODATA)
    flags = surface_flags(bands, sky)
    path = home / "MASKS" / f"{acquisition.name}_FLG"
    write_geotiff(path.with_name(f"{path.name}_R1.tif"), grid, flags, None)
    write_geotiff(path.with_name(f"{path.name}_R2.tif"), half, _least(flags), None)
    text = metadata_xml(acquisition, "L3A", {"R1": grid, "R2": half}, sky)
    (home / f"{acquisition.name}_MTD_ALL.xml").write_text(text, encoding="utf-8", newline="\n")


def surface_flags(bands: Bands, sky: Sky) -> NDArray[np.uint8]:
    """The mask FLG, (rows, columns)."""
    green, near = bands["B3"].astype(np.int32), bands["B8"].astype(np.int32)
    flags = np.where(green > near, WATER, LAND)
    flags[sky.flags > 0] = CLOUD
    flags[sky.outside] = NO_DATA
    return flags.astype(np.uint8)


def _least(flags: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Least of the four 10 m pixels of each 20 m pixel: the worst."""
    rows = np.minimum(flags[::2], flags[1::2])
    return np.minimum(rows[:, ::2], rows[:, 1::2])
