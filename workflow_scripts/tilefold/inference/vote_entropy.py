"""How far the maps of several seeds disagree, pixel by pixel."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray

from tilefold.grids.windows import Window
from tilefold.inference.derived import derive_measure
from tilefold.inference.fusing import check_grids
from tilefold.inference.votes import Labels, vote_by_majority
from tilefold.storage.tables import write_table

logger = logging.getLogger(__name__)

ENTROPY_NODATA = 255
ENTROPY_SCALE = 100


def measure_votes(
    maps: Sequence[Path | str], settings: Mapping[str, Any], *, entropy: Path | str, classes: Path | str
) -> None:
    """Write the entropy of the labels that several runs give each pixel. Memory: a block of all maps.

    Parameters
    ----------
    maps
        Labels of each run, on one grid.
    settings
        `codes`, `nodata`.
    entropy
        To write (COG, uint8): `vote_entropy` times 100, rounded; 255 where fewer than two runs have a label.
    classes
        CSV to write, a row for all pixels (`class` empty) and one a class, by the label with most votes (of equally
        strong ones that of the first run): `class`, `pixels`, `entropy` (mean, 0 to 1), `differing` (share of the
        pixels where the runs do not all have one label). Of a class without pixels the last two are empty.

    Raises
    ------
    TileRasterError
        If the maps do not lie on one grid.
    """
    codes, nodata = np.asarray(settings["codes"]), settings["nodata"]
    sums = np.zeros((3, len(codes)))
    with ExitStack() as stack:
        opened = [stack.enter_context(rasterio.open(path)) for path in maps]
        check_grids(opened)

        def values_of(window: Window) -> NDArray[np.uint8]:
            labels = np.stack([raster.read(1, window=window.to_ranges()) for raster in opened])
            found = vote_entropy(labels, nodata)
            known = ~np.isnan(found)
            place = np.searchsorted(codes, vote_by_majority(labels, nodata)[0][known])
            weights = np.ones(len(place)), found[known], (found[known] > 0).astype(float)
            sums[:] += [np.bincount(place, weight, len(codes)) for weight in weights]
            return np.where(known, np.rint(ENTROPY_SCALE * found), ENTROPY_NODATA).astype(np.uint8)

        with np.errstate(invalid="ignore"):
            derive_measure(maps[0], entropy, settings, values_of, band="vote_entropy", nodata=ENTROPY_NODATA)
    totals = np.column_stack([sums.sum(axis=1), sums])
    table = pd.DataFrame({"class": pd.array([None, *codes], dtype="Int64"), "pixels": totals[0].astype(int)})
    with np.errstate(invalid="ignore"):
        table = table.assign(entropy=totals[1] / totals[0], differing=totals[2] / totals[0])
    write_table(classes, table)
    logger.info("%d maps: mean entropy %.3f", len(maps), table["entropy"].iloc[0])


def vote_entropy(labels: Labels, nodata: int) -> NDArray[np.float64]:
    """Entropy of the labels that several maps give each pixel, as a share of the largest possible one.

    With the shares p of the maps' labels, -sum(p ln p) / ln(number of maps with a label): 0 if all agree, 1 if no two
    do (Shannon 1948).

    Parameters
    ----------
    labels
        (maps, ...).
    nodata
        Label that means none; such a map does not take part.

    Returns
    -------
    ndarray
        float64 (...); NaN where fewer than two maps have a label.
    """
    seen = labels != nodata
    number = seen.sum(axis=0)
    # The sum over labels of p ln p is the mean over maps of ln p of their own label.
    total = np.zeros(labels.shape[1:])
    for own, known in zip(labels, seen, strict=True):
        same = ((labels == own) & known).sum(axis=0)
        total += np.log(np.where(known, same, 1) / np.where(known, number, 1))
    several = number > 1
    largest = np.where(several, number * np.log(np.maximum(number, 2)), np.nan)
    found: NDArray[np.float64] = -total / largest
    # Sums of logarithms miss the exact 0 and 1 by rounding.
    return np.clip(found.round(12), 0, 1)
