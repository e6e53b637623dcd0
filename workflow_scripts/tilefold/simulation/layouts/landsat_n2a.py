"""Theia's Landsat in its old form (N2A): all bands of a date in one file, reflectance x 1000, a folder MASK."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tilefold.grids.grid import Grid
from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.clouds import Sky
from tilefold.simulation.layouts.landsat8 import saturated_bits
from tilefold.simulation.layouts.rasters import write_geotiff
from tilefold.simulation.layouts.writer import Bands
from tilefold.simulation.sentinel2 import NODATA

#: Bands of the Thematic Mapper as those of the Operational Land Imager: blue to near infrared, 1.6 and 2.2 um.
THEMATIC_MAPPER = ("B2", "B3", "B4", "B5", "B6", "B7")
#: Reflectance x 10000 over what the file holds.
STEP = 10


def write_landsat8(folder: Path, grid: Grid, acquisition: Acquisition, bands: Bands, sky: Sky) -> None:
    """Write one product of Landsat 8, seven bands; parameters as in `writer.Writer`."""
    _write(folder, grid, acquisition, bands, sky, "LANDSAT8_OLITIRS_XS")


def write_landsat5(folder: Path, grid: Grid, acquisition: Acquisition, bands: Bands, sky: Sky) -> None:
    """Write one product of Landsat 5, six bands; parameters as in `writer.Writer`."""
    kept = {band: bands[band] for band in THEMATIC_MAPPER}
    _write(folder, grid, acquisition, kept, sky, "LANDSAT5_TM_XS")


def _write(folder: Path, grid: Grid, acquisition: Acquisition, bands: Bands, sky: Sky, platform: str) -> None:
    head, zone = f"{platform}_{acquisition.time:%Y%m%d}_N2A", f"France-Metropole{acquisition.tile}"
    home = folder / f"{head}_{zone}"
    (home / "MASK").mkdir(parents=True, exist_ok=True)
    values = np.stack(list(bands.values())).astype(np.int32)
    thousandths = np.where(values == NODATA, NODATA, np.rint(values / STEP)).astype(np.int16)
    write_geotiff(
        home / f"{head}_ORTHO_SURF_CORR_PENTE_{zone}.TIF", grid, thousandths, None, interleave="pixel"
    )
    outside = sky.outside.astype(np.uint8)
    masks = {
        "NUA": sky.flags,
        "SAT": saturated_bits(bands).astype(np.uint8),
        # Bit 0: no data. Other bits tell water, snow and low sun, which nothing here has.
        "DIV": outside,
        "NODATA": 1 - outside,
    }
    for mask, flags in masks.items():
        nodata = 0 if mask == "NODATA" else None
        write_geotiff(home / "MASK" / f"{head}_{zone}_{mask}.TIF", grid, flags, nodata)
