"""A tile's raster from the rasters of its chunks: they are placed, never resampled."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import rasterio
from rasterio.io import DatasetReader

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window, chunk_window
from tilefold.inference.lattice import same_grid
from tilefold.inference.strips import StripWriter
from tilefold.storage.metadata import kept_tags, provenance
from tilefold.storage.rasters import BLOCK, band_type, create_raster, form_of, grid_of

logger = logging.getLogger(__name__)


class ChunkError(ValueError):
    """The chunks of a tile do not form the tile."""


def merge_chunks(chunks: Sequence[Path | str], settings: Mapping[str, Any], *, merged: Path | str) -> None:
    """Place the chunks of one product into the tile's raster.

    The bytes are the same for any number of chunks. Memory: one strip of `BLOCK` rows, twice.

    Parameters
    ----------
    chunks
        One raster for each chunk, in the order of their numbers.
    settings
        `tile`, `grid`, `number_of_chunks`.
    merged
        The raster to write: bands, descriptions, type and nodata value of the chunks.

    Raises
    ------
    ChunkError
        If the number of chunks, or a chunk's grid, bands, type or nodata value, are not what they should be.
    """
    grid, number = Grid.from_dict(settings["grid"]), settings["number_of_chunks"]
    if len(chunks) != number:
        raise ChunkError(f"tile {settings['tile']}: found {len(chunks)} chunk(s), expected {number}")
    windows = [chunk_window(grid.height, grid.width, chunk, number) for chunk in range(number)]
    with ExitStack() as stack:
        first = stack.enter_context(rasterio.open(chunks[0]))
        output = stack.enter_context(
            create_raster(
                merged,
                grid,
                dtype=band_type(first),
                nodata=first.nodata,
                descriptions=first.descriptions,
                tags={**provenance(settings), **kept_tags(first.tags())},
            )
        )
        writer = stack.enter_context(StripWriter(output))
        for path, window in zip(chunks, windows, strict=True):
            with rasterio.open(path) as chunk:
                check_chunk(chunk, grid.crop(window), first, settings["tile"])
                for strip in _strips(window):
                    writer.append(chunk.read(window=strip.to_ranges()))
    logger.info("tile %s: %d chunk(s) merged", settings["tile"], number)


def check_chunk(chunk: DatasetReader, expected: Grid, first: DatasetReader, tile: str) -> None:
    """Refuse a chunk on another grid than its own, or of another form than the first chunk.

    Raises
    ------
    ChunkError
        Naming the chunk, what was found and what was expected.
    """
    found = grid_of(chunk)
    if not same_grid(found, expected):
        raise ChunkError(
            f"{chunk.name}: a chunk of tile {tile} lies on {found}, expected {expected}; "
            "classify the tile again"
        )
    form = [form_of(item) for item in (chunk, first)]
    if form[0] != form[1]:
        raise ChunkError(
            f"{chunk.name}: data types, nodata value and bands are {form[0]}, but {form[1]} in {first.name}; "
            f"classify tile {tile} again"
        )


def _strips(window: Window) -> list[Window]:
    """Cut a chunk into strips, in the chunk's own rows and columns."""
    return [
        Window(row, min(row + BLOCK, window.height), 0, window.width)
        for row in range(0, window.height, BLOCK)
    ]
