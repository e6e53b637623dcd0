"""Assignment of spatial blocks to folds, so that every class is spread evenly over them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.folds.blocks import LAYER, BlockError, Numbers, block_keys, columns_and_rows, squares
from tilefold.grids.grid import Grid
from tilefold.grids.lengths import in_units
from tilefold.grids.ownership import Ownership, to_common
from tilefold.ground_truth.rasterise import load_reference, reference_pixels
from tilefold.storage.tables import write_table, write_vector

#: Rows and columns of the parts of a tile that are rasterised at once.
PART = 1024

logger = logging.getLogger(__name__)


def assign_blocks(
    reference: Path | str, settings: Mapping[str, Any], *, blocks: Path | str, balance: Path | str
) -> None:
    """Cut the plane into square blocks and share those with reference pixels out to folds, see `share_out`.

    Blocks lie on multiples of their size, whatever the tiles.

    Parameters
    ----------
    reference
        GeoPackage written by `clean_ground_truth`.
    settings
        ``size_m`` (of a block, in metres), ``number`` (of folds), ``grids`` of the training
        tiles by name, ``ownership`` among all tiles.
    blocks
        GeoPackage to write, layer ``blocks``, by column and row: ``column``, ``row``, ``fold`` (from 1),
        ``pixels``, squares in the common CRS.
    balance
        CSV to write: ``fold``, ``code``, ``blocks`` and ``pixels`` with the class, ``share`` of the class.

    Raises
    ------
    BlockError
        If fewer blocks than folds hold reference.
    """
    ownership = Ownership.from_dict(settings["ownership"])
    grids = {tile: Grid.from_dict(grid) for tile, grid in settings["grids"].items()}
    size = in_units(settings["size_m"], ownership.crs)
    counts = _class_counts(reference, grids, ownership, size)
    if len(counts) < settings["number"]:
        raise BlockError(
            f"folds.number is {settings['number']}, but only {len(counts)} block(s) hold reference; give a smaller "
            "folds.block_size_m or fewer folds"
        )
    fold = share_out(counts.to_numpy(), settings["number"])
    keys = counts.index.to_numpy(np.int64)
    column, row = columns_and_rows(keys)
    table = geopandas.GeoDataFrame(
        {"column": column, "row": row, "fold": fold, "pixels": counts.sum(axis=1).to_numpy(np.int64)},
        geometry=squares(keys, size),
        crs=ownership.crs,
    )
    write_vector(blocks, table.sort_values(["column", "row"], ignore_index=True), LAYER)
    write_table(balance, _balance(counts, fold))
    logger.info("%d blocks in %d folds", len(table), settings["number"])


def share_out(counts: NDArray[np.integer[Any]], number: int) -> Numbers:
    """Give blocks to folds so that each class is spread evenly: greedy, and the same for the same counts.

    Blocks that hold a large share of some class come first. Each goes to the fold that has least of its classes:
    the sum over classes of the fold's share times the block's, which is what the sum of squared shares, smallest
    in even folds, grows by. Of equal folds the one with the least in all, then the first.

    Parameters
    ----------
    counts
        Pixels, (blocks, classes), each class and block with some.
    number
        Folds; each gets a block if there are enough.

    Returns
    -------
    array of int64
        Fold of each block, from 1.
    """
    shares = counts / counts.sum(axis=0)
    order = np.lexsort((np.arange(len(shares)), -shares.sum(axis=1), -shares.max(axis=1)))
    loads = np.zeros((number, shares.shape[1]))
    fold = np.zeros(len(shares), np.int64)
    for block in order:
        # Rounded, so that the order of sums decides nothing.
        cost = np.round(loads @ shares[block], 12)
        chosen = np.lexsort((np.round(loads.sum(axis=1), 12), cost))[0]
        fold[block] = chosen + 1
        loads[chosen] += shares[block]
    return fold


def _class_counts(
    reference: Path | str, grids: Mapping[str, Grid], ownership: Ownership, size: float
) -> pd.DataFrame:
    """Owned reference pixels by block (rows: keys, ascending) and class (columns: codes)."""
    found = []
    for tile in sorted(grids):
        polygons = load_reference(reference, grids[tile])
        for part in reference_pixels(polygons, tile, ownership, PART):
            row, col = part.row[part.owned], part.col[part.owned]
            x, y = to_common(grids[tile], ownership.crs, row, col)
            code = polygons.code[np.searchsorted(polygons.polygon, part.polygon[part.owned])]
            seen = pd.DataFrame({"block": block_keys(x, y, size), "code": code, "pixels": 1})
            found.append(seen.groupby(["block", "code"], as_index=False).sum())
    if not found:
        return pd.DataFrame()
    pixels = pd.concat(found).groupby(["block", "code"])["pixels"].sum()
    return pixels.unstack(fill_value=0)


def _balance(counts: pd.DataFrame, fold: Numbers) -> pd.DataFrame:
    long = counts.assign(fold=fold).melt("fold", var_name="code", value_name="pixels")
    grouped = long.assign(blocks=long["pixels"] > 0).groupby(["fold", "code"], as_index=False)
    table = grouped.agg({"blocks": "sum", "pixels": "sum"})
    share = table["pixels"] / table.groupby("code")["pixels"].transform("sum")
    return table.assign(share=share.round(4)).astype({"code": np.int32})
