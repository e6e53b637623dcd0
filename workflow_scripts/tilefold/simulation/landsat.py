"""What a Landsat sees of a tile on a day, on a grid of 30 m.

Its bands are taken for those of Sentinel-2 that are nearest: the same surface, sky and levels, averaged over the
area of a pixel, with noise of its own.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.simulation.acquisitions import Acquisition, landsat_acquisitions
from tilefold.simulation.clouds import Sky, make_sky
from tilefold.simulation.decoder import INSTRUMENT, Decoder
from tilefold.simulation.dials import Dials
from tilefold.simulation.ground import make_ground
from tilefold.simulation.layout import scene_grid, tile_windows
from tilefold.simulation.parcels import Parcels
from tilefold.simulation.sentinel2 import acquisition_generator, at_the_instrument, numbers
from tilefold.simulation.statistics import BANDS

#: Band of Sentinel-2 that stands for each band of the Operational Land Imager.
LIKE = {"B1": "B2", "B2": "B2", "B3": "B3", "B4": "B4", "B5": "B8A", "B6": "B11", "B7": "B12"}
PIXEL = 30.0
#: Landsat's pixels have their centres, not their corners, at multiples of 30 m.
CORNER = 15.0
#: Ground around the tile that its Landsat pixels reach, in 10 m pixels.
MARGIN = 4


def landsat_grid(tile: Grid) -> Grid:
    """Landsat's own 30 m pixels that meet a tile's grid."""
    left, bottom, right, top = tile.bounds
    left, bottom = (PIXEL * math.floor((edge - CORNER) / PIXEL) + CORNER for edge in (left, bottom))
    right, top = (PIXEL * math.ceil((edge - CORNER) / PIXEL) + CORNER for edge in (right, top))
    return _grid(tile.crs, left, top, round((top - bottom) / PIXEL), round((right - left) / PIXEL))


def harmonised_grid(tile: Grid) -> Grid:
    """30 m pixels from the upper left corner of a tile's grid on, as HLS has them."""
    left, bottom, right, top = tile.bounds
    return _grid(tile.crs, left, top, math.ceil((top - bottom) / PIXEL), math.ceil((right - left) / PIXEL))


def observations(
    dials: Dials, parcels: Parcels, decoder: Decoder, tile: str, grid: Grid, flagged: NDArray[np.bool_]
) -> Iterator[tuple[Acquisition, dict[str, NDArray[np.int16]], Sky]]:
    """Acquisitions of a tile with their bands and sky on a 30 m grid.

    Parameters
    ----------
    dials, parcels
        The scene.
    decoder, tile
        The tile.
    grid
        Pixels of 30 m whose borders lie on multiples of 5 m from the tile's corner, at most `MARGIN` 10 m pixels
        beyond it.
    flagged
        10 m pixels of the tile that masks always flag, (rows, columns).

    Yields
    ------
    acquisition, bands, sky
        Reflectance x 10000, int16, nodata -10000, for the bands B1 to B7.
    """
    window = tile_windows(dials)[tile]
    wide = Window(
        window.row_start - MARGIN,
        window.row_stop + MARGIN,
        window.col_start - MARGIN,
        window.col_stop + MARGIN,
    )
    around = scene_grid(dials).crop(wide)
    ground = make_ground(dials, parcels, wide)
    enlarged = dataclasses.replace(dials, size=wide.height)
    for acquisition in landsat_acquisitions(dials, tile):
        rng = acquisition_generator(dials, acquisition)
        sky = make_sky(enlarged, acquisition, np.pad(flagged, MARGIN), rng)
        seen = at_the_instrument(dials, decoder, ground.latents, acquisition, sky, rng)
        here = coarse_sky(sky, around, grid)
        bands = {}
        for band, like in LIKE.items():
            index = BANDS.index(like)
            values = _blocks(seen[..., index], around, grid).mean(axis=(1, 3))
            bands[band] = numbers(values, dials.sensor_noise * INSTRUMENT[index], here.outside, rng)
        yield acquisition, bands, here


def coarse_sky(sky: Sky, fine: Grid, grid: Grid) -> Sky:
    """A sky on other pixels: means of clouds and shadows; outside, and flagged, what any part is."""
    flags = _blocks(sky.flags, fine, grid)
    return Sky(
        _blocks(sky.opacity, fine, grid).mean(axis=(1, 3)),
        _blocks(sky.darkness, fine, grid).mean(axis=(1, 3)),
        np.asarray(_blocks(sky.outside, fine, grid).any(axis=(1, 3))),
        np.asarray(np.bitwise_or.reduce(np.bitwise_or.reduce(flags, axis=3), axis=1), np.uint8),
    )


def _blocks(values: NDArray[Any], fine: Grid, grid: Grid) -> NDArray[Any]:
    """What each pixel of a grid covers of a finer one, in steps of half its pixels: (rows, n, columns, n)."""
    step = fine.transform[0] / 2
    halves = np.repeat(np.repeat(values, 2, axis=0), 2, axis=1)
    side = round(grid.transform[0] / step)
    col = round((grid.transform[2] - fine.transform[2]) / step)
    row = round((fine.transform[5] - grid.transform[5]) / step)
    part = halves[row : row + side * grid.height, col : col + side * grid.width]
    return part.reshape(grid.height, side, grid.width, side)


def _grid(crs: str, left: float, top: float, height: int, width: int) -> Grid:
    return Grid(crs, (PIXEL, 0.0, left, 0.0, -PIXEL, top), height, width)
