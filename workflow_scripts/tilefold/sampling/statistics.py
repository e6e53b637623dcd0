"""Tables of a run's samples: what was wanted, found and taken."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.folds.barring import HELD_OUT, TRAINING_ROLES
from tilefold.folds.roles import LEARN, TEST, VALIDATION
from tilefold.sampling.drawing import Draw
from tilefold.sampling.stock import Stock
from tilefold.sampling.training import NONE, Training


def rates_table(training: Training, stock: Stock, drawn: Draw) -> pd.DataFrame:
    """One row for each region and class.

    Returns
    -------
    pandas.DataFrame
        ``region``, ``code``, ``polygons`` (training polygons with an available pixel; parts of one original count
        once), ``available``, ``required``, ``taken``, ``rate``, ``learn``, ``validation``; a class without
        available pixels has zeros.
    """
    by_role = {
        name: np.bincount(
            drawn.stratum[(drawn.picked["role"] == name).to_numpy()], minlength=len(training.strata)
        )
        for name in TRAINING_ROLES
    }
    seen = np.unique(np.concatenate(stock.portions))
    groups = pd.Series(training.group[seen]).groupby(training.stratum[seen]).nunique()
    available = stock.by_stratum
    return pd.DataFrame(
        {
            "region": [region for region, _ in training.strata],
            "code": [code for _, code in training.strata],
            "polygons": groups.reindex(range(len(training.strata)), fill_value=0).to_numpy(),
            "available": available,
            "required": drawn.wanted,
            "taken": by_role[LEARN] + by_role[VALIDATION],
            "rate": np.minimum(drawn.wanted / np.maximum(available, 1), 1.0),
            **by_role,
        }
    )


def samples_table(
    in_fold: pd.DataFrame, pieces: pd.DataFrame, training: Training, stock: Stock, drawn: Draw
) -> pd.DataFrame:
    """What each tile gives of each class, by role.

    Parameters
    ----------
    in_fold
        Table of `fold_roles`.
    pieces
        Table of `count_pieces`.
    training, stock, drawn
        Who trains, what may be taken, what was drawn.

    Returns
    -------
    pandas.DataFrame
        ``region``, ``tile``, ``code``; for the roles learn and validation, ``<role>_polygons`` (with an available
        pixel in the tile; parts of one original count once), ``<role>_available`` and ``<role>_taken`` (pixels);
        ``wanted`` (pixels for learning and validation, where quotas give each tile its own number, else empty);
        ``test_polygons``, ``test_pixels`` (the role test; all pixels, since tests are never thinned);
        ``held_out_polygons``, ``held_out_pixels`` (whatever their role, in the held-out area). Where there are
        regions, polygons that are scored count for theirs of the split. All classes for each region and tile that
        has any polygon.
    """
    scored = _scored(in_fold, pieces, training)
    tiles = sorted({*stock.tiles, *scored["tile"]})
    shape = len(tiles), len(training.strata)
    rows = np.searchsorted(tiles, stock.tiles)
    columns: dict[str, NDArray[np.int64]] = {}
    picked = drawn.picked
    for place, role in enumerate(TRAINING_ROLES):
        columns[f"{role}_polygons"] = _spread(_groups(training, stock, place), rows, shape)
        columns[f"{role}_available"] = _spread(stock.available[:, :, place], rows, shape)
        drew = (picked["role"] == role).to_numpy()
        cell = np.searchsorted(tiles, picked["tile"][drew]) * shape[1] + drawn.stratum[drew]
        columns[f"{role}_taken"] = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    for side in (TEST, HELD_OUT):
        mine = scored[scored["side"] == side]
        cell = np.searchsorted(tiles, mine["tile"]) * shape[1] + mine["stratum"].to_numpy()
        found = mine.groupby(cell).agg({"group": "nunique", "pixels": "sum"})
        found = found.reindex(range(shape[0] * shape[1]), fill_value=0)
        columns[f"{side}_polygons"] = found["group"].to_numpy().reshape(shape)
        columns[f"{side}_pixels"] = found["pixels"].to_numpy().reshape(shape)
    table = pd.DataFrame({name: values.reshape(-1) for name, values in columns.items()})
    strata = np.tile(np.arange(shape[1]), shape[0])
    table.insert(0, "region", np.array([region for region, _ in training.strata], object)[strata])
    table.insert(1, "tile", np.repeat(np.array(tiles, object), shape[1]))
    table.insert(2, "code", np.array([code for _, code in training.strata])[strata])
    table.insert(9, "wanted", _wanted(drawn, rows, shape))
    polygons = [name for name in table if str(name).endswith("_polygons")]
    known = table.groupby(["region", "tile"])[polygons].transform("sum").sum(axis=1) > 0
    return table[known].sort_values(["region", "tile", "code"], ignore_index=True)


def _groups(training: Training, stock: Stock, role: int) -> NDArray[np.int64]:
    """Groups by tile and stratum that have an available pixel in a role."""
    found = np.zeros((len(stock.tiles), len(training.strata)), np.int64)
    for number, portions in enumerate(stock.portions):
        mine = portions[training.role[portions] == role]
        pairs = np.unique(np.column_stack((training.stratum[mine], training.group[mine])), axis=0)
        found[number] = np.bincount(pairs[:, 0], minlength=found.shape[1])
    return found


def _spread(values: NDArray[np.int64], rows: NDArray[np.intp], shape: tuple[int, int]) -> NDArray[np.int64]:
    """Rows of the training tiles among those of all tiles; 0 elsewhere."""
    spread = np.zeros(shape, np.int64)
    spread[rows] = values
    return spread


def _wanted(drawn: Draw, rows: NDArray[np.intp], shape: tuple[int, int]) -> pd.Series:
    if drawn.quotas is None:
        return pd.Series(pd.NA, index=range(shape[0] * shape[1]), dtype="Int64")
    return pd.Series(_spread(drawn.quotas, rows, shape).reshape(-1), dtype="Int64")


def _scored(in_fold: pd.DataFrame, pieces: pd.DataFrame, training: Training) -> pd.DataFrame:
    """What polygons of the regions have of scored pixels in each tile, with their ``side`` and ``stratum``."""
    table = pieces.merge(in_fold[["polygon", "group", "region", "code", "role"]], on="polygon")
    tested = (table["role"] == TEST) * (table["pixels"] - table[HELD_OUT])
    sides = {TEST: tested, HELD_OUT: table[HELD_OUT]}
    table = table.assign(stratum=training.place(table))
    scored = pd.concat([table.assign(side=side, pixels=pixels) for side, pixels in sides.items()])
    return scored[(scored["pixels"] > 0) & (scored["stratum"] != NONE)]
