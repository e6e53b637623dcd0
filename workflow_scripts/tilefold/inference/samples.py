"""Prediction of the reference pixels that a run is scored on."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from netCDF4 import Dataset
from numpy.typing import NDArray

from tilefold.folds.areas import Cells
from tilefold.inference.decisions import Decisions
from tilefold.inference.model import PredictionError, Predictor
from tilefold.inference.precision import read_precisions
from tilefold.inference.regions import RegionModels
from tilefold.inference.thinning import thinned_pixels
from tilefold.regions.names import NO_REGION
from tilefold.regions.preparing import read_neighbours
from tilefold.regions.reading import bands_at
from tilefold.storage.samples import read_rows, stored_variables
from tilefold.storage.tables import Table, read_table, write_table

logger = logging.getLogger(__name__)

TEST = "test"
COLUMNS = {
    "tile": "str",
    "pool_row": "int64",
    "polygon": "int32",
    "group": "int32",
    "code": "int32",
    "role": "str",
    "cell": "str",
    "held_out_pixel": "bool",
    "predicted": "int32",
    "confidence": "uint8",
}


def predict_samples(
    models: Mapping[str, Path | str],
    roles: Path | str,
    pools: Mapping[str, Path | str],
    indexes: Mapping[str, Table],
    settings: Mapping[str, Any],
    *,
    predicted: Path | str,
    blocks: Path | str | None = None,
    regions: Mapping[str, Path | str] | None = None,
    neighbours: Path | str | None = None,
    precision: Path | str | None = None,
) -> None:
    """Predict every pixel of the held-out area and every pixel of role test outside it.

    The values are those of the map at the same pixels. Memory: blocks of `BLOCK_ROWS` samples, and the table.

    Parameters
    ----------
    models
        Model file by region.
    roles
        Roles of the polygons in this run: `polygon`, `split_role`, `role`, `barred`, `fold_value`.
    pools, indexes
        Pools and their indexes, by tile.
    settings
        `held_out` (cells) and `scheme` (see `Cells.of_scheme`), `codes`, `nodata`, `fallback`, `batch_rows`,
        `compute_threads`, `device`; `max_test_pixels` (see `thinned_pixels`), None for all.
    predicted
        To write (Parquet), in the order tile, pool row: `tile`, `pool_row`, `polygon`, `group`, `code` (of
        the reference), `role` (of the held-out area: the split's; else the run's), `cell` (of the scheme of
        folds), `held_out_pixel`, `predicted` (`nodata` where never clear or without a model), `confidence`
        (0 to 100; 255 where nodata).
    blocks
        GeoPackage of `assign_blocks`, for folds of blocks.
    regions, neighbours, precision
        As for `tilefold.inference.chunks.classify_chunk`; rasters by tile.

    Raises
    ------
    PredictionError
        If the pools are not those of the model, a polygon has no role, or the network gives NaN or infinity.
    """
    loaded = RegionModels(models, settings, read_neighbours(neighbours), read_precisions(precision))
    table = read_table(roles, ["polygon", "split_role", "role", "barred", "fold_value"])
    cells = Cells.of_scheme(settings["scheme"], table, blocks)
    table = table.set_index("polygon")
    parts, most = [], settings["max_test_pixels"]
    kept = thinned_pixels(indexes, most) if most is not None else {}
    for tile in sorted(pools):
        index = read_table(indexes[tile])
        index = index.assign(tile=tile, cell=cells.of_pixels(tile, index))
        chosen = rows_to_predict(index, table, settings["held_out"])
        chosen = chosen[kept[tile][chosen["pool_row"]]] if kept else chosen
        place = chosen["row"].to_numpy(), chosen["col"].to_numpy()
        numbers = bands_at(regions[tile], *place) if regions else np.full((1, len(chosen)), NO_REGION)
        decisions = _predict_pool(loaded, pools[tile], chosen, numbers, tile, settings["nodata"])
        parts.append(chosen.assign(predicted=decisions.labels, confidence=decisions.confidence))
        logger.info("tile %s: %d samples predicted", tile, len(chosen))
    result = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    write_table(predicted, result[list(COLUMNS)].astype(COLUMNS))


def rows_to_predict(index: pd.DataFrame, roles: pd.DataFrame, held_out: Collection[str]) -> pd.DataFrame:
    """Rows of a pool that a run is scored on.

    Parameters
    ----------
    index
        Index of a tile's pool: `polygon`, `group`, `code`, `clear_dates`, `tile`, `cell`; row i is sample i.
    roles
        By polygon: `split_role`, `role`, `barred`.
    held_out
        Cells that the run holds out.

    Returns
    -------
    DataFrame
        The rows with `pool_row`, `role` and `held_out_pixel`, in the order of the pool.

    Raises
    ------
    PredictionError
        If a polygon of the index has no row in `roles`.
    """
    unknown = index.loc[~index["polygon"].isin(roles.index), "polygon"]
    if len(unknown):
        raise PredictionError(
            f"tile {index['tile'].iloc[0]}: {unknown.nunique()} polygon(s) of the pool have no role, the first is "
            f"{unknown.iloc[0]}; the pool and the roles come from different reference data, make both again"
        )
    inside: NDArray[np.bool_] = index["cell"].isin(list(held_out)).to_numpy(bool)
    of_pixel = roles.loc[index["polygon"]]
    role = np.where(inside, of_pixel["split_role"], of_pixel["role"])
    scored = inside | ((role == TEST) & ~of_pixel["barred"].to_numpy(bool))
    return index.assign(pool_row=np.arange(len(index)), role=role, held_out_pixel=inside)[scored]


def _predict_pool(
    models: RegionModels,
    pool: Path | str,
    chosen: pd.DataFrame,
    regions: NDArray[Any],
    tile: str,
    nodata: int,
) -> Decisions:
    """Predict some rows of a pool, in order."""
    rows = chosen["pool_row"].to_numpy()
    clear_dates = chosen["clear_dates"].to_numpy()
    decisions = Decisions.undecided(len(rows), len(models.classes), nodata)
    with Dataset(pool) as dataset:
        check_pool(dataset, models, pool)
        for part, values in read_rows(dataset, stored_variables(models.inputs), rows):
            place = f"tile {tile}, samples {rows[part.start]} to {rows[part.stop - 1]}"
            decisions.put(part, models.classify(regions[:, part], values, clear_dates[part], place=place))
    return decisions


def check_pool(dataset: Dataset, models: RegionModels | Predictor, pool: Path | str) -> None:
    """Refuse a pool that does not hold the inputs of the model.

    Raises
    ------
    PredictionError
        With the input, and the shapes found and expected.
    """
    for name, (expected, _) in stored_variables(models.inputs).items():
        found = dataset.variables[name].shape[1:] if name in dataset.variables else None
        if found != expected:
            raise PredictionError(
                f"{pool}: input {name} has {'no values' if found is None else f'the shape {found}'}, but "
                f"{models.path} was trained on {expected}; extract the pool again, or train again"
            )
