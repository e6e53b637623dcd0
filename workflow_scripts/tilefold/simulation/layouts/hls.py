"""Harmonised Landsat and Sentinel-2 (HLS 2.0): both at 30 m on the grid of Sentinel-2's tiles.

Bands of the air alone (water vapour, cirrus) and thermal bands are left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from tilefold.grids.grid import Grid
from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.clouds import CLM_CLOUD, Sky
from tilefold.simulation.landsat import harmonised_grid
from tilefold.simulation.layouts.rasters import write_geotiff
from tilefold.simulation.layouts.writer import Bands
from tilefold.simulation.sentinel2 import NODATA
from tilefold.simulation.statistics import COARSE_BANDS

FILL = -9999
#: Bits of Fmask, and its value where there is nothing.
CLOUD, BESIDE, SHADOW, WATER, LITTLE_AEROSOL, MASK_FILL = 2, 4, 8, 32, 64, 255
#: 10 m pixels on the side of a pixel.
SIDE = 3


def write_s30(folder: Path, grid: Grid, acquisition: Acquisition, bands: Bands, sky: Sky) -> None:
    """Write one product of Sentinel-2 (S30), given at 10 m and 20 m; parameters as in `writer.Writer`.

    Where the tile ends within a pixel, its last row or column counts for what is beyond it.
    """
    at_ten = {
        band: np.repeat(np.repeat(values, 2, axis=0), 2, axis=1) if band in COARSE_BANDS else values
        for band, values in bands.items()
    }
    averaged = {_two_digits(band): _average(values) for band, values in at_ten.items()}
    averaged = {"B01": averaged["B02"], **averaged}
    flags = np.bitwise_or.reduce(_blocks(sky.flags), axis=(1, 3))
    outside = np.asarray(_blocks(sky.outside).any(axis=(1, 3)))
    _write(folder, harmonised_grid(grid), acquisition, averaged, flags, outside, "S30")


def write_l30(folder: Path, grid: Grid, acquisition: Acquisition, bands: Bands, sky: Sky) -> None:
    """Write one product of Landsat (L30), given on the product's grid; parameters as in `writer.Writer`."""
    named = {_two_digits(band): np.where(values == NODATA, FILL, values) for band, values in bands.items()}
    _write(folder, grid, acquisition, named, sky.flags, sky.outside, "L30")


def _write(
    folder: Path,
    grid: Grid,
    acquisition: Acquisition,
    bands: dict[str, NDArray[Any]],
    flags: NDArray[np.uint8],
    outside: NDArray[np.bool_],
    kind: str,
) -> None:
    name = f"HLS.{kind}.T{acquisition.tile.removeprefix('T')}.{acquisition.time:%Y%jT%H%M%S}.v2.0"
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    for band, values in bands.items():
        write_geotiff(home / f"{name}.{band}.tif", grid, values.astype(np.int16), FILL)
    near = bands["B08" if kind == "S30" else "B05"]
    mask = quality_bits(flags, outside, bands["B03"] > near)
    write_geotiff(home / f"{name}.Fmask.tif", grid, mask, MASK_FILL)


def quality_bits(
    flags: NDArray[np.uint8], outside: NDArray[np.bool_], water: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Fmask, (rows, columns)."""
    cloud = (flags & CLM_CLOUD) == CLM_CLOUD
    shadow = (flags > 0) & ~cloud
    bits = np.full(flags.shape, LITTLE_AEROSOL, np.uint8)
    bits[binary_dilation(flags > 0) & (flags == 0)] |= BESIDE
    bits[cloud] |= CLOUD
    bits[shadow] |= SHADOW
    bits[water & (flags == 0)] |= WATER
    bits[outside] = MASK_FILL
    return bits


def _average(values: NDArray[Any]) -> NDArray[Any]:
    """Mean of 3 x 3 pixels; fill where one of them has no data."""
    blocks = _blocks(values)
    lacking = (blocks == NODATA).any(axis=(1, 3))
    return np.where(lacking, FILL, np.rint(blocks.mean(axis=(1, 3), dtype=np.float64)))


def _blocks(values: NDArray[Any]) -> NDArray[Any]:
    """Blocks of 3 x 3 pixels, (rows, 3, columns, 3); the last row and column are repeated as needed."""
    beyond = [(0, -size % SIDE) for size in values.shape]
    whole = np.pad(values, beyond, mode="edge")
    return whole.reshape(whole.shape[0] // SIDE, SIDE, whole.shape[1] // SIDE, SIDE)


def _two_digits(band: str) -> str:
    return f"B0{band[1]}" if len(band) == 2 else band
