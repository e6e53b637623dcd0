"""What is resampled for intervals: polygons, groups of the split, or square blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tilefold.folds.blocks import block_keys
from tilefold.grids.lengths import in_units
from tilefold.storage.tables import read_table

POLYGON, GROUP, BLOCK = "polygon", "group", "block"
#: Column of the counts with the number of each row's unit, and the attribute that says what kind of unit it is.
UNIT = "unit"


class ResamplingError(ValueError):
    """Units that cannot be told, or that two tables differ in."""


def resampling_units(
    split: Path | str, resampling: Mapping[str, Any], index: Path | str | None = None
) -> pd.Series[int]:
    """Unit of each polygon; it depends on no run, so that models are compared on the same units.

    A polygon is whole in one unit: the parts that a block's border would make of it are as alike as before.

    Parameters
    ----------
    split
        Table of `split_polygons`: `polygon`, `group`, `id`.
    resampling
        `kind`: `POLYGON` (an original of the reference with all its parts), `GROUP` (of the split) or `BLOCK`, which
        needs `size_m` (side in metres) and `crs` (the common one): squares that hold the mean of the pixels of an
        original; their corners are multiples of the side, as those of the blocks of folds.
    index
        Index of the pools of all tiles, for `BLOCK`: `polygon`, `x`, `y`.

    Returns
    -------
    Series of int64
        By `polygon`; polygons without a pixel have no block.

    Raises
    ------
    ResamplingError
        If the kind is unknown, or `BLOCK` is given no index.
    """
    polygons = read_table(split, ["polygon", "group", "id"]).set_index("polygon")
    kind = resampling["kind"]
    if kind == POLYGON:
        number, _ = pd.factorize(polygons["id"].astype(str), sort=True)
        return pd.Series(number, polygons.index)
    if kind == GROUP:
        return pd.Series(polygons["group"].to_numpy(np.int64), polygons.index)
    if kind != BLOCK:
        raise ResamplingError(f"no unit of resampling {kind!r}; known are {POLYGON}, {GROUP}, {BLOCK}")
    if index is None:
        raise ResamplingError(f"{BLOCK} needs the index of the pools, which tells where pixels lie")
    pixels = read_table(index, ["polygon", "x", "y"])
    original = pixels["polygon"].map(polygons["id"]).rename("id")
    middle = pixels.groupby(original)[["x", "y"]].mean()
    size = in_units(resampling["size_m"], resampling["crs"])
    keys = block_keys(middle["x"].to_numpy(np.float64), middle["y"].to_numpy(np.float64), size)
    of_original = pd.Series(keys, middle.index)
    placed = polygons[polygons["id"].isin(of_original.index)]
    return pd.Series(of_original[placed["id"]].to_numpy(np.int64), placed.index)


def with_units(counts: pd.DataFrame, units: pd.Series[int], resampling: Mapping[str, Any]) -> pd.DataFrame:
    """Counts with the unit of each row, and with what kind of unit it is as an attribute of the table.

    Raises
    ------
    ResamplingError
        If a polygon of the counts has no unit: they come from another split or other pools.
    """
    unknown = counts.loc[~counts["polygon"].isin(units.index), "polygon"]
    if len(unknown):
        raise ResamplingError(
            f"{unknown.nunique()} predicted polygon(s) have no unit of resampling, the first is {unknown.iloc[0]}; "
            "predictions and split come from different reference data, make both again"
        )
    table = counts.assign(**{UNIT: units.reindex(counts["polygon"]).to_numpy(np.int64)})
    table.attrs = {UNIT: dict(resampling)}
    return table


def unit_words(counts: Iterable[pd.DataFrame]) -> str:
    """What the units of some tables of counts are called: `polygon`, `group` or, say, `500 m block`.

    Raises
    ------
    ResamplingError
        If a table does not say it, or two tables differ.
    """
    kinds = [unit_kind(table) for table in counts]
    if any(kind != kinds[0] for kind in kinds):
        raise ResamplingError(
            f"tables of counts differ in the unit of resampling: {kinds}; validate all runs again"
        )
    return kind_words(kinds[0])


def unit_kind(counts: pd.DataFrame) -> dict[str, Any]:
    """What was given as `resampling` when the table was made."""
    if UNIT not in counts.attrs:
        raise ResamplingError("a table of counts does not say what its units are; validate the runs again")
    return dict(counts.attrs[UNIT])


def kind_words(kind: Mapping[str, Any]) -> str:
    """What a unit is called; the last word is the noun."""
    return f"{kind['size_m']:g} m {BLOCK}" if kind["kind"] == BLOCK else str(kind["kind"])
