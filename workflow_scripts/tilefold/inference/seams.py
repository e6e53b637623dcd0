"""How visible the borders between tiles are on a map."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray
from rasterio.io import DatasetReader

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, to_common
from tilefold.grids.windows import Window, blocks, overlap, shifted, whole, widened
from tilefold.inference.lattice import common_grid, open_on
from tilefold.storage.rasters import BLOCK, grid_of
from tilefold.storage.tables import write_table

logger = logging.getLogger(__name__)

#: Distances in pixels from the tile line at which parallel lines are looked at.
NEAREST, FARTHEST = 5, 50
OFFSETS = np.array([*range(-FARTHEST, -NEAREST + 1), *range(NEAREST, FARTHEST + 1)])
COLUMNS = (
    "tile",
    "other",
    "line_pairs",
    "line_share",
    "inside_pairs",
    "inside_share",
    "seam",
    "overlap_pixels",
    "overlap_share",
)
#: Of each line, the tile line first: pairs of neighbouring pixels, and those with two labels, (lines, 2).
Lines = NDArray[np.int64]


def measure_seams(
    classification: Path | str,
    tiles: Mapping[str, Path | str],
    settings: Mapping[str, Any],
    *,
    seams: Path | str,
) -> None:
    """Measure the seam between each two tiles of a map that meet.

    The tile line runs between pixels that different tiles own. `line_share` is the share of pairs of neighbouring
    pixels across it with two labels; `inside_share` the mean of that share over the lines parallel to it, 5 to 50
    pixels inside either tile; `seam` the first over the second: 1 where the line cannot be seen. `overlap_share` is
    the share of the pixels that both tiles classified to which they give two labels. What is 0/0 is empty. Pixels
    without a label do not count. Memory: a block with a margin of 50 pixels.

    Parameters
    ----------
    classification
        Mosaic of the labels.
    tiles
        Labels of each tile, which are warped where they lie on another lattice.
    settings
        `grids` (by tile, on the map's lattice), `ownership`, `nodata`.
    seams
        CSV to write, one row for each two tiles that meet, or overlap.
    """
    ownership = Ownership.from_dict(settings["ownership"])
    grids = {tile: Grid.from_dict(grid) for tile, grid in settings["grids"].items()}
    _, windows = common_grid(grids)
    with rasterio.open(classification) as raster:
        lines = _measure_lines(raster, windows, ownership, settings["nodata"])
    shared = {
        pair: counts
        for pair in combinations(sorted(grids), 2)
        if (counts := _differences(pair, tiles, windows, grids))
    }
    nothing = np.zeros((len(OFFSETS) + 1, 2), np.int64)
    rows = [
        {"tile": pair[0], "other": pair[1]} | _row(lines.get(pair, nothing), shared.get(pair, (0, 0)))
        for pair in sorted({*lines, *shared})
    ]
    write_table(seams, pd.DataFrame(rows, columns=list(COLUMNS)))
    logger.info("%d pair(s) of tiles measured", len(rows))


def line_counts(
    labels: NDArray[Any], owners: NDArray[np.int32], core: tuple[slice, slice], nodata: int
) -> dict[tuple[int, int], Lines]:
    """Count pairs of neighbouring pixels across and along the borders of what tiles own.

    Parameters
    ----------
    labels
        (rows, columns), with a margin around the core where there is one.
    owners
        Number of each pixel's owner, -1 for none, (rows, columns).
    core
        Rows and columns; of a pair across the tile line the upper or left pixel lies in it.
    nodata
        Label that means none.

    Returns
    -------
    dict
        By the numbers of two owners, ascending: int64 (1 + len(OFFSETS), 2), the tile line first.
    """
    found: dict[tuple[int, int], Lines] = {}
    for turn in (False, True):
        values, owner, where = (labels.T, owners.T, core[::-1]) if turn else (labels, owners, core)
        crossing = (owner[:, :-1] != owner[:, 1:]) & (owner[:, :-1] >= 0) & (owner[:, 1:] >= 0)
        inside = np.zeros_like(crossing)
        inside[where] = crossing[where]
        rows, cols = np.nonzero(inside)
        before, after = owner[rows, cols], owner[rows, cols + 1]
        low, high = np.minimum(before, after), np.maximum(before, after)
        pairs = np.unique(np.stack([low, high]), axis=1).T.tolist()
        for one, other in pairs:
            mine = (low == one) & (high == other)
            counts = found.setdefault((one, other), np.zeros((len(OFFSETS) + 1, 2), np.int64))
            counts += _parallel_counts(values, owner, (rows[mine], cols[mine]), nodata)
    return found


def _parallel_counts(
    labels: NDArray[Any],
    owner: NDArray[np.int32],
    line: tuple[NDArray[np.intp], NDArray[np.intp]],
    nodata: int,
) -> Lines:
    """Pairs and changes on a line (the left pixels of its pairs), and on the lines beside it."""
    rows, cols = line
    counts = np.zeros((len(OFFSETS) + 1, 2), np.int64)
    for place, offset in enumerate((0, *OFFSETS)):
        there = cols + offset
        fits = (there >= 0) & (there + 1 < labels.shape[1])
        row, left, start = rows[fits], there[fits], cols[fits]
        if offset:
            home = owner[row, start if offset < 0 else start + 1]
            kept = (owner[row, left] == home) & (owner[row, left + 1] == home)
            row, left = row[kept], left[kept]
        one, other = labels[row, left], labels[row, left + 1]
        seen = (one != nodata) & (other != nodata)
        counts[place] = np.count_nonzero(seen), np.count_nonzero(seen & (one != other))
    return counts


def _measure_lines(
    raster: DatasetReader, windows: Mapping[str, Window], ownership: Ownership, nodata: int
) -> dict[tuple[str, str], Lines]:
    """Counts of each pair of tiles over a whole mosaic."""
    grid = grid_of(raster)
    near = {tile: ownership.neighbours(tile).names for tile in windows}
    found: dict[tuple[str, str], Lines] = {}
    for block in blocks(whole(*grid.shape), BLOCK * 2):
        wide = widened(block, FARTHEST + 1, grid.shape)
        present = [tile for tile, window in windows.items() if overlap(wide, window)]
        local = ownership.restricted({name for tile in present for name in near[tile]})
        rows, cols = np.mgrid[wide.row_start : wide.row_stop, wide.col_start : wide.col_stop]
        owners = local.owners(*to_common(grid, local.crs, rows, cols))
        if owners.size and owners.min() == owners.max():
            continue
        core = shifted(block, wide).to_slices()
        labels = raster.read(1, window=wide.to_ranges())
        for (one, other), counts in line_counts(labels, owners, core, nodata).items():
            pair = local.names[one], local.names[other]
            found[pair] = found.get(pair, 0) + counts
    return {pair: counts for pair, counts in found.items() if set(pair) <= set(windows)}


def _differences(
    pair: tuple[str, str],
    tiles: Mapping[str, Path | str],
    windows: Mapping[str, Window],
    grids: Mapping[str, Grid],
) -> tuple[int, int] | None:
    """Pixels that two tiles both classified, and those with two labels; None where they do not overlap."""
    first, second = pair
    common = overlap(windows[first], windows[second])
    if common is None:
        return None
    pixels = differing = 0
    with open_on(tiles[first], grids[first]) as one, open_on(tiles[second], grids[second]) as other:
        for block in blocks(common, BLOCK):
            here, there = _labels_of(block, [(one, windows[first]), (other, windows[second])])
            both = (here != one.nodata) & (there != other.nodata)
            pixels += int(np.count_nonzero(both))
            differing += int(np.count_nonzero(both & (here != there)))
    return pixels, differing


def _labels_of(block: Window, rasters: list[tuple[DatasetReader, Window]]) -> Iterator[NDArray[Any]]:
    for raster, window in rasters:
        yield raster.read(1, window=shifted(block, window).to_ranges())


def _row(lines: Lines, shared: tuple[int, int]) -> dict[str, float | int]:
    shares = _share(lines[:, 1], lines[:, 0])
    inside = shares[1:][~np.isnan(shares[1:])]
    mean = float(inside.mean()) if inside.size else np.nan
    return {
        "line_pairs": int(lines[0, 0]),
        "line_share": shares[0],
        "inside_pairs": int(lines[1:, 0].sum()),
        "inside_share": mean,
        "seam": float(_share(shares[0], np.float64(mean))),
        "overlap_pixels": shared[0],
        "overlap_share": float(_share(np.int64(shared[1]), np.int64(shared[0]))),
    }


def _share(part: Any, total: Any) -> Any:
    return np.divide(part, total, out=np.full(np.shape(total), np.nan), where=np.asarray(total) > 0)
