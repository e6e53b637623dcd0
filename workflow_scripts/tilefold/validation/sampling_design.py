"""A stratified random sample of map pixels to interpret."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray

from tilefold.grids.windows import blocks, whole
from tilefold.storage.rasters import BLOCK, grid_of
from tilefold.storage.tables import read_table, write_table, write_vector
from tilefold.validation.ground_area import raster_areas
from tilefold.validation.stratified import SampleError

Integers = NDArray[np.int64]
ALLOCATIONS = ("equal", "proportional", "neyman")
#: A standard error needs two points in a stratum.
LEAST_POINTS = 2
#: User's accuracy taken for the allocation of classes of which nothing is known.
UNKNOWN_ACCURACY = 0.8
STRATA_COLUMNS = ["stratum", "pixels", "hectares", "points"]


def design_sample(
    raster: Path | str,
    total: int,
    *,
    allocation: str,
    nodata: int,
    seed: int,
    points: Path | str,
    strata: Path | str,
    accuracies: Mapping[int, float] | None = None,
) -> pd.DataFrame:
    """Draw pixels of each class of a map at random, without replacement, and write them as points.

    Parameters
    ----------
    raster
        Map whose classes are the strata.
    total
        Number of points.
    allocation
        How they are shared out, see `allocate`.
    nodata
        Value of the map that is no stratum.
    seed
        Of the draws.
    points
        GeoPackage to write: `point` (from 1, in random order, so that neighbours in the list are not of one class),
        `stratum`, an empty `class` to fill in, and the pixel's centre.
    strata
        CSV to write, `STRATA_COLUMNS`.
    accuracies
        Expected user's accuracy by class, for `neyman`.

    Returns
    -------
    DataFrame
        What `strata` holds.
    """
    table = raster_areas(raster, nodata).rename(columns={"value": "stratum"})
    if table.empty:
        raise SampleError(f"{raster}: all pixels have the value {nodata}, which means no class")
    expected = accuracies or {}
    accuracy = np.array([expected.get(int(code), UNKNOWN_ACCURACY) for code in table["stratum"]])
    table["points"] = allocate(table["pixels"].to_numpy(), total, allocation, accuracy)
    rng = np.random.default_rng(seed)
    drawn = _draw(raster, table, rng).sample(frac=1, random_state=rng).reset_index(drop=True)
    drawn.insert(0, "point", np.arange(1, len(drawn) + 1))
    drawn["class"] = pd.array([pd.NA] * len(drawn), "Int64")
    with rasterio.open(raster) as dataset:
        crs = grid_of(dataset).crs
    places = geopandas.points_from_xy(drawn.pop("x"), drawn.pop("y"), crs=crs)
    write_vector(points, geopandas.GeoDataFrame(drawn, geometry=places), "points")
    write_table(strata, table[STRATA_COLUMNS])
    return table[STRATA_COLUMNS]


def read_accuracies(path: Path | str) -> dict[int, float]:
    """Expected user's accuracy by class, from a CSV with `class` and `precision`; the first row of a class counts."""
    table = read_table(path)
    missing = [name for name in ("class", "precision") if name not in table.columns]
    if missing:
        raise SampleError(f"{path}: no column {', '.join(missing)}; expected class and precision")
    known = table.dropna(subset=["class", "precision"]).drop_duplicates("class")
    return dict(zip(known["class"].astype(int), known["precision"].astype(float), strict=True))


def allocate(pixels: Integers, total: int, allocation: str, accuracy: NDArray[np.float64]) -> Integers:
    """Points of each stratum.

    Parameters
    ----------
    pixels
        Pixels of each stratum, (strata,).
    total
        Points in all.
    allocation
        `equal`: the same number in each stratum; `proportional`: by pixels; `neyman`: by pixels times the standard
        deviation of being right, `sqrt(U (1 - U))`, which makes the error of overall accuracy least.
    accuracy
        Expected user's accuracy U of each stratum, (strata,).

    Returns
    -------
    ndarray
        int64 (strata,). Every stratum has `LEAST_POINTS` at least and its pixels at most; fractions go to the
        largest remainders. The sum is `total`.

    Raises
    ------
    SampleError
        If `total` is too small for the strata, or larger than the map.
    """
    least = np.minimum(LEAST_POINTS, pixels)
    if not least.sum() <= total <= pixels.sum():
        raise SampleError(
            f"{total} points are asked for; {len(pixels)} strata of {pixels.sum():,} pixels take from "
            f"{least.sum():,} to {pixels.sum():,}"
        )
    wanted = {
        "equal": np.ones(len(pixels)),
        "proportional": pixels.astype(np.float64),
        "neyman": pixels * np.sqrt(accuracy * (1 - accuracy)),
    }[allocation]
    wanted = np.maximum(wanted, 1e-12)
    share = np.zeros(len(pixels))
    free = np.ones(len(pixels), bool)
    # Strata at their least or most are fixed, and the others share what is left, until none is beyond its limits.
    while free.any():
        share[free] = (total - share[~free].sum()) * wanted[free] / wanted[free].sum()
        low, high = free & (share < least), free & (share > pixels)
        fixed = high if (share - pixels)[high].sum() > (least - share)[low].sum() else low
        if not fixed.any():
            break
        share[fixed] = np.where(share < least, least, pixels)[fixed]
        free &= ~fixed
    whole_points = np.floor(share + 1e-9).astype(np.int64)
    rest = total - int(whole_points.sum())
    order = np.argsort(whole_points - share, kind="stable")
    whole_points[order[:rest]] += 1
    return whole_points


def _draw(raster: Path | str, strata: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Chosen pixels: `stratum`, `x`, `y`; ranks are drawn, then met on a walk through the blocks."""
    ranks = {
        int(row["stratum"]): np.sort(rng.choice(int(row["pixels"]), int(row["points"]), replace=False))
        for row in strata.to_dict("records")
    }
    seen = dict.fromkeys(ranks, 0)
    parts: list[pd.DataFrame] = []
    with rasterio.open(raster) as dataset:
        grid = grid_of(dataset)
        for window in blocks(whole(grid.height, grid.width), BLOCK):
            values = dataset.read(1, window=window.to_ranges())
            for stratum in np.intersect1d(values, list(ranks)).tolist():
                places = np.flatnonzero(values == stratum)
                first = seen[stratum]
                seen[stratum] = first + len(places)
                low, high = np.searchsorted(ranks[stratum], [first, seen[stratum]])
                row, col = np.divmod(places[ranks[stratum][low:high] - first], window.width)
                x, y = grid.centres(row + window.row_start, col + window.col_start)
                parts.append(pd.DataFrame({"stratum": stratum, "x": x, "y": y}))
    return pd.concat(parts, ignore_index=True)
