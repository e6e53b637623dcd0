"""A run's network beside a random forest on the same samples, and beside the best rule."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import rasterio
from netCDF4 import Dataset
from numpy.typing import NDArray

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring
from tilefold.grids.windows import blocks, whole
from tilefold.series.stack import open_inputs
from tilefold.storage.rasters import BLOCK, grid_of
from tilefold.storage.samples import read_rows, stored_variables
from tilefold.storage.tables import read_table, write_table
from tilefold.validation.forest import Forest, train_forest

logger = logging.getLogger(__name__)

NETWORK, FOREST, BEST = "network", "random forest", "best rule"
TEST, TRUTH = "test", "truth"

Paths = Mapping[str, Path | str]


@dataclass(frozen=True)
class TruthTile:
    """A tile of which the true classes are known everywhere.

    Attributes
    ----------
    truth
        Raster of true class codes, on the tile's grid.
    classified
        Raster of the network's labels.
    series, clear, static
        Inputs of the tile, by name.
    external
        Raster of the tile's external features, if there are some.
    """

    truth: Path | str
    classified: Path | str
    series: Paths
    clear: Paths
    static: Paths
    external: Path | str | None = None


def compare_with_forest(
    samples: Path | str,
    pools: Mapping[str, Path | str],
    predicted: Path | str,
    *,
    table: Path | str,
    nodata: int,
    tiles: Mapping[str, TruthTile] | None = None,
    ownership: Ownership | None = None,
    best_possible: Mapping[str, float] | None = None,
    jobs: int = 1,
) -> pd.DataFrame:
    """Score a network and a random forest of 100 trees on the same pixels.

    The forest is trained on the learn and validation samples of the run, with the network's features; missing
    values are imputed by the mean. Pixels that the network leaves nodata, never clear, are scored for neither.

    Parameters
    ----------
    samples
        Sample database of the run (NetCDF).
    pools
        Pools by tile.
    predicted
        The network's predicted samples (Parquet).
    table
        To write (CSV): `pixels` ("test": the predicted samples; "truth": all pixels with known truth that the
        tiles own), `model` ("network", "random forest", "best rule"), `oa`, `n_pixels` (empty for the best
        rule).
    nodata
        Value of pixels that the network leaves without a class.
    tiles
        Tiles with known truth; none: no such rows.
    ownership
        Which tile owns a pixel of the truth. Default: among `tiles`, by their rasters' rectangles.
    best_possible
        Overall accuracy of the rule that knows how a scene was made, by `pixels`, where it is known (see
        docs/simulation.md: it is an upper bound amidst parcels, not at their borders).
    jobs
        Threads of the forest; the result does not depend on it.

    Returns
    -------
    DataFrame
        The table.
    """
    forest = train_forest([samples], jobs=jobs)
    rows = _rows(TEST, _test_scores(forest, pools, read_table(predicted), nodata))
    if tiles:
        truths = {tile: paths.truth for tile, paths in tiles.items()}
        rows += _rows(TRUTH, _truth_scores(forest, tiles, ownership or raster_ownership(truths), nodata))
    rows += [
        {"pixels": pixels, "model": BEST, "oa": oa, "n_pixels": None}
        for pixels, oa in (best_possible or {}).items()
    ]
    result = pd.DataFrame(rows).astype({"n_pixels": "Int64"})
    result = result.sort_values("pixels", kind="stable", ignore_index=True)
    write_table(table, result)
    return result


def raster_ownership(rasters: Mapping[str, Path | str]) -> Ownership:
    """Ownership of tiles whose footprints are their rasters' rectangles, in the CRS of the first."""
    grids = {tile: _grid(path) for tile, path in rasters.items()}
    crs = grids[min(grids)].crs
    return Ownership(crs, {tile: footprint_ring(grid, crs) for tile, grid in grids.items()})


@dataclass
class _Score:
    """Pixels and how many of them each model labels correctly."""

    network: int = 0
    forest: int = 0
    pixels: int = 0

    def add(self, reference: NDArray[Any], network: NDArray[Any], forest: NDArray[Any]) -> None:
        self.network += int((network == reference).sum())
        self.forest += int((forest == reference).sum())
        self.pixels += reference.size


def _rows(pixels: str, score: _Score) -> list[dict[str, Any]]:
    return [
        {
            "pixels": pixels,
            "model": model,
            "oa": right / score.pixels if score.pixels else None,
            "n_pixels": score.pixels,
        }
        for model, right in ((NETWORK, score.network), (FOREST, score.forest))
    ]


def _test_scores(
    forest: Forest, pools: Mapping[str, Path | str], predicted: pd.DataFrame, nodata: int
) -> _Score:
    score = _Score()
    labelled = predicted[predicted["predicted"] != nodata]
    for tile, rows in labelled.groupby("tile", sort=True):
        place = rows["pool_row"].to_numpy()
        with Dataset(pools[str(tile)]) as pool:
            for part, values in read_rows(pool, stored_variables(forest.inputs), place):
                chosen = rows.iloc[part]
                score.add(chosen["code"].to_numpy(), chosen["predicted"].to_numpy(), forest.predict(values))
    return score


def _truth_scores(
    forest: Forest, tiles: Mapping[str, TruthTile], ownership: Ownership, nodata: int
) -> _Score:
    """Score all pixels that the tiles own."""
    score = _Score()
    for tile, paths in sorted(tiles.items()):
        near = ownership.neighbours(tile)
        with (
            rasterio.open(paths.truth) as truth,
            rasterio.open(paths.classified) as classified,
            open_inputs(paths.series, paths.static, forest.inputs, paths.clear, paths.external) as inputs,
        ):
            grid = grid_of(truth)
            for window in blocks(whole(grid.height, grid.width), BLOCK):
                reference = truth.read(1, window=window.to_ranges()).ravel()
                labels = classified.read(1, window=window.to_ranges()).ravel()
                known = near.owned(tile, grid, window).ravel() & (labels != nodata)
                if truth.nodata is not None:
                    known &= reference != truth.nodata
                values = {name: stored[known] for name, stored in inputs.read(window).items()}
                score.add(reference[known], labels[known], forest.predict(values))
        logger.info("tile %s: %d pixels of the truth so far", tile, score.pixels)
    return score


def _grid(path: Path | str) -> Grid:
    with rasterio.open(path) as raster:
        return grid_of(raster)
