"""Out-of-area scores by the distance from the nearest training polygon: how accuracy falls with it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from tilefold.folds.areas import HeldOutArea, open_area
from tilefold.folds.barring import TRAINING_ROLES, clipped_away
from tilefold.grids.lengths import metric_points
from tilefold.storage.tables import Table, read_table, write_table
from tilefold.validation.matrices import unit_counts
from tilefold.validation.metrics import scores

logger = logging.getLogger(__name__)

Indexes = Mapping[str, Table]
PREDICTED = ["tile", "pool_row", "group", "code", "held_out_pixel", "predicted"]
#: Metrics of each class of distances.
METRICS = ["n_pixels", "n_polygons", "n_nodata", "n_classes", "oa", "mean_f1"]


def score_distances(
    predicted: Path | str,
    roles: Path | str,
    indexes: Indexes,
    settings: Mapping[str, Any],
    *,
    distances: Path | str,
    blocks: Path | str | None = None,
) -> None:
    """Score a fold's out-of-area pixels by their distance from the nearest pixel of a training polygon.

    Training pixels are all pool pixels of polygons that train in the run, not only those drawn; where straddlers
    are clipped, those beyond the barred area. One pool's index and a tree of its training pixels are in memory at
    a time, besides the places of the out-of-area pixels.

    Parameters
    ----------
    predicted
        Table of `predict_samples`.
    roles
        Roles of the polygons in this run, of `select_samples`.
    indexes
        Indexes of the pools of all tiles with reference, by tile.
    settings
        ``fold``, ``seed``, ``held_out``, ``scheme``, ``barring`` (see `open_area`), ``training_tiles``, ``crs`` (the
        common one), ``distances`` (limits of the classes in metres, ascending), ``codes``, ``nodata``.
    distances
        CSV to write, one row a class of distances, nearest first: ``fold``, ``seed``, ``from_m`` (included),
        ``to_m`` (not included; empty: no limit), ``n_pixels`` (classified), ``n_polygons``, ``n_nodata``,
        ``n_classes``, ``oa``, ``mean_f1`` (over the classes with reference among these pixels).
    blocks
        GeoPackage of `assign_blocks`, for folds of blocks.
    """
    table, limits = read_table(roles), list(settings["distances"])
    training = {tile: indexes[tile] for tile in settings["training_tiles"]}
    area = open_area(settings, table, training, blocks)
    pixels = read_table(predicted, PREDICTED)
    pixels = pixels[pixels["held_out_pixel"]].reset_index(drop=True)
    trains = table.loc[table["role"].isin(TRAINING_ROLES), ["polygon", "clipped"]]
    places = _places(pixels, indexes, settings["crs"])
    nearest = np.full(len(pixels), np.inf)
    for tile, index in sorted(training.items()):
        points = _training_points(index, tile, trains, area, settings["crs"])
        if len(points) and len(places):
            found, _ = cKDTree(points).query(places, distance_upper_bound=limits[-1])
            nearest = np.minimum(nearest, found)
    rows = _scores_by_class(pixels, nearest, limits, settings)
    write_table(distances, pd.DataFrame(rows).astype({"to_m": "Float64"}))
    logger.info("%s: %d out-of-area pixels", settings["fold"], len(pixels))


def _places(pixels: pd.DataFrame, indexes: Indexes, crs: str) -> NDArray[np.float64]:
    """Metric places of predicted pixels, in their order."""
    x, y = np.empty(len(pixels)), np.empty(len(pixels))
    for tile, rows in pixels.groupby("tile")["pool_row"]:
        index = read_table(indexes[str(tile)], ["x", "y"]).iloc[rows.to_numpy()]
        x[rows.index], y[rows.index] = index["x"], index["y"]
    return metric_points(x, y, crs)


def _training_points(
    index: Table, tile: str, trains: pd.DataFrame, area: HeldOutArea, crs: str
) -> NDArray[np.float64]:
    """Metric places of a pool's pixels that may train."""
    pixels = read_table(index, ["polygon", "x", "y"])
    pixels = pixels[pixels["polygon"].isin(trains["polygon"])]
    clipped = pixels["polygon"].isin(trains.loc[trains["clipped"], "polygon"]).to_numpy()
    pixels = pixels[~clipped_away(tile, pixels, clipped, area)]
    return metric_points(pixels["x"].to_numpy(), pixels["y"].to_numpy(), crs)


def _scores_by_class(
    pixels: pd.DataFrame,
    nearest: NDArray[np.float64],
    limits: Sequence[float],
    settings: Mapping[str, Any],
) -> list[dict[str, Any]]:
    place = np.searchsorted(limits, nearest, side="right")
    rows = []
    for number, (low, high) in enumerate(zip([0.0, *limits], [*limits, None], strict=True)):
        chosen = pixels[place == number].assign(pixels=1)
        found = scores(unit_counts(chosen, settings["codes"], int(settings["nodata"])))
        key = {"fold": settings["fold"], "seed": settings["seed"], "from_m": low, "to_m": high}
        rows.append({**key, **{metric: found[metric] for metric in METRICS}})
    return rows
