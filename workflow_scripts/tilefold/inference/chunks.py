"""Classification of a part of a tile: one chunk, or the window of a site."""

from __future__ import annotations

import logging
import math
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.io import DatasetReader

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window, chunk_window, shifted
from tilefold.inference.model import PredictionError
from tilefold.inference.precision import read_precisions
from tilefold.inference.regions import RegionModels
from tilefold.inference.scales import CONFIDENCE_NODATA, PROBABILITY_NODATA
from tilefold.inference.strips import StripWriter
from tilefold.regions.names import NO_REGION
from tilefold.regions.preparing import read_neighbours
from tilefold.series.inputs import is_external
from tilefold.series.stack import InputStack, open_inputs
from tilefold.storage.metadata import models_tag, provenance
from tilefold.storage.rasters import BLOCK, create_raster
from tilefold.storage.reading_ahead import read_ahead

#: No tile has so many acquisitions; of pixels that no tile of a mosaic owns.
CLEAR_DATES_NODATA = 65535

logger = logging.getLogger(__name__)

Paths = Mapping[str, Path | str]
Block = tuple[Window, dict[str, NDArray[Any]], NDArray[np.uint16], NDArray[Any]]


def classify_chunk(
    models: Mapping[str, Path | str],
    series: Paths,
    clear: Paths,
    static: Paths,
    settings: Mapping[str, Any],
    *,
    external: Path | str | None = None,
    regions: Path | str | None = None,
    neighbours: Path | str | None = None,
    precision: Path | str | None = None,
    **rasters: Path | str,
) -> None:
    """Classify one chunk of a tile: a strip of full width.

    A pixel's values do not depend on the chunks. Memory is bounded by two blocks of `BLOCK` x `BLOCK` pixels
    of the series and one strip of `BLOCK` rows of the results.

    Parameters
    ----------
    models
        Model file by region.
    series, clear
        Series and number of clear dates, by sensor.
    static
        Static rasters, by name.
    settings
        `tile`, `grid`, `chunk`, `number_of_chunks`, `codes`, `nodata`, `dtype` (of the labels), `confidence_type`,
        `fallback`, `batch_rows`, `compute_threads`, `device`; `trained_here`: whether the series have the dates of
        the models' training (default), else `inputs`, whose dates the series have.
    external
        Raster of the tile's external features, if there are some.
    regions
        Raster of the tile's regions (filled for the fallback `nearest`), or of their weights, if there are some.
    neighbours, precision
        Tables of the regions' neighbours, for the fallback `nearest`, and of `compare_precisions`, for `auto`.
    rasters
        To write, those that are wanted, all with nodata where a pixel was never clear or no model classifies it:
        `labels` (class codes; `nodata`), `confidence` (uint8, 0 to 100, 255; or float16, 0 to 1, NaN), `margin`
        (uint8, 0 to 100; 255), `probabilities` (uint16, 0 to 1000; 65535; one band for each class, described as
        `class_<code>`, codes ascending), `clear_dates` (uint16).

    Raises
    ------
    PredictionError
        If the series are not those of the model, or the network gives NaN or infinity: with tile and window.
    """
    grid = Grid.from_dict(settings["grid"])
    window = chunk_window(grid.height, grid.width, settings["chunk"], settings["number_of_chunks"])
    inputs = series, clear, static, external, regions
    loaded = RegionModels(models, settings, read_neighbours(neighbours), read_precisions(precision))
    _classify(loaded, models_tag(models), inputs, settings, window, rasters)


