"""Theia's Sentinel-2 level 2A: one folder an acquisition, one GeoTIFF a band."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tilefold.grids.grid import Grid
from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.clouds import Sky, any_of_four
from tilefold.simulation.layout import coarse
from tilefold.simulation.layouts.rasters import write_geotiff
from tilefold.simulation.layouts.theia import metadata_xml
from tilefold.simulation.layouts.writer import Bands
from tilefold.simulation.sentinel2 import NODATA, SATURATED
from tilefold.simulation.statistics import BANDS, COARSE_BANDS


def write(folder: Path, grid: Grid, acquisition: Acquisition, bands: Bands, sky: Sky) -> None:
    """Write one product into a folder of its name; parameters as in `writer.Writer`."""
    home = folder / acquisition.name
    (home / "MASKS").mkdir(parents=True, exist_ok=True)
    half = coarse(grid)
    for band, values in bands.items():
        path = home / f"{acquisition.name}_FRE_{band}.tif"
        write_geotiff(path, half if band in COARSE_BANDS else grid, values, NODATA)
    saturated = np.zeros(grid.shape, np.uint8)
    for bit, band in enumerate(BANDS[:8]):
        if band not in COARSE_BANDS:
            saturated |= ((bands[band] >= SATURATED) << bit).astype(np.uint8)
    masks = {"CLM": sky.flags, "EDG": sky.outside.astype(np.uint8), "SAT": saturated}
    for mask, flags in masks.items():
        path = home / "MASKS" / f"{acquisition.name}_{mask}"
        write_geotiff(path.with_name(f"{path.name}_R1.tif"), grid, flags, None)
        write_geotiff(path.with_name(f"{path.name}_R2.tif"), half, any_of_four(flags), None)
    text = metadata_xml(acquisition, "L2A", {"R1": grid, "R2": half}, sky)
    (home / f"{acquisition.name}_MTD_ALL.xml").write_text(text, encoding="utf-8", newline="\n")
