"""The split of samples that come in a table: as that of polygons, but that nothing is drawn on a grid."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tilefold.folds.split import draw_split
from tilefold.regions.names import ALL
from tilefold.storage.tables import read_table, write_table


def split_samples(polygons: Path | str, settings: Mapping[str, Any], *, split: Path | str) -> None:
    """Give each polygon of a table of samples its role.

    Parameters
    ----------
    polygons
        Table of `import_samples`.
    settings
        As for `split_polygons`, but for ``grids``, ``ownership`` and ``regions``.
    split
        Table to write, see `split_polygons`. Pixels are samples, and a tile owns all of its own; the hectares of
        a pixel are not known (NaN).

    Raises
    ------
    ImposedError
        If the imposed roles cannot be followed.
    """
    table = read_table(polygons)
    located = table[["polygon", "tile"]].assign(present=table["pixels"], owned=table["pixels"])
    rows = table.drop_duplicates("polygon").sort_values("polygon", ignore_index=True).assign(region=ALL)
    drawn = draw_split(rows, located, settings).assign(outside=False)
    drawn.attrs = {"pixel_hectares": dict.fromkeys(sorted(set(table["tile"])), np.nan)}
    write_table(split, drawn)
