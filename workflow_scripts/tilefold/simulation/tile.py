"""One tile of a simulated scene: its truth, its products, and what is known of it."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tilefold.grids.windows import Window
from tilefold.simulation import keyed
from tilefold.simulation.acquisitions import Acquisition, tile_acquisitions
from tilefold.simulation.bound import Pixels, best_answers, log_likelihoods
from tilefold.simulation.classes import CODES
from tilefold.simulation.clouds import Sky, make_sky
from tilefold.simulation.decoder import Decoder
from tilefold.simulation.dials import Dials
from tilefold.simulation.ground import Ground, make_ground
from tilefold.simulation.layout import Places, lattice_places, tile_grids
from tilefold.simulation.parcels import Parcels
from tilefold.simulation.paths import ScenePaths
from tilefold.simulation.products import Products
from tilefold.simulation.reference import Reference, at_places
from tilefold.simulation.sentinel2 import acquisition_generator, observe
from tilefold.simulation.statistics import BANDS, COARSE_BANDS
from tilefold.storage.rasters import create_raster

logger = logging.getLogger(__name__)

Bools = NDArray[np.bool_]

#: Most pixels of a scene on which the best possible accuracy is measured.
BOUND_PIXELS = 24_000
#: Pixels among which the best possible accuracy is measured: all; those around which all belongs to one parcel
#: as far as a 20 m pixel and the instrument's blur reach; those that reference polygons were made of.
GROUPS = ("truth", "pure", "reference")
#: Where the rule is the best one (see `bound`). The reference's pixels are pure in the bands of 10 m and nearly so
#: in those of 20 m.
IS_A_BOUND = {"truth": False, "pure": True, "reference": False}


@dataclass(frozen=True)
class KnownTile:
    """What the description of the scene needs of one tile.

    Attributes
    ----------
    tile
        Its name.
    answers
        For each of `GROUPS`, whether the best rule finds the true class, (pixels,), and the pixels' parcels.
    facts
        Figures of the tile.
    """

    tile: str
    answers: dict[str, tuple[Bools, NDArray[np.int64]]]
    facts: dict[str, Any]


def simulate_tile(
    paths: ScenePaths, dials: Dials, parcels: Parcels, reference: Reference, tile: str, decoder: Decoder
) -> KnownTile:
    """Write one tile and return what is known of it."""
    ground = tile_ground(dials, parcels, tile)
    _write_truth(paths, dials, tile, ground)
    acquisitions = tile_acquisitions(dials, tile)
    products = Products(paths, dials, tile)
    watched = _Watched(dials, tile, acquisitions)
    flagged = _always_flagged(dials, tile)
    tally = np.zeros(5)
    for index, acquisition in enumerate(acquisitions):
        rng = acquisition_generator(dials, acquisition)
        sky = make_sky(dials, acquisition, flagged, rng)
        bands = observe(dials, decoder, ground.latents, acquisition, sky, rng)
        products.add_sentinel2(acquisition, bands, sky)
        watched.add(index, bands, sky)
        tally += _tally(sky)
    products.add_others(parcels, decoder, ground.latents, flagged)
    logger.info("simulated tile %s: %d acquisitions of Sentinel-2", tile, len(acquisitions))
    core = at_places(reference.core, *lattice_places(dials, tile)) > 0
    return KnownTile(
        tile,
        _answers(watched, ground, core, decoder, dials),
        _facts(ground, decoder, len(acquisitions), tally),
    )


def tile_ground(dials: Dials, parcels: Parcels, tile: str) -> Ground:
    """Ground at the pixel centres of a tile: in another zone, that of the lattice's pixel which holds the centre."""
    row, col = lattice_places(dials, tile)
    window = Window(int(row.min()), int(row.max()) + 1, int(col.min()), int(col.max()) + 1)
    ground = make_ground(dials, parcels, window)
    if window.shape == row.shape:
        return ground
    place = row - window.row_start, col - window.col_start
    return Ground(ground.parcel[place], ground.class_index[place], ground.latents[place])


