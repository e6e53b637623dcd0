"""Rasters of the dissimilarity of a tile, and of where a map's model may be applied."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.inference.derived import derive_measure
from tilefold.inference.strips import StripWriter
from tilefold.series.stack import InputStack, open_inputs
from tilefold.storage.metadata import provenance
from tilefold.storage.rasters import BLOCK, create_raster
from tilefold.storage.tables import write_table
from tilefold.validation.applicability import read_space
from tilefold.validation.dissimilarity import SampleSpace
from tilefold.validation.forest import flat_tensors

logger = logging.getLogger(__name__)

#: Stored dissimilarity: hundredths; what is larger than the largest is stored as that.
DISSIMILARITY_SCALE, DISSIMILARITY_NODATA = 100, 65535
INSIDE, OUTSIDE, MASK_NODATA = 1, 0, 255


def measure_dissimilarity(
    space: Path | str,
    series: Mapping[str, Path | str],
    clear: Mapping[str, Path | str],
    static: Mapping[str, Path | str],
    settings: Mapping[str, Any],
    *,
    dissimilarity: Path | str,
    external: Path | str | None = None,
) -> None:
    """Write the dissimilarity of a tile from the samples of the run `all`.

    Of each square of `step` x `step` pixels the pixel in the middle is measured, and the square has its value.

    Parameters
    ----------
    space
        File of `measure_samples`.
    series, clear, static, external
        As for `classify_chunk`.
    settings
        `grid`, `step`.
    dissimilarity
        To write (uint16): hundredths; 65535 where the pixel in the middle was never clear.
    """
    made, inputs, _ = read_space(space)
    grid, step = Grid.from_dict(settings["grid"]), settings["step"]
    with (
        open_inputs(series, static, inputs, clear, external) as stack,
        create_raster(
            dissimilarity,
            grid,
            dtype="uint16",
            nodata=DISSIMILARITY_NODATA,
            descriptions=["dissimilarity"],
            tags=provenance(settings),
        ) as raster,
        StripWriter(raster) as writer,
    ):
        side = max(BLOCK // step, 1) * step
        for row in range(0, grid.height, side):
            rows = slice(row, min(row + side, grid.height))
            columns = [slice(col, min(col + side, grid.width)) for col in range(0, grid.width, side)]
            windows = [Window(rows.start, rows.stop, part.start, part.stop) for part in columns]
            writer.append(
                np.concatenate([_block(made, inputs, stack, w, step) for w in windows], axis=1)[None]
            )


def _block(
    space: SampleSpace, inputs: dict[str, Any], stack: InputStack, window: Window, step: int
) -> NDArray[np.uint16]:
    """Stored dissimilarity of a window that begins at a square's corner, (rows, columns)."""
    rows, columns = (
        np.minimum(np.arange(0, length, step) + step // 2, length - 1) for length in window.shape
    )
    chosen = (rows[:, None] * window.width + columns).ravel()
    stored = {name: values[chosen] for name, values in stack.read(window).items()}
    seen = stack.clear_dates(window)[chosen] > 0
    found = np.full(len(chosen), DISSIMILARITY_NODATA, np.uint16)
    values = space.dissimilarity(flat_tensors({k: v[seen] for k, v in stored.items()}, inputs))
    found[seen] = np.rint(values * DISSIMILARITY_SCALE).clip(max=DISSIMILARITY_NODATA - 1)
    squares = found.reshape(len(rows), len(columns)).repeat(step, axis=0).repeat(step, axis=1)
    return squares[: window.height, : window.width]


def mask_applicability(
    space: Path | str,
    dissimilarity: Path | str,
    classification: Path | str,
    settings: Mapping[str, Any],
    *,
    applicable: Path | str,
    classes: Path | str,
) -> None:
    """Write where a map's model may be applied, and how much of each class lies outside.

    Parameters
    ----------
    space
        File of `measure_samples`, with the threshold.
    dissimilarity, classification
        Mosaic of `measure_dissimilarity`, and the map, on one grid.
    settings
        `codes`, `nodata`.
    applicable
        To write (uint8): 1 where the dissimilarity is not above the threshold, 0 where it is; 255 where there is
        none, or no threshold.
    classes
        CSV to write: `class` (of the map; empty: all), `pixels` (with a dissimilarity), `outside` (share; empty
        without pixels), `dissimilarity` (mean).
    """
    limit = read_space(space)[2] * DISSIMILARITY_SCALE
    codes = np.asarray(settings["codes"])
    sums = np.zeros((3, len(codes)))
    with rasterio.open(dissimilarity) as far, rasterio.open(classification) as labelled:

        def values_of(window: Window) -> NDArray[np.uint8]:
            stored = far.read(1, window=window.to_ranges())
            labels = labelled.read(1, window=window.to_ranges())
            known = (stored != DISSIMILARITY_NODATA) & np.isfinite(limit)
            inside = stored <= limit
            counted = known & (labels != settings["nodata"])
            place = np.searchsorted(codes, labels[counted])
            weights = np.ones(len(place)), ~inside[counted], stored[counted] / DISSIMILARITY_SCALE
            sums[:] += [np.bincount(place, weight, len(codes)) for weight in weights]
            return np.where(known, np.where(inside, INSIDE, OUTSIDE), MASK_NODATA).astype(np.uint8)

        derive_measure(dissimilarity, applicable, settings, values_of, band="applicable", nodata=MASK_NODATA)
    pixels, outside, total = np.column_stack([sums.sum(axis=1), sums])
    table = pd.DataFrame({"class": pd.array([None, *codes], dtype="Int64"), "pixels": pixels.astype(int)})
    with np.errstate(invalid="ignore"):
        table = table.assign(outside=outside / pixels, dissimilarity=total / pixels)
    write_table(classes, table)
    logger.info("%.1f %% of the map lie outside", 100 * table["outside"].iloc[0])
