"""Scores of maps at reference pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray

from tilefold.folds.barring import TRAINING_ROLES
from tilefold.grids.grid import Grid
from tilefold.grids.ownership import to_common
from tilefold.storage.rasters import crs_text
from tilefold.storage.tables import Table, read_table, write_table
from tilefold.validation.matrices import unit_counts
from tilefold.validation.metrics import scores
from tilefold.validation.sides import side_rows, sides_of_run

Paths = Mapping[str, Path | str]


def score_fused(
    maps: Paths,
    indexes: Mapping[str, Table],
    roles: Sequence[Path | str],
    settings: Mapping[str, Any],
    *,
    fused: Path | str,
) -> None:
    """Score fused maps and the maps that they are made from on polygons that none of the runs trained on.

    Validation polygons count as trained on. Without any other polygon the table has no rows: nothing can be said.

    Parameters
    ----------
    maps
        Maps of labels by name: the fused ones and those of the runs.
    indexes
        Indexes of the pools, by tile.
    roles
        Roles of the polygons in each of the runs (Parquet): `polygon`, `role`.
    settings
        `grids` of the tiles that are mapped, `codes`, `nodata`.
    fused
        CSV to write: `map`, and the metrics of `tilefold.validation.metrics.scores`.
    """
    trained: set[int] = set()
    for path in roles:
        table = read_table(path, ["polygon", "role"])
        trained |= set(table.loc[table["role"].isin(TRAINING_ROLES), "polygon"])
    parts = [
        index[~index["polygon"].isin(trained)].assign(tile=tile)
        for tile, path in indexes.items()
        for index in [read_table(path)]
        if tile in settings["grids"]
    ]
    pixels = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    rows = []
    if len(pixels):
        for name, path in maps.items():
            found = labels_at(path, pixels, settings["grids"])
            units = unit_counts(
                pixels.assign(predicted=found, pixels=1), settings["codes"], settings["nodata"]
            )
            rows.append({"map": name, **scores(units)})
    columns = ["map", *scores(unit_counts(_no_pixels(), settings["codes"], settings["nodata"]))]
    write_table(fused, pd.DataFrame(rows, columns=columns))


def score_regularised(
    maps: Paths,
    predicted: Path | str,
    indexes: Mapping[str, Table],
    settings: Mapping[str, Any],
    *,
    scored: Path | str,
) -> None:
    """Score a run's maps on the pixels that the run is scored on, as far as they are mapped.

    Parameters
    ----------
    maps
        Maps of labels by name.
    predicted
        Table of `predict_samples` of the run.
    indexes
        Indexes of the pools, by tile.
    settings
        `held_out`, `grids` of the tiles that are mapped, `codes`, `nodata`.
    scored
        CSV to write: `map`, `side` (see `sides_of_run`; none without mapped pixels), and the metrics of
        `tilefold.validation.metrics.scores`.
    """
    columns = ["tile", "pool_row", "polygon", "group", "code", "role", "held_out_pixel"]
    pixels = read_table(predicted, columns)
    pixels = pixels[pixels["tile"].isin(list(settings["grids"]))].reset_index(drop=True)
    places = np.zeros((len(pixels), 2), np.int64)
    for tile, rows in pixels.groupby("tile").indices.items():
        index = read_table(indexes[str(tile)], ["row", "col"])
        places[rows] = index.to_numpy()[pixels["pool_row"].to_numpy()[rows]]
    pixels = pixels.assign(row=places[:, 0], col=places[:, 1], pixels=1)
    lines = []
    for name, path in maps.items():
        labelled = pixels.assign(predicted=labels_at(path, pixels, settings["grids"]))
        for side in sides_of_run(settings["held_out"]):
            chosen = side_rows(labelled, side)
            if len(chosen):
                units = unit_counts(chosen, settings["codes"], settings["nodata"])
                lines.append({"map": name, "side": side, **scores(units)})
    empty = scores(unit_counts(_no_pixels(), settings["codes"], settings["nodata"]))
    write_table(scored, pd.DataFrame(lines, columns=["map", "side", *empty]))


def labels_at(path: Path | str, pixels: pd.DataFrame, grids: Mapping[str, Any]) -> NDArray[np.int64]:
    """Labels of a map at pixels of tiles.

    Parameters
    ----------
    path
        The map; it may have another CRS than the tiles.
    pixels
        `tile`, `row`, `col`.
    grids
        Grid of each tile, as plain data.

    Returns
    -------
    array of int64, (pixels,)
        The map's nodata value outside it.
    """
    with rasterio.open(path) as raster:
        labels = np.full(len(pixels), int(raster.nodata), np.int64)
        for tile, places in pixels.groupby("tile", sort=True).indices.items():
            mine = pixels.iloc[places]
            x, y = to_common(
                Grid.from_dict(grids[str(tile)]),
                crs_text(raster.crs),
                mine["row"].to_numpy(),
                mine["col"].to_numpy(),
            )
            cols, rows = ~raster.transform * (x, y)
            rows, cols = np.floor(rows).astype(int), np.floor(cols).astype(int)
            inside = (rows >= 0) & (rows < raster.height) & (cols >= 0) & (cols < raster.width)
            labels[places[inside]] = _read_at(raster, rows[inside], cols[inside])
    return labels


def _read_at(raster: Any, rows: NDArray[Any], cols: NDArray[Any]) -> NDArray[Any]:
    """Values at pixels, read by the raster's blocks that hold some; memory is that of a block."""
    height, width = raster.block_shapes[0]
    across = -(-raster.width // width)
    number = rows // height * across + cols // width
    values = np.empty(rows.size, raster.dtypes[0])
    order = np.argsort(number, kind="stable")
    found, starts = np.unique(number[order], return_index=True)
    for block, places in zip(found.tolist(), np.split(order, starts[1:]), strict=True):
        top, left = block // across * height, block % across * width
        window = (top, min(top + height, raster.height)), (left, min(left + width, raster.width))
        values[places] = raster.read(1, window=window)[rows[places] - top, cols[places] - left]
    return values


def _no_pixels() -> pd.DataFrame:
    return pd.DataFrame({"group": [], "code": [], "predicted": [], "pixels": []}, dtype=np.int64)
