"""Theia's Landsat 8 level 2A: as Sentinel-2's, at 30 m."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tilefold.grids.grid import Grid
from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.clouds import Sky
from tilefold.simulation.layouts.rasters import write_geotiff
from tilefold.simulation.layouts.theia import metadata_xml
from tilefold.simulation.layouts.writer import Bands
from tilefold.simulation.sentinel2 import NODATA, SATURATED


def write(folder: Path, grid: Grid, acquisition: Acquisition, bands: Bands, sky: Sky) -> None:
    """Write one product into a folder of its name; parameters as in `writer.Writer`."""
    home = folder / acquisition.name
    (home / "MASKS").mkdir(parents=True, exist_ok=True)
    for band, values in bands.items():
        write_geotiff(home / f"{acquisition.name}_FRE_{band}.tif", grid, values, NODATA)
    masks = {
        "CLM": sky.flags,
        "EDG": sky.outside.astype(np.uint8),
        "SAT": saturated_bits(bands).astype(np.uint8),
    }
    for mask, flags in masks.items():
        write_geotiff(home / "MASKS" / f"{acquisition.name}_{mask}_XS.tif", grid, flags, None)
    text = metadata_xml(acquisition, "L2A", {"XS": grid}, sky)
    (home / f"{acquisition.name}_MTD_ALL.xml").write_text(text, encoding="utf-8", newline="\n")


def saturated_bits(bands: Bands) -> NDArray[np.uint16]:
    """One bit a band, in the order of the bands, where it is saturated, (rows, columns)."""
    shape = next(iter(bands.values())).shape
    result = np.zeros(shape, np.uint16)
    for bit, values in enumerate(bands.values()):
        result |= ((values >= SATURATED).astype(np.uint16) << bit).astype(np.uint16)
    return result
