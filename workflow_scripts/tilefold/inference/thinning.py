"""Thinning of very large test sets: the same pixels for every run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.storage.tables import Table, read_table


def thinned_pixels(indexes: Mapping[str, Table], most: int) -> dict[str, NDArray[np.bool_]]:
    """Which pixels of each pool are kept where a class has more than `most` of them in all.

    Each polygon keeps its share, rounded down, at least one pixel, evenly spaced in the order of tiles and pool
    rows. It does not depend on roles or folds, so that two runs that are compared keep the same pixels.

    Parameters
    ----------
    indexes
        Indexes of the pools by tile: `polygon`, `code`.
    most
        Pixels of a class that are wanted; classes with more polygons than that keep one of each.

    Returns
    -------
    dict
        By tile, bool (rows of the pool,).
    """
    tables = {tile: read_table(path, ["polygon", "code"]) for tile, path in sorted(indexes.items())}
    pixels = pd.concat(tables.values(), ignore_index=True)
    kept = kept_pixels(pixels, most)
    limits = np.cumsum([len(table) for table in tables.values()])[:-1]
    return dict(zip(tables, np.split(kept, limits), strict=True))


def kept_pixels(pixels: pd.DataFrame, most: int) -> NDArray[np.bool_]:
    """Which pixels are kept, bool (pixels,); see `thinned_pixels`."""
    of_class = pixels.groupby("code")["code"].transform("size").to_numpy()
    polygons = pixels.groupby("polygon")["polygon"]
    number, rank = polygons.transform("size").to_numpy(), polygons.cumcount().to_numpy()
    quota = np.where(of_class > most, np.maximum(number * most // of_class, 1), number)
    # Of n pixels q are kept: those at which the multiples of q / n pass a whole number.
    return np.asarray((rank + 1) * quota // number > rank * quota // number)