class _Watched:
    """Some pixels of a tile and what is seen of them."""

    def __init__(self, dials: Dials, tile: str, acquisitions: list[Acquisition]) -> None:
        count = min(math.ceil(BOUND_PIXELS / len(dials.tiles)), dials.size**2)
        rng = keyed.generator(dials.seed, "bound", tile)
        chosen = np.sort(rng.choice(dials.size**2, count, replace=False))
        self.places = np.divmod(chosen, dials.size)
        shape = (count, len(acquisitions))
        self.pixels = Pixels(
            np.zeros((*shape, len(BANDS)), np.int16),
            np.zeros(shape, bool),
            np.zeros(shape, bool),
            np.array([acquisition.day for acquisition in acquisitions]),
        )

    def add(self, index: int, bands: dict[str, NDArray[np.int16]], sky: Sky) -> None:
        """Look at one acquisition."""
        row, col = self.places
        for b, band in enumerate(BANDS):
            step = 2 if band in COARSE_BANDS else 1
            self.pixels.values[:, index, b] = bands[band][row // step, col // step]
        clear = sky.clear
        blocks = clear[::2, ::2] & clear[1::2, ::2] & clear[::2, 1::2] & clear[1::2, 1::2]
        self.pixels.clear[:, index] = clear[row, col]
        self.pixels.clear_coarse[:, index] = blocks[row // 2, col // 2]


def _answers(
    watched: _Watched, ground: Ground, core: Bools, decoder: Decoder, dials: Dials
) -> dict[str, tuple[Bools, NDArray[np.int64]]]:
    """What the best rule says of the watched pixels, by group."""
    likelihood = log_likelihoods(watched.pixels, decoder, dials)
    truth = ground.class_index[watched.places]
    parcel = ground.parcel[watched.places].astype(np.int64)
    everywhere = np.ones(core.shape, bool)
    groups = zip(GROUPS, (everywhere, pure_pixels(ground.parcel, dials), core), strict=True)
    among = {name: place[watched.places] for name, place in groups}
    return {name: (best_answers(likelihood, truth, chosen), parcel[chosen]) for name, chosen in among.items()}


def pure_pixels(parcel: NDArray[np.int32], dials: Dials) -> Bools:
    """Pixels around which all belongs to one parcel as far as a 20 m pixel and the instrument's blur reach."""
    # Beyond two standard deviations of the blur, rounded up, less than a thousandth is mixed in.
    side = 2 * (1 + math.ceil(2 * dials.mixed_border)) + 1
    return np.asarray(ndimage.minimum_filter(parcel, side) == ndimage.maximum_filter(parcel, side))


def _always_flagged(dials: Dials, tile: str) -> Bools:
    """The square of pixels that no mask ever calls clear; in the last tile alone."""
    flagged = np.zeros((dials.size, dials.size), bool)
    if tile == dials.tiles[-1]:
        start = dials.size // 2
        flagged[start : start + dials.always_flagged, start : start + dials.always_flagged] = True
    return flagged


def _tally(sky: Sky) -> NDArray[np.float64]:
    """Pixels inside the swath, covered, missed by the mask, really clear, over-called."""
    inside, called = ~sky.outside, sky.flags > 0
    covered = sky.covered & inside
    clear = inside & ~covered
    masks = (inside, covered, covered & ~called, clear, clear & called)
    return np.array([np.count_nonzero(mask) for mask in masks], np.float64)


def _write_truth(paths: ScenePaths, dials: Dials, tile: str, ground: Ground) -> None:
    """Write the true classes and, if wanted, the elevation."""
    grid = tile_grids(dials)[tile]
    codes = np.array(CODES, np.uint8)[ground.class_index]
    with create_raster(
        paths.truth_map(tile), grid, dtype="uint8", nodata=0, descriptions=["class"], tags={}
    ) as dataset:
        dataset.write(codes, 1)
    if paths.dem is not None:
        with create_raster(
            paths.dem / f"{tile}.tif",
            grid,
            dtype="float32",
            nodata=-9999,
            descriptions=["elevation"],
            tags={},
        ) as dataset:
            dataset.write(_elevation(dials, *lattice_places(dials, tile)), 1)


def _elevation(dials: Dials, row: Places, col: Places, waves: int = 24) -> NDArray[np.float32]:
    """Rolling hills of 100 to 500 m, the same in every tile that sees them."""
    rng = keyed.generator(dials.seed, "dem")
    frequency = rng.standard_normal((2, waves)) / (0.3 * dials.size)
    phase = rng.uniform(0, 2 * np.pi, waves)
    waves_at = row[..., None] * frequency[0] + col[..., None] * frequency[1] + phase
    waving = np.cos(waves_at).sum(axis=2) * np.sqrt(2 / waves)
    return (300 + 80 * waving).astype(np.float32)


def _facts(ground: Ground, decoder: Decoder, products: int, tally: NDArray[np.float64]) -> dict[str, Any]:
    """Figures of one tile; `tally`: pixels inside the swath, covered, missed, really clear, over-called."""
    counts = np.bincount(ground.class_index.ravel(), minlength=len(CODES))
    return {
        "products": products,
        "prevalence": {
            str(c): n / ground.class_index.size for c, n in zip(CODES, counts.tolist(), strict=True)
        },
        "cloud_fraction": tally[1] / max(1.0, tally[0]),
        "mask_miss": tally[2] / max(1.0, tally[1]),
        "mask_overcall": tally[4] / max(1.0, tally[3]),
        "delay_days": decoder.delay,
        "vigour": decoder.vigour,
        "gain": dict(zip(BANDS, decoder.gain.tolist(), strict=True)),
        "offset": dict(zip(BANDS, decoder.offset.tolist(), strict=True)),
    }