def classify_site(
    models: Mapping[str, Path | str],
    series: Paths,
    clear: Paths,
    static: Paths,
    settings: Mapping[str, Any],
    *,
    external: Path | str | None = None,
    regions: Path | str | None = None,
    neighbours: Path | str | None = None,
    precision: Path | str | None = None,
    labels: Path | str,
) -> None:
    """Classify a window of a tile; its pixels have the labels that the run's map has, or would have, there.

    Parameters
    ----------
    models, series, clear, static, external, regions, neighbours, precision
        As for `classify_chunk`.
    settings
        As for `classify_chunk`, with `window` (first row, row behind the last, first column, column behind the last)
        in the place of the chunk.
    labels
        To write: class codes; `nodata` where a pixel was never clear or no model classifies it.

    Raises
    ------
    PredictionError
        If the series are not those of the model, or the network gives NaN or infinity: with tile and window.
    """
    inputs = series, clear, static, external, regions
    loaded = RegionModels(models, settings, read_neighbours(neighbours), read_precisions(precision))
    window = Window(*settings["window"])
    _classify(loaded, models_tag(models), inputs, settings, window, {"labels": labels})


def _classify(
    loaded: RegionModels,
    tag: Mapping[str, str],
    paths: tuple[Paths, Paths, Paths, Path | str | None, Path | str | None],
    settings: Mapping[str, Any],
    window: Window,
    rasters: Mapping[str, Path | str],
) -> None:
    """Classify a window; `paths` are series, clear dates, static rasters, external features and regions."""
    series, clear, static, external, regions = paths
    grid = Grid.from_dict(settings["grid"])
    with ExitStack() as stack:
        dated = (
            loaded.inputs if settings.get("trained_here", True) else of_these_dates(loaded.inputs, settings)
        )
        opened = _open_inputs(series, clear, static, external, loaded, dated, settings["tile"])
        inputs = stack.enter_context(opened)
        raster = stack.enter_context(rasterio.open(regions)) if regions else None
        tags = {**provenance(settings), **tag}
        writers = _open_outputs(stack, grid.crop(window), settings, rasters, tags)
        # Closed first: an error must not close the files while the next block is read from them.
        read = stack.enter_context(closing(_read_blocks(inputs, raster, lattice_blocks(window))))
        _classify_window(read, writers, loaded, window, settings)


def _classify_window(
    read: Iterator[Block],
    writers: Mapping[str, StripWriter],
    models: RegionModels,
    window: Window,
    settings: Mapping[str, Any],
) -> None:
    """Classify a window block by block; rows of blocks go to the writers as they are complete."""
    rows: dict[str, NDArray[Any]] = {}
    for block, values, clear_dates, regions in read:
        if block.col_start == window.col_start:
            rows = {
                name: np.empty((writer.bands, block.height, window.width), writer.dtype)
                for name, writer in writers.items()
            }
        place = f"tile {settings['tile']}, {_place(block)}"
        decisions = models.classify(regions, values, clear_dates, place=place)
        results = {**vars(decisions), "clear_dates": clear_dates}
        if _has_halves(settings):
            results["confidence"] = decisions.top
        _put(rows, results, shifted(block, window))
        if block.col_stop == window.col_stop:
            for name, writer in writers.items():
                writer.append(rows[name])
            logger.info("tile %s: classified up to row %d", settings["tile"], block.row_stop)


def check_inputs(inputs: Mapping[str, Any], given: set[str], model: Path) -> None:
    """Refuse inputs that are not the model's.

    Raises
    ------
    PredictionError
        With the names that differ.
    """
    if given != set(inputs):
        raise PredictionError(
            f"{model}: the model was trained on {', '.join(inputs)}, but the tile has "
            f"{', '.join(sorted(given))}; use the sensors and features of the training, or train again"
        )


