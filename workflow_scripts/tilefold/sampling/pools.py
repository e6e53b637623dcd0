"""Pools: every reference pixel that a tile owns, with its values, once."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from netCDF4 import Variable
from numpy.typing import NDArray

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, to_common
from tilefold.ground_truth.rasterise import BlockPixels, GridReference, load_reference, reference_pixels
from tilefold.series.stack import InputStack, open_inputs
from tilefold.storage.metadata import provenance
from tilefold.storage.netcdf import create_netcdf
from tilefold.storage.rasters import BLOCK
from tilefold.storage.samples import SAMPLES_PER_CHUNK, define_inputs, stored_variables
from tilefold.storage.tables import write_table

logger = logging.getLogger(__name__)


def extract_pool(
    reference: Path | str,
    series: Mapping[str, Path | str],
    clear: Mapping[str, Path | str],
    static: Mapping[str, Path | str],
    settings: Mapping[str, Any],
    *,
    pool: Path | str,
    index: Path | str,
    external: Path | str | None = None,
) -> None:
    """Write the reference pixels of a tile, in the order polygon, row, column.

    A pixel under several polygons belongs to the first; pixels never seen clear are kept, since they count in
    validation. Images are read block by block; values wait in temporary files until they are in order, so
    memory is that of the index (some 50 bytes a pixel) and of one block.

    Parameters
    ----------
    reference
        GeoPackage of cleaned polygons.
    series, clear, static
        Inputs of the tile, by name.
    settings
        `tile`, `grid`, `ownership` (of the tile and those it overlaps), `inputs`.
    pool
        NetCDF to write: for each series int16 (sample, date, band), for each static raster float32
        (sample, band), for external features float32, see `tilefold.storage.samples.stored_variables`.
    index
        Table to write, one row a sample: `row`, `col`, `x`, `y` (pixel centre in the common CRS), `polygon`,
        `group`, `code`, `clear_dates` (least over the sensors).
    external
        Raster of the tile's external features, if the inputs hold some.
    """
    grid = Grid.from_dict(settings["grid"])
    ownership = Ownership.from_dict(settings["ownership"])
    polygons = load_reference(reference, grid)
    owned = [
        _only_owned(block)
        for block in reference_pixels(polygons, settings["tile"], ownership, BLOCK)
        if block.owned.any()
    ]
    table, places = _index(polygons, owned, grid, ownership)
    inputs = settings["inputs"]
    clear_dates = np.zeros(len(table), np.uint16)
    with waiting_values(Path(pool).parent, inputs, len(table)) as values:
        with open_inputs(series, static, inputs, clear, external) as stack:
            for block, rows in zip(owned, places, strict=True):
                _read_block(stack, block, rows, values, clear_dates)
        write_pool(pool, inputs, values, provenance(settings))
    write_table(index, table.assign(clear_dates=clear_dates))
    logger.info(
        "tile %s: %d reference pixels of %d polygons", settings["tile"], len(table), table.polygon.nunique()
    )


def _only_owned(block: BlockPixels) -> BlockPixels:
    keep = block.owned
    return BlockPixels(block.window, block.polygon[keep], block.row[keep], block.col[keep], keep[keep])


def _index(
    polygons: GridReference, owned: list[BlockPixels], grid: Grid, ownership: Ownership
) -> tuple[pd.DataFrame, list[NDArray[np.int64]]]:
    """Index in pool order, and for each block the rows of the pool that its pixels go to."""
    empty = np.empty(0, np.int32)
    polygon = np.concatenate([empty, *(block.polygon for block in owned)])
    row = np.concatenate([empty, *(block.row for block in owned)])
    col = np.concatenate([empty, *(block.col for block in owned)])
    order = np.lexsort((col, row, polygon))
    places = np.empty(order.size, np.int64)
    places[order] = np.arange(order.size)
    polygon, row, col = polygon[order], row[order], col[order]
    x, y = to_common(grid, ownership.crs, row, col)
    known = np.searchsorted(polygons.polygon, polygon)
    table = pd.DataFrame(
        {
            "row": row,
            "col": col,
            "x": np.asarray(x, np.float64),
            "y": np.asarray(y, np.float64),
            "polygon": polygon,
            "group": polygons.group[known],
            "code": polygons.code[known],
        }
    )
    limits = np.cumsum([block.polygon.size for block in owned])[:-1]
    return table, np.split(places, limits) if owned else []


@contextmanager
def waiting_values(
    folder: Path, inputs: Mapping[str, Any], samples: int
) -> Iterator[dict[str, NDArray[Any]]]:
    """Arrays on disk for the values of all samples, by stored variable; gone at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        values: dict[str, NDArray[Any]] = {}
        for name, (shape, dtype) in stored_variables(inputs).items():
            if samples == 0:
                values[name] = np.empty((0, *shape), dtype)
                continue
            file = stack.enter_context(tempfile.TemporaryFile(dir=folder))
            values[name] = np.memmap(file, dtype, "w+", shape=(samples, *shape))
        yield values


def _read_block(
    stack: InputStack,
    block: BlockPixels,
    places: NDArray[np.int64],
    values: Mapping[str, NDArray[Any]],
    clear_dates: NDArray[np.uint16],
) -> None:
    window = block.window
    flat = (block.row - window.row_start) * window.width + (block.col - window.col_start)
    for name, read in stack.read(window).items():
        values[name][places] = read[flat]
    clear_dates[places] = stack.clear_dates(window)[flat]


def write_pool(
    path: Path | str, inputs: Mapping[str, Any], values: Mapping[str, NDArray[Any]], tags: Mapping[str, str]
) -> None:
    """Write the values of a pool's samples, by stored variable."""
    samples = len(next(iter(values.values())))
    with create_netcdf(path, tags) as dataset:
        variables = define_inputs(dataset, inputs, samples)
        for name, variable in variables.items():
            _copy(values[name], variable, samples)


def _copy(values: NDArray[Any], variable: Variable[Any], samples: int) -> None:
    for start in range(0, samples, SAMPLES_PER_CHUNK):
        variable[start : start + SAMPLES_PER_CHUNK] = values[start : start + SAMPLES_PER_CHUNK]
