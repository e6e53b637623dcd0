"""One map from the maps of several seeds."""

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
from rasterio.io import DatasetReader

from tilefold.grids.windows import Window
from tilefold.inference.derived import derive_map
from tilefold.inference.lattice import same_grid
from tilefold.inference.mosaic import TileRasterError
from tilefold.inference.scales import PROBABILITY_NODATA
from tilefold.inference.votes import Fused, combine_beliefs, vote_by_majority
from tilefold.storage.rasters import grid_of
from tilefold.storage.tables import write_table

logger = logging.getLogger(__name__)


def fuse_maps(
    maps: Sequence[Path | str],
    settings: Mapping[str, Any],
    *,
    fused: Path | str,
    ties: Path | str,
    probabilities: Sequence[Path | str] = (),
    masses: NDArray[np.float64] | None = None,
) -> None:
    """Fuse maps pixel by pixel; one that has no label at a pixel takes no part in it. Memory: a block of all maps.

    Parameters
    ----------
    maps
        Labels of each run, on one grid.
    settings
        `method` (`majority`, `probability`: largest mean probability, `dempster_shafer`), `codes`, `nodata`,
        `classes`.
    fused
        The map to write, with its categories beside it, see `derive_map`. Of equally strong labels it has that of
        the first run that has one of them; of equal mean probabilities the lowest code.
    ties
        CSV to write, one row: `method`, `runs`, `pixels` with a label, `tied` among them, `differing` (runs with a
        label did not agree).
    probabilities
        Probabilities of each run, for the method `probability`.
    masses
        (runs, classes), for the method `dempster_shafer`.

    Raises
    ------
    TileRasterError
        If the maps do not lie on one grid.
    """
    nodata, counts = settings["nodata"], np.zeros(3, np.int64)
    with ExitStack() as stack:
        opened = [stack.enter_context(rasterio.open(path)) for path in maps]
        likely = [stack.enter_context(rasterio.open(path)) for path in probabilities]
        check_grids([*opened, *likely])

        def labels_of(window: Window) -> NDArray[Any]:
            labels = np.stack([raster.read(1, window=window.to_ranges()) for raster in opened])
            stored = [raster.read(window=window.to_ranges()) for raster in likely]
            result, tied = _fuse_block(labels, stored, masses, settings)
            lowest = np.where(labels == nodata, np.iinfo(labels.dtype).max, labels).min(axis=0)
            highest = np.where(labels == nodata, 0, labels).max(axis=0)
            seen = result != nodata
            counts[:] += [np.count_nonzero(item) for item in (seen, tied & seen, (lowest < highest) & seen)]
            return result

        derive_map(maps[0], fused, settings, labels_of)
    pixels, tied, differing = counts.tolist()
    row = {
        "method": settings["method"],
        "runs": len(maps),
        "pixels": pixels,
        "tied": tied,
        "differing": differing,
    }
    write_table(ties, pd.DataFrame([row]))
    logger.info("%s of %d maps: %d of %d pixels tied", settings["method"], len(maps), tied, pixels)


def _fuse_block(
    labels: NDArray[Any],
    probabilities: Sequence[NDArray[np.uint16]],
    masses: NDArray[np.float64] | None,
    settings: Mapping[str, Any],
) -> Fused:
    nodata, codes = settings["nodata"], settings["codes"]
    if settings["method"] == "majority":
        return vote_by_majority(labels, nodata)
    if settings["method"] == "probability":
        return largest_mean(probabilities, codes, nodata)
    if masses is None:
        raise ValueError("dempster_shafer needs the masses of the runs")
    return combine_beliefs(labels, masses, codes, nodata)


def largest_mean(probabilities: Sequence[NDArray[np.uint16]], codes: Sequence[int], nodata: int) -> Fused:
    """Class with the largest mean probability over the maps that have one.

    Parameters
    ----------
    probabilities
        Of each map, uint16 (classes, rows, columns), scaled; `PROBABILITY_NODATA` where there is no label.
    codes
        Class codes, ascending.
    nodata
        Label where no map has one.

    Returns
    -------
    labels, tied
        (rows, columns).
    """
    stack = np.stack(probabilities)
    seen = stack[:, 0] != PROBABILITY_NODATA
    total = np.where(seen[:, None], stack, 0).sum(axis=0, dtype=np.int64)
    known = seen.any(axis=0)
    # The mean has the order of the sum: a pixel's classes are seen by the same maps.
    labels = np.asarray(codes)[total.argmax(axis=0)]
    tied = (total == total.max(axis=0)).sum(axis=0) > 1
    return np.where(known, labels, nodata), tied & known


def check_grids(rasters: Sequence[DatasetReader]) -> None:
    """Refuse maps that do not lie on one grid.

    Raises
    ------
    TileRasterError
        With both grids.
    """
    for raster in rasters[1:]:
        if not same_grid(grid_of(raster), grid_of(rasters[0])):
            raise TileRasterError(
                f"{raster.name}: lies on {grid_of(raster)}, but {rasters[0].name} on {grid_of(rasters[0])}; "
                "only maps of the same tiles can be fused"
            )
