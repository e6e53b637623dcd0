"""Whether folds are as far from their samples as the map is from all (Milà et al. 2022)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from tilefold.folds.barring import TRAINING_ROLES
from tilefold.grids.grid import Grid
from tilefold.grids.lengths import metric_points
from tilefold.grids.ownership import Ownership, to_common
from tilefold.storage.tables import Table, read_table, write_table

logger = logging.getLogger(__name__)

Paths = Mapping[str, Path | str]
Tables = Mapping[str, Table]
Points = NDArray[np.float64]

SAMPLES, FOLDS, MAP = "samples", "folds", "map"
#: Places of the map that are drawn.
PLACES = 10_000
#: The empirical distributions are told at these shares.
SHARES = np.arange(101) / 100


def measure_neighbours(
    roles: Paths, predicted: Paths, indexes: Tables, settings: Mapping[str, Any], *, neighbours: Path | str
) -> None:
    """Write the distributions of distances to the nearest training polygon: of samples, of folds, of the map.

    A polygon stands where the mean of its pixels lies, since a pixel's neighbour is mostly one of its own polygon.

    Parameters
    ----------
    roles
        Roles of the polygons in `all` and in each fold with one seed, by fold.
    predicted
        Table of `predict_samples` of each fold but `all`.
    indexes
        Indexes of the pools, by tile.
    settings
        `seed`, `training_tiles` (by fold), `grids` (of the mapped tiles), `ownership`.
    neighbours
        CSV to write: `kind` (`samples`: from each training polygon of `all` to the nearest other one; `folds`: from
        the held-out part of each polygon to the nearest training polygon of its fold; `map`: from places drawn in
        the map to the nearest training polygon of `all`), `fold` (empty: all folds), `n`, `share`, `distance_m`
        (which that share is not above).
    """
    crs = settings["ownership"]["crs"]
    pixels = pd.concat(
        [read_table(path, ["polygon", "x", "y"]).assign(tile=tile) for tile, path in indexes.items()]
    )
    training = {
        fold: _training(path, pixels, settings["training_tiles"][fold], crs) for fold, path in roles.items()
    }
    found = [(SAMPLES, "", nearest_others(training["all"]))]
    for fold, path in predicted.items():
        table = read_table(path, ["tile", "pool_row", "polygon", "held_out_pixel"])
        held_out = _held_out(table[table["held_out_pixel"]], indexes, crs)
        found.append((FOLDS, fold, nearest(held_out, training[fold])))
    found.append((FOLDS, "", np.concatenate([values for kind, _, values in found if kind == FOLDS])))
    found.append((MAP, "", nearest(map_places(settings), training["all"])))
    parts = [
        pd.DataFrame(
            {
                "kind": kind,
                "fold": fold,
                "n": len(values),
                "share": SHARES,
                "distance_m": np.quantile(values, SHARES, method="inverted_cdf").round(2),
            }
        )
        for kind, fold, values in found
        if len(values) and np.isfinite(values).all()
    ]
    write_table(neighbours, pd.concat(parts, ignore_index=True))
    logger.info("seed %d: %s", settings["seed"], ", ".join(f"{len(v)} {k} {f}".strip() for k, f, v in found))


def nearest(places: Points, samples: Points) -> NDArray[np.float64]:
    """Distance of each place to the nearest sample, float64 (places,)."""
    if not len(places) or not len(samples):
        return np.empty(0)
    return np.asarray(cKDTree(samples).query(places)[0])


def nearest_others(samples: Points) -> NDArray[np.float64]:
    """Distance of each sample to the nearest other one, float64 (samples,); none of fewer than two."""
    if len(samples) < 2:
        return np.empty(0)
    return np.asarray(cKDTree(samples).query(samples, k=2)[0][:, 1])


def map_places(settings: Mapping[str, Any]) -> Points:
    """Pixels drawn at random from what the mapped tiles own, `PLACES` at most, as metric points."""
    ownership = Ownership.from_dict(settings["ownership"])
    grids = {tile: Grid.from_dict(grid) for tile, grid in settings["grids"].items()}
    total = sum(grid.height * grid.width for grid in grids.values())
    rng = np.random.default_rng(settings["seed"])
    parts = []
    for tile, grid in grids.items():
        number = max(1, round(PLACES * grid.height * grid.width / total))
        rows, cols = rng.integers(0, grid.height, number), rng.integers(0, grid.width, number)
        x, y = to_common(grid, ownership.crs, rows, cols)
        owned = ownership.owners(x, y) == ownership.names.index(tile)
        parts.append(metric_points(x[owned], y[owned], ownership.crs))
    return np.concatenate(parts)


def _training(roles: Path | str, pixels: pd.DataFrame, tiles: Sequence[str], crs: str) -> Points:
    table = read_table(roles, ["polygon", "role"])
    trains = table.loc[table["role"].isin(TRAINING_ROLES), "polygon"]
    return _means(pixels[pixels["tile"].isin(tiles) & pixels["polygon"].isin(trains)], crs)


def _held_out(table: pd.DataFrame, indexes: Tables, crs: str) -> Points:
    parts = [
        read_table(indexes[str(tile)], ["polygon", "x", "y"]).iloc[rows.to_numpy()]
        for tile, rows in table.groupby("tile")["pool_row"]
    ]
    return _means(pd.concat(parts), crs) if parts else np.empty((0, 2))


def _means(pixels: pd.DataFrame, crs: str) -> Points:
    means = pixels.groupby("polygon")[["x", "y"]].mean()
    return metric_points(means["x"].to_numpy(), means["y"].to_numpy(), crs)
