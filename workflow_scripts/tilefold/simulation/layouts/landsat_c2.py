"""Landsat Collection 2 level 2 of the USGS: one GeoTIFF a band, uint16, two quality files, a text file.

Landsats 8 and 7 see the scene in turn, which number their bands otherwise.
"""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from tilefold.grids.grid import Grid
from tilefold.simulation.acquisitions import LANDSAT_CYCLE, Acquisition
from tilefold.simulation.clouds import CLM_CLOUD, Sky
from tilefold.simulation.layouts.rasters import write_geotiff
from tilefold.simulation.layouts.writer import Bands
from tilefold.simulation.sentinel2 import NODATA, SATURATED

#: Reflectance = number x SCALE + OFFSET.
SCALE, OFFSET, FILL = 0.0000275, -0.2, 0
#: Bits of QA_PIXEL.
FILLED, DILATED, CLOUD, SHADOW, CLEAR = 1, 2, 8, 16, 64
#: Two bits each that say how sure it is: of clouds, shadows, snow, cirrus; 1: hardly, 3: quite.
CLOUD_SURE, SHADOW_SURE, SNOW_SURE, CIRRUS_SURE = 8, 10, 12, 14
HARDLY, QUITE = 1, 3
PATH_ROW = "198030"
#: For each satellite, the band of Landsat 8 that each of its own is.
SATELLITES = {
    "LC08": {"B1": "B1", "B2": "B2", "B3": "B3", "B4": "B4", "B5": "B5", "B6": "B6", "B7": "B7"},
    "LE07": {"B1": "B2", "B2": "B3", "B3": "B4", "B4": "B5", "B5": "B6", "B7": "B7"},
}


def write(folder: Path, grid: Grid, acquisition: Acquisition, bands: Bands, sky: Sky) -> None:
    """Write one product into a folder of its name; parameters as in `writer.Writer`."""
    name, satellite = product_name(acquisition), satellite_of(acquisition)
    own = {band: bands[like] for band, like in SATELLITES[satellite].items()}
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    for band, values in own.items():
        stored = np.rint((values / 10000 - OFFSET) / SCALE)
        stored = np.where(values == NODATA, FILL, stored).astype(np.uint16)
        write_geotiff(home / f"{name}_SR_{band}.TIF", grid, stored, FILL)
    write_geotiff(home / f"{name}_QA_PIXEL.TIF", grid, quality_bits(sky, satellite), FILLED)
    write_geotiff(home / f"{name}_QA_RADSAT.TIF", grid, saturated_bits(own), None)
    text = metadata_text(acquisition, grid, list(own))
    (home / f"{name}_MTL.txt").write_text(text, encoding="utf-8", newline="\n")


def satellite_of(acquisition: Acquisition) -> str:
    """Satellite that a pass of sixteen days is given to."""
    return list(SATELLITES)[int(acquisition.day) // LANDSAT_CYCLE % 2]


def product_name(acquisition: Acquisition) -> str:
    """Name of a product; path and row are not told from the tile."""
    processed = acquisition.time + datetime.timedelta(days=16)
    return f"{satellite_of(acquisition)}_L2SP_{PATH_ROW}_{acquisition.time:%Y%m%d}_{processed:%Y%m%d}_02_T1"


def saturated_bits(bands: Bands) -> NDArray[np.uint16]:
    """QA_RADSAT, (rows, columns): the lowest bit for band 1."""
    bits = [np.where(values >= SATURATED, 1 << (int(band[1:]) - 1), 0) for band, values in bands.items()]
    return np.asarray(np.bitwise_or.reduce(bits), np.uint16)


def quality_bits(sky: Sky, satellite: str) -> NDArray[np.uint16]:
    """QA_PIXEL, (rows, columns); pixels beside clouds are called dilated clouds, and Landsat 7 sees no cirrus."""
    cloud = (sky.flags & CLM_CLOUD) == CLM_CLOUD
    shadow = (sky.flags > 0) & ~cloud
    beside = binary_dilation(cloud) & ~cloud & ~shadow
    unsure = HARDLY << SNOW_SURE | (HARDLY << CIRRUS_SURE if satellite == "LC08" else 0)
    bits = np.full(sky.flags.shape, unsure | HARDLY << CLOUD_SURE | HARDLY << SHADOW_SURE | CLEAR, np.uint16)
    bits[beside] = (bits[beside] & ~np.uint16(CLEAR)) | DILATED
    bits[cloud] = unsure | QUITE << CLOUD_SURE | HARDLY << SHADOW_SURE | CLOUD
    bits[shadow] = unsure | HARDLY << CLOUD_SURE | QUITE << SHADOW_SURE | SHADOW | CLEAR
    bits[sky.outside] = FILLED
    return bits


def metadata_text(acquisition: Acquisition, grid: Grid, bands: list[str]) -> str:
    """Metadata of a product: the parts of the file MTL.txt that a reader may want."""
    factors = "".join(
        f"    REFLECTANCE_MULT_BAND_{band[1:]} = {SCALE:.7f}\n    REFLECTANCE_ADD_BAND_{band[1:]} = {OFFSET}\n"
        for band in bands
    )
    return f"""GROUP = LANDSAT_METADATA_FILE
  GROUP = PRODUCT_CONTENTS
    LANDSAT_PRODUCT_ID = "{product_name(acquisition)}"
    PROCESSING_LEVEL = "L2SP"
    COLLECTION_NUMBER = 02
  END_GROUP = PRODUCT_CONTENTS
  GROUP = IMAGE_ATTRIBUTES
    SPACECRAFT_ID = "LANDSAT_{satellite_of(acquisition)[-1]}"
    DATE_ACQUIRED = {acquisition.time:%Y-%m-%d}
    SCENE_CENTER_TIME = "{acquisition.time:%H:%M:%S}.{acquisition.time.microsecond:06d}0Z"
  END_GROUP = IMAGE_ATTRIBUTES
  GROUP = PROJECTION_ATTRIBUTES
    GRID_CELL_SIZE_REFLECTIVE = {grid.transform[0]:.2f}
    REFLECTIVE_LINES = {grid.height}
    REFLECTIVE_SAMPLES = {grid.width}
  END_GROUP = PROJECTION_ATTRIBUTES
  GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS
{factors}  END_GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS
END_GROUP = LANDSAT_METADATA_FILE
END
"""
