"""Blended mosaics, against whole-array numpy, and what they are for: seams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Transformer

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring
from tilefold.grids.windows import Window
from tilefold.inference.blending import edge_distance
from tilefold.inference.mosaic import mosaic_tiles
from tilefold.inference.seams import measure_seams
from tilefold.plan.grids import output_grid
from tilefold.storage.rasters import create_raster
from tilefold.storage.tables import read_table

CRS = "EPSG:32631"
CODES = [2, 5, 9]
HEIGHT, WIDTH, STEP = 280, 300, 240
GRIDS = {
    "A": Grid(CRS, (10.0, 0.0, 500000.0, 0.0, -10.0, 4800000.0), HEIGHT, WIDTH),
    "B": Grid(CRS, (10.0, 0.0, 500000.0 + 10 * STEP, 0.0, -10.0, 4800000.0), HEIGHT, WIDTH),
}
FULL = (HEIGHT, STEP + WIDTH)


def softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=0))
    return powers / powers.sum(axis=0)


def write(
    folder: Path, probabilities: dict[str, np.ndarray], unseen: dict[str, np.ndarray], grids=GRIDS
) -> dict:
    """Rasters of each product, by product and tile; probabilities (classes, rows, columns)."""
    paths: dict[str, dict[str, Path]] = {"classification": {}, "confidence": {}, "probabilities": {}}
    for tile, values in probabilities.items():
        empty = unseen[tile]
        bands = {
            "classification": (np.array(CODES)[values.argmax(axis=0)][None], "uint8", 0),
            "confidence": (np.rint(values.max(axis=0) * 100)[None], "uint8", 255),
            "probabilities": (np.rint(values * 1000), "uint16", 65535),
        }
        for product, (stored, dtype, nodata) in bands.items():
            paths[product][tile] = folder / f"{tile}_{product}.tif"
            with create_raster(
                paths[product][tile],
                grids[tile],
                dtype=dtype,
                nodata=nodata,
                descriptions=[f"{product} {band}" for band in range(len(stored))],
                tags={},
            ) as raster:
                raster.write(np.where(empty, nodata, stored).astype(dtype))
    return paths


def settings(product: str) -> dict:
    return {
        "product": product,
        "grids": {tile: grid.to_dict() for tile, grid in GRIDS.items()},
        "ownership": Ownership(CRS, {t: footprint_ring(g, CRS) for t, g in GRIDS.items()}).to_dict(),
        "map_grids": None,
        "classes": None,
        "nodata": 0,
        "codes": CODES,
    }


def joined(folder: Path, paths: dict, product: str, blend: bool) -> np.ndarray:
    target = folder / f"{product}_{blend}.tif"
    mosaic_tiles(
        paths[product],
        settings(product),
        mosaic=target,
        probabilities=paths["probabilities"] if blend else None,
    )
    with rasterio.open(target) as raster:
        return raster.read()


@pytest.fixture(scope="module")
def random_tiles(tmp_path_factory) -> tuple[Path, dict, dict, dict]:
    rng = np.random.default_rng(3)
    folder = tmp_path_factory.mktemp("tiles")
    probabilities = {tile: softmax(rng.normal(size=(3, HEIGHT, WIDTH))) for tile in GRIDS}
    unseen = {tile: rng.random((HEIGHT, WIDTH)) < 0.1 for tile in GRIDS}
    return folder, probabilities, unseen, write(folder, probabilities, unseen)


def placed(tile: str, values: np.ndarray) -> np.ndarray:
    """Values on the whole mosaic, NaN elsewhere."""
    full = np.full((*values.shape[:-2], *FULL), np.nan)
    left = 0 if tile == "A" else STEP
    full[..., left : left + WIDTH] = values
    return full


def weights(tile: str) -> np.ndarray:
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    return np.minimum.reduce([rows + 0.5, HEIGHT - rows - 0.5, cols + 0.5, WIDTH - cols - 0.5])


def test_edge_distance_is_counted_from_pixel_centres() -> None:
    whole = edge_distance(GRIDS["A"], GRIDS["A"], Window(0, HEIGHT, 0, WIDTH))
    np.testing.assert_allclose(whole, weights("A"))
    np.testing.assert_allclose(
        edge_distance(GRIDS["A"], GRIDS["A"], Window(7, 30, 250, 300)), whole[7:30, 250:300]
    )


def test_probabilities_are_means_weighted_by_the_distance_from_the_edge(random_tiles) -> None:
    folder, probabilities, unseen, paths = random_tiles
    values = [
        placed(tile, np.where(unseen[tile], np.nan, np.rint(p * 1000))) for tile, p in probabilities.items()
    ]
    shares = [placed(tile, np.where(unseen[tile], np.nan, weights(tile))) for tile in GRIDS]
    seen = ~(np.isnan(shares[0]) & np.isnan(shares[1]))
    mean = np.nansum([v * w for v, w in zip(values, shares, strict=True)], axis=0)
    mean = np.where(seen, mean / np.where(seen, np.nansum(shares, axis=0), 1), np.nan)

    found = joined(folder, paths, "probabilities", True)
    assert (found[:, ~seen] == 65535).all()
    assert np.abs(found[:, seen] - mean[:, seen]).max() <= 0.5 + 1e-9
    confidence = joined(folder, paths, "confidence", True)[0]
    assert (confidence[~seen] == 255).all()
    # Of a single tile the confidence was rounded before the probabilities were.
    assert np.abs(confidence[seen] - mean.max(axis=0)[seen] / 10).max() <= 0.5 + 0.05 + 1e-9
    labels = joined(folder, paths, "classification", True)[0]
    ordered = np.sort(mean, axis=0)
    clear = seen & (ordered[2] - ordered[1] > 1)
    np.testing.assert_array_equal(labels[clear], np.array(CODES)[mean[:, clear].argmax(axis=0)])
    assert (labels[~seen] == 0).all()


def test_tiles_of_two_zones_are_blended_on_the_map(tmp_path: Path) -> None:
    """Each pixel of the map takes of each tile the pixel that its centre lies in, and its place in that tile."""
    target, side = "EPSG:2154", 200
    places = {"A": ("EPSG:32631", 738000.0, 4801000.0), "B": ("EPSG:32632", 252660.0, 4801520.0)}
    grids = {t: Grid(crs, (10.0, 0.0, x, 0.0, -10.0, y), side, side) for t, (crs, x, y) in places.items()}
    rng = np.random.default_rng(5)
    probabilities = {tile: softmax(rng.normal(size=(3, side, side))) for tile in grids}
    unseen = {tile: rng.random((side, side)) < 0.1 for tile in grids}
    paths = write(tmp_path, probabilities, unseen, grids)
    rings = {tile: footprint_ring(grid, target) for tile, grid in grids.items()}
    changed = {
        "grids": {tile: grid.to_dict() for tile, grid in grids.items()},
        "map_grids": {tile: output_grid(grid, target, None).to_dict() for tile, grid in grids.items()},
        "ownership": Ownership(target, rings).to_dict(),
    }
    mosaic, likely = tmp_path / "mosaic.tif", paths["probabilities"]
    mosaic_tiles(likely, settings("probabilities") | changed, mosaic=mosaic, probabilities=likely)
    with rasterio.open(mosaic) as raster:
        found, transform = raster.read(), raster.transform
    rows, cols = np.mgrid[: found.shape[1], : found.shape[2]]
    x, y = transform.c + 10 * (cols + 0.5), transform.f - 10 * (rows + 0.5)
    total, weight, tiles = np.zeros(found.shape), np.zeros(rows.shape), np.zeros(rows.shape, int)
    sure, held = np.ones(rows.shape, bool), np.zeros(rows.shape, bool)
    for tile, (crs, left, top) in places.items():
        there = Transformer.from_crs(target, crs, always_xy=True).transform(x, y)
        col, row = (there[0] - left) / 10, (top - there[1]) / 10
        inside = (row >= 0) & (row < side) & (col >= 0) & (col < side)
        at = np.floor(row[inside]).astype(int), np.floor(col[inside]).astype(int)
        share = np.minimum.reduce([row, side - row, col, side - col])[inside] * ~unseen[tile][at]
        total[:, inside] += np.rint(probabilities[tile] * 1000)[:, *at] * share
        weight[inside] += share
        tiles[inside] += share > 0
        # Centres on an edge of a pixel, to a millimetre, may go either way; footprints have straight sides.
        sure &= (np.abs(row - np.rint(row)) > 1e-4) & (np.abs(col - np.rint(col)) > 1e-4)
        held |= shapely.intersects_xy(shapely.Polygon(rings[tile]), x, y)
    checked = sure & held & (tiles > 0)
    assert (tiles[checked] == 2).sum() > 3000
    assert np.abs(found[:, checked] - total[:, checked] / weight[checked]).max() <= 0.5 + 1e-6
    assert (found[:, sure & ((tiles == 0) | ~held)] == 65535).all()


def test_where_one_tile_saw_a_pixel_its_values_stay(random_tiles) -> None:
    folder, _, unseen, paths = random_tiles
    blended = joined(folder, paths, "classification", True)[0]
    owned = joined(folder, paths, "classification", False)[0]
    one = np.isnan(placed("A", np.where(unseen["A"], np.nan, 1))) != np.isnan(
        placed("B", np.where(unseen["B"], np.nan, 1))
    )
    same = one & (owned > 0)
    np.testing.assert_array_equal(blended[same], owned[same])
    filled = one & (owned == 0)
    assert filled.sum() > 500
    assert (blended[filled] > 0).all()


def test_blending_lowers_the_seam_and_not_the_accuracy(tmp_path: Path) -> None:
    """One field of classes; each tile sees it with errors of its own and a shift towards another class."""
    rng = np.random.default_rng(4)
    truth = np.kron(rng.integers(0, 3, (28, 54)), np.ones((10, 10), int))
    evidence = 2.0 * (truth == np.arange(3)[:, None, None]) + rng.normal(size=(3, *FULL))
    shift = {"A": [0.9, 0.0, -0.9], "B": [-0.9, 0.0, 0.9]}
    probabilities = {}
    for tile, left in (("A", 0), ("B", STEP)):
        own = 0.6 * rng.normal(size=(3, HEIGHT, WIDTH)) + np.array(shift[tile])[:, None, None]
        probabilities[tile] = softmax(evidence[..., left : left + WIDTH] + own)
    unseen = {tile: np.zeros((HEIGHT, WIDTH), bool) for tile in GRIDS}
    paths = write(tmp_path, probabilities, unseen)
    accuracy, excess = {}, {}
    for blend in (False, True):
        labels = joined(tmp_path, paths, "classification", blend)[0]
        accuracy[blend] = (labels == np.array(CODES)[truth]).mean()
        map_path, table = tmp_path / f"classification_{blend}.tif", tmp_path / "seams.csv"
        measure_seams(map_path, paths["classification"], settings("classification"), seams=table)
        excess[blend] = abs(read_table(table)["seam"].iloc[0] - 1)
    assert excess[False] > 0.02
    assert excess[True] < excess[False]
    assert accuracy[True] > accuracy[False]
