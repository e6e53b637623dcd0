"""Spatial blocks: squares of the common CRS, each held out by one fold."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

LAYER = "blocks"
#: Columns and rows of blocks lie within plus and minus half of it.
STRIDE = 1 << 31

Numbers = NDArray[np.int64]


class BlockError(ValueError):
    """Blocks that cannot make the folds."""


def block_keys(x: NDArray[np.float64], y: NDArray[np.float64], size: float) -> Numbers:
    """One number for the block of each point; column floor(x / size), row floor(y / size)."""
    column, row = np.floor(x / size).astype(np.int64), np.floor(y / size).astype(np.int64)
    return column * STRIDE + row


def columns_and_rows(keys: Numbers) -> tuple[Numbers, Numbers]:
    """Inverse of `block_keys`: column and row of each block."""
    column = (keys + STRIDE // 2) // STRIDE
    return column, keys - column * STRIDE


@dataclass(frozen=True)
class Blocks:
    """Blocks with reference pixels, and the fold that holds each out.

    Attributes
    ----------
    size
        Side of a block in units of the common CRS.
    keys
        Their keys, ascending.
    fold
        Number of the fold of each, from 1.
    """

    size: float
    keys: Numbers
    fold: Numbers

    @classmethod
    def read(cls, path: Path | str, size: float) -> Blocks:
        """Read the GeoPackage of `assign_blocks`; `size` in units of the common CRS."""
        table = pyogrio.read_dataframe(
            path, layer=LAYER, columns=["column", "row", "fold"], read_geometry=False
        )
        keys = table["column"].to_numpy(np.int64) * STRIDE + table["row"].to_numpy(np.int64)
        order = np.argsort(keys)
        return cls(size, keys[order], table["fold"].to_numpy(np.int64)[order])

    def numbers(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> Numbers:
        """Fold number of each point in the common CRS.

        Raises
        ------
        BlockError
            If a point lies in no block: blocks and points come from different reference data.
        """
        keys = block_keys(x, y, self.size)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        unknown = self.keys[place] != keys
        if unknown.any():
            raise BlockError(
                f"{int(unknown.sum())} reference pixel(s) lie in no block, the first at x {x[unknown][0]}, "
                f"y {y[unknown][0]}; blocks and pools come from different reference data, make both again"
            )
        return self.fold[place]

    def inside(self, x: NDArray[np.float64], y: NDArray[np.float64], margin: float) -> NDArray[np.bool_]:
        """Whether each point lies farther than a margin from the border of its block, so from all other blocks."""
        column, row = np.floor(x / self.size), np.floor(y / self.size)
        deep = [
            (place - index * self.size > margin) & ((index + 1) * self.size - place > margin)
            for place, index in ((x, column), (y, row))
        ]
        return deep[0] & deep[1]

    def squares(self, folds: Collection[int]) -> NDArray[np.object_]:
        """Blocks of some folds as polygons of the common CRS."""
        return squares(self.keys[np.isin(self.fold, list(folds))], self.size)


def squares(keys: Numbers, size: float) -> NDArray[np.object_]:
    """Blocks as polygons of the common CRS."""
    column, row = columns_and_rows(keys)
    boxes: NDArray[np.object_] = shapely.box(column * size, row * size, (column + 1) * size, (row + 1) * size)
    return boxes