def of_these_dates(inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Inputs of a model with the dates of the tile's own series, which stand at the same positions in the year.

    Raises
    ------
    PredictionError
        If the number of dates differs.
    """
    dated = {name: dict(spec) for name, spec in inputs.items()}
    for name, spec in dated.items():
        own = settings["inputs"].get(name, {})
        if "dates" in spec and "dates" in own:
            if len(spec["dates"]) != len(own["dates"]):
                raise PredictionError(
                    f"tile {settings['tile']}: {name} has {len(own['dates'])} dates, the model was trained on "
                    f"{len(spec['dates'])}"
                )
            spec["dates"] = own["dates"]
    return dated


def lattice_blocks(window: Window) -> Iterator[Window]:
    """Cut a window at the multiples of `BLOCK` rows and columns, row-major.

    The series are stored in these blocks, so each is decoded once, wherever the window begins.
    """
    for row in range(window.row_start - window.row_start % BLOCK, window.row_stop, BLOCK):
        for col in range(window.col_start - window.col_start % BLOCK, window.col_stop, BLOCK):
            yield Window(
                max(row, window.row_start),
                min(row + BLOCK, window.row_stop),
                max(col, window.col_start),
                min(col + BLOCK, window.col_stop),
            )


@contextmanager
def _open_inputs(
    series: Paths,
    clear: Paths,
    static: Paths,
    external: Path | str | None,
    models: RegionModels,
    dated: Mapping[str, Any],
    tile: str,
) -> Iterator[InputStack]:
    """Open the inputs of a tile, which must have the model's bands, and the calendar of `dated`."""
    groups = {name for name, spec in models.inputs.items() if is_external(spec)} if external else set()
    check_inputs(models.inputs, {*series, *static, *groups}, models.path)
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(open_inputs(series, static, dated, clear, external))
        except ValueError as error:
            raise PredictionError(
                f"tile {tile}: the inputs are not those of the model {models.path}: {error}; "
                "use the calendar and bands of the training, or train again"
            ) from error
        yield opened


def _read_blocks(
    inputs: InputStack, regions: DatasetReader | None, windows: Iterator[Window]
) -> Generator[Block, None, None]:
    """Read blocks in order, the next one while the present one is classified."""

    def read(window: Window) -> Block:
        if regions is None:
            numbers = np.full((1, window.height * window.width), NO_REGION, np.uint8)
        else:
            numbers = regions.read(window=window.to_ranges()).reshape(regions.count, -1)
        return window, inputs.read(window), inputs.clear_dates(window), numbers

    return read_ahead(read, windows)


def _open_outputs(
    stack: ExitStack,
    grid: Grid,
    settings: Mapping[str, Any],
    paths: Mapping[str, Path | str],
    tags: Mapping[str, str],
) -> dict[str, StripWriter]:
    """Open the rasters of a chunk, by product."""
    names = [f"class_{code}" for code in settings["codes"]]
    forms: dict[str, tuple[str, float, list[str]]] = {
        "labels": (settings["dtype"], settings["nodata"], ["classification"]),
        "confidence": (
            *(("float16", math.nan) if _has_halves(settings) else ("uint8", CONFIDENCE_NODATA)),
            ["confidence"],
        ),
        "probabilities": ("uint16", PROBABILITY_NODATA, names),
        "margin": ("uint8", CONFIDENCE_NODATA, ["margin"]),
        "clear_dates": ("uint16", CLEAR_DATES_NODATA, ["clear_dates"]),
    }
    writers = {}
    for product, path in paths.items():
        dtype, nodata, descriptions = forms[product]
        raster = create_raster(path, grid, dtype=dtype, nodata=nodata, descriptions=descriptions, tags=tags)
        writers[product] = stack.enter_context(StripWriter(stack.enter_context(raster)))
    return writers


def _has_halves(settings: Mapping[str, Any]) -> bool:
    """Whether confidence is written as halves; sites have none."""
    return settings.get("confidence_type") == "float16"


def _put(rows: Mapping[str, NDArray[Any]], results: Mapping[str, NDArray[Any]], block: Window) -> None:
    """Put a block's results into the strips, as (bands, rows, columns)."""
    columns = slice(block.col_start, block.col_stop)
    for name, strip in rows.items():
        strip[:, :, columns] = np.moveaxis(results[name].reshape(*block.shape, -1), 2, 0)


def _place(window: Window) -> str:
    return (
        f"rows {window.row_start} to {window.row_stop - 1}, "
        f"columns {window.col_start} to {window.col_stop - 1}"
    )
