"""A whole simulated scene on disk: products, reference, nomenclature, truth."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.simulation import keyed
from tilefold.simulation.acquisitions import tile_acquisitions
from tilefold.simulation.bound import best_possible, log_likelihoods
from tilefold.simulation.classes import CLASSES, CODES, LOCAL_CODE, RARE_CODE
from tilefold.simulation.clouds import make_sky
from tilefold.simulation.decoder import Decoder, decoders
from tilefold.simulation.dials import Dials
from tilefold.simulation.faults import spoil
from tilefold.simulation.ground import Ground, make_ground
from tilefold.simulation.layout import tile_grids, tile_windows
from tilefold.simulation.parcels import Parcels, make_parcels
from tilefold.simulation.products import acquisition_generator, observe, write_product
from tilefold.simulation.reference import Reference, make_reference
from tilefold.simulation.statistics import BANDS, COARSE_BANDS
from tilefold.storage.rasters import create_raster
from tilefold.storage.tables import write_table, write_vector
from tilefold.storage.whole import write_json

logger = logging.getLogger(__name__)

#: Pixels of the scene on which the best possible accuracy is measured, and the largest share of all pixels.
BOUND_PIXELS, BOUND_SHARE = 8000, 0.1
#: Most tiles among which the best rule has to guess a pixel's own.
BOUND_TILES = 8
REFERENCE_LAYER = "reference"


@dataclass(frozen=True)
class ScenePaths:
    """Where the parts of a scene lie.

    Attributes
    ----------
    sentinel2
        Folder with one folder a tile, which holds one folder a product.
    reference
        GeoPackage, layer `reference`, class field `code`.
    nomenclature
        CSV with columns code, label, colour (#rrggbb).
    truth
        Folder with one GeoTIFF of true codes a tile (uint8) and `truth.json`.
    dem
        Folder with one elevation raster a tile (float32, metres), or None.
    """

    sentinel2: Path
    reference: Path
    nomenclature: Path
    truth: Path
    dem: Path | None

    def truth_map(self, tile: str) -> Path:
        """True classes of a tile."""
        return self.truth / f"{tile}.tif"

    @property
    def truth_json(self) -> Path:
        """What is known of the scene: dials, best possible accuracy, shares, counts of faults."""
        return self.truth / "truth.json"


def scene_paths(folder: Path | str, *, dem: bool = False) -> ScenePaths:
    """Paths of a scene in a folder, whether it is there or not."""
    home = Path(folder)
    return ScenePaths(
        home / "sentinel2",
        home / "reference.gpkg",
        home / "nomenclature.csv",
        home / "truth",
        home / "dem" if dem else None,
    )


def simulate_scene(folder: Path | str, dials: Dials) -> ScenePaths:
    """Simulate a scene; equal dials give equal bytes.

    The scene is made in a folder beside `folder` and renamed at the end, so that one that is there is whole.

    Parameters
    ----------
    folder
        Where to put it; must not exist, or be empty.
    dials
        All settings.

    Raises
    ------
    FileExistsError
        If there is something in the folder already.
    """
    home = Path(folder)
    if home.exists() and any(home.iterdir()):
        raise FileExistsError(f"{home}: not empty; remove it or name another folder for the simulated scene")
    unfinished = home.with_name(f".{home.name}.unfinished")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    paths = scene_paths(unfinished, dem=dials.dem)
    parcels = make_parcels(dials)
    reference = make_reference(dials, parcels)
    observed = [
        _simulate_tile(paths, dials, parcels, reference, tile, decoder)
        for tile, decoder in decoders(dials).items()
    ]
    write_nomenclature(paths.nomenclature)
    spoilt, faults = spoil(reference.features, dials)
    write_vector(paths.reference, spoilt, REFERENCE_LAYER)
    write_json(paths.truth_json, _describe(dials, reference, faults, observed))
    if home.exists():
        home.rmdir()
    unfinished.rename(home)
    return scene_paths(home, dem=dials.dem)


def write_nomenclature(path: Path) -> None:
    """Write codes, labels and colours (#rrggbb) of the simulated classes as CSV."""
    colours = ["#{:02x}{:02x}{:02x}".format(*look.colour) for look in CLASSES]
    labels = [look.label for look in CLASSES]
    write_table(path, pd.DataFrame({"code": CODES, "label": labels, "colour": colours}))


@dataclass(frozen=True)
class _Observed:
    """What the description of the scene needs of one tile.

    `likelihood` (pixels, classes), `truth` (index of the class), `pure` (no other parcel beside it) and
    `reference` (row of the polygon that it lies in, or -1) are of a sample of pixels; the rest of all.
    """

    tile: str
    likelihood: NDArray[np.float64]
    truth: NDArray[np.int64]
    pure: NDArray[np.bool_]
    reference: NDArray[np.int64]
    facts: dict[str, Any]


def _simulate_tile(
    paths: ScenePaths, dials: Dials, parcels: Parcels, reference: Reference, tile: str, decoder: Decoder
) -> _Observed:
    """Write one tile and return what is known of it."""
    window, grid = tile_windows(dials)[tile], tile_grids(dials)[tile]
    ground = make_ground(dials, parcels, window)
    _write_truth(paths, dials, grid, window, ground, tile)
    acquisitions = tile_acquisitions(dials, tile)
    flagged = _always_flagged(dials, tile)
    sample = _sample(dials, tile)
    values = np.zeros((len(sample[0]), len(acquisitions), len(BANDS)))
    clear = np.zeros(values.shape[:2], bool)
    tally = np.zeros(5)
    for index, acquisition in enumerate(acquisitions):
        rng = acquisition_generator(dials, acquisition)
        sky = make_sky(dials, acquisition, flagged, rng)
        bands = observe(dials, decoder, ground.latents, acquisition, sky, rng)
        write_product(paths.sentinel2 / tile, grid, acquisition, bands, sky)
        for b, band in enumerate(BANDS):
            step = 2 if band in COARSE_BANDS else 1
            values[:, index, b] = bands[band][sample[0] // step, sample[1] // step]
        clear[:, index] = sky.clear[sample]
        inside, called = ~sky.outside, sky.flags > 0
        covered = sky.covered & inside
        tally += [
            inside.sum(), covered.sum(), (covered & ~called).sum(), (inside & ~covered).sum(),
            (inside & ~covered & called).sum(),
        ]  # fmt: skip
    logger.info("simulated tile %s: %d products", tile, len(acquisitions))
    days = np.array([acquisition.day for acquisition in acquisitions])
    row, col = window.row_start + sample[0], window.col_start + sample[1]
    pure = ndimage.minimum_filter(ground.parcel, 3) == ndimage.maximum_filter(ground.parcel, 3)
    return _Observed(
        tile,
        log_likelihoods(values, clear, days, _candidates(dials, decoder), dials),
        ground.class_index[sample],
        pure[sample],
        reference.core[row, col].astype(np.int64) - 1,
        _facts(ground, decoder, len(acquisitions), tally),
    )


def _candidates(dials: Dials, own: Decoder) -> list[Decoder]:
    """Tiles that a pixel may come from as far as the best rule knows."""
    if dials.shift == 0:
        return [own]
    others = [decoder for decoder in decoders(dials).values() if decoder.delay != own.delay]
    return [own, *others[: BOUND_TILES - 1]]


def _sample(dials: Dials, tile: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the tile's pixels on which the best possible accuracy is measured."""
    count = min(-(-BOUND_PIXELS // len(dials.tiles)), int(BOUND_SHARE * dials.size**2))
    rng = keyed.generator(dials.seed, "bound", tile)
    row, col = np.divmod(np.sort(rng.choice(dials.size**2, count, replace=False)), dials.size)
    return row, col


def _always_flagged(dials: Dials, tile: str) -> NDArray[np.bool_]:
    """The square of pixels that no mask ever calls clear; in the last tile alone."""
    flagged = np.zeros((dials.size, dials.size), bool)
    if tile == dials.tiles[-1]:
        start = dials.size // 2
        flagged[start : start + dials.always_flagged, start : start + dials.always_flagged] = True
    return flagged


def _write_truth(
    paths: ScenePaths, dials: Dials, grid: Grid, window: Window, ground: Ground, tile: str
) -> None:
    """Write the true classes and, if wanted, the elevation."""
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
            dataset.write(_elevation(dials, window), 1)


def _elevation(dials: Dials, window: Window, waves: int = 24) -> NDArray[np.float32]:
    """Rolling hills of 100 to 500 m, the same in every tile that sees them."""
    rng = keyed.generator(dials.seed, "dem")
    frequency = rng.standard_normal((2, waves)) / (0.3 * dials.size)
    phase = rng.uniform(0, 2 * np.pi, waves)
    row = np.arange(window.row_start, window.row_stop)[:, None, None]
    col = np.arange(window.col_start, window.col_stop)[None, :, None]
    waving = np.cos(row * frequency[0] + col * frequency[1] + phase).sum(axis=2) * np.sqrt(2 / waves)
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


def _describe(
    dials: Dials, reference: Reference, faults: dict[str, int], observed: list[_Observed]
) -> dict[str, Any]:
    """Content of truth.json."""
    likelihood = np.concatenate([part.likelihood for part in observed])
    truth = np.concatenate([part.truth for part in observed])
    pure = np.concatenate([part.pure for part in observed])
    polygon = np.concatenate([part.reference for part in observed])
    written, true_code = reference.features["code"], reference.features["true_code"]
    possible = {
        "truth": best_possible(likelihood, truth, np.ones(len(truth), bool)),
        "pure": best_possible(likelihood, truth, pure),
        "reference": best_possible(likelihood, truth, polygon >= 0),
    }
    prevalence = {
        str(code): float(np.mean([part.facts["prevalence"][str(code)] for part in observed]))
        for code in CODES
    }
    return {
        "dials": dials.to_dict(),
        "best_possible_oa": possible["truth"].get("oa"),
        "best_possible": possible,
        "prevalence": prevalence,
        "polygons": {str(code): int((written == code).sum()) for code in CODES},
        "mislabelled_polygons": int((written != true_code).sum()),
        "faults": faults,
        "rare_code": RARE_CODE,
        "local_code": LOCAL_CODE,
        "tiles": {part.tile: part.facts for part in observed},
    }
