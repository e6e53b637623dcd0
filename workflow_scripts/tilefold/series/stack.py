"""All inputs of a tile, read by windows: the one way into extraction and classification."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.series.layout import series_descriptions
from tilefold.storage.rasters import grid_of

Paths = Mapping[str, Path | str]


class InputError(ValueError):
    """A series or static raster that is not what the settings say."""


class InputStack:
    """Open rasters of one tile; see `open_inputs`."""

    def __init__(
        self,
        series: Mapping[str, DatasetReader],
        clear: Sequence[DatasetReader],
        static: Mapping[str, DatasetReader],
        inputs: Mapping[str, Any],
    ) -> None:
        self._series = series
        self._clear = clear
        self._static = static
        self._inputs = inputs

    def read(self, window: Window) -> dict[str, NDArray[Any]]:
        """Values of all pixels of a window, row-major, in the order of the inputs.

        Returns
        -------
        dict of arrays
            Series: int16, (pixels, dates, bands), -32768 where never seen clear. Static rasters: float32,
            (pixels, bands), NaN for nodata.
        """
        values: dict[str, NDArray[Any]] = {}
        for name, spec in self._inputs.items():
            if spec["kind"] == "series":
                stored = self._series[name].read(window=window.to_ranges())
                shape = (len(spec["dates"]), len(spec["bands"]), -1)
                values[name] = np.ascontiguousarray(stored.reshape(shape).transpose(2, 0, 1))
            else:
                values[name] = _read_static(self._static[name], spec["bands"], window)
        return values

    def clear_dates(self, window: Window) -> NDArray[np.uint16]:
        """Number of clear days of each pixel of a window, row-major: the least over the sensors."""
        counts = [dataset.read(1, window=window.to_ranges()).ravel() for dataset in self._clear]
        return np.minimum.reduce(counts).astype(np.uint16)


@contextmanager
def open_inputs(
    series: Paths, clear: Paths, static: Paths, inputs: Mapping[str, Any]
) -> Iterator[InputStack]:
    """Open the inputs of a tile.

    Static rasters that are not on the tile's grid are warped to it, bilinearly.

    Parameters
    ----------
    series, clear
        Series and number of clear days, by sensor.
    static
        Static rasters, by name.
    inputs
        Description of each input: `kind`, `bands` and, for a series, `dates`.

    Raises
    ------
    InputError
        If a raster has other bands, dates or another grid than expected; the message shows the difference.
    """
    with ExitStack() as stack:
        opened = {name: stack.enter_context(rasterio.open(path)) for name, path in series.items()}
        counts = {name: stack.enter_context(rasterio.open(path)) for name, path in clear.items()}
        first = next(iter(opened.values()))
        grid = grid_of(first)
        for name, dataset in opened.items():
            _check_series(dataset, inputs[name], grid)
            _check_grid(counts[name], grid)
        statics = {
            name: _open_static(stack, Path(path), inputs[name]["bands"], grid)
            for name, path in static.items()
        }
        yield InputStack(opened, list(counts.values()), statics, inputs)


def named_inputs(
    inputs: Mapping[str, Any], series: Sequence[str], clear: Sequence[str], static: Sequence[str]
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Name lists of paths: series and clear dates by the sensors of `inputs`, static rasters by the others."""
    sensors = [name for name, spec in inputs.items() if spec["kind"] == "series"]
    others = [name for name, spec in inputs.items() if spec["kind"] == "static"]
    return (
        dict(zip(sensors, series, strict=True)),
        dict(zip(sensors, clear, strict=True)),
        dict(zip(others, static, strict=True)),
    )


def _check_series(dataset: DatasetReader, spec: Mapping[str, Any], grid: Grid) -> None:
    wanted = series_descriptions(spec["bands"], spec["dates"])
    found = list(dataset.descriptions)
    if found != wanted:
        differing = next((pair for pair in zip(found, wanted, strict=False) if pair[0] != pair[1]), None)
        detail = f"found {differing[0]} where {differing[1]} is expected" if differing else "the others agree"
        raise InputError(
            f"{dataset.name}: found {len(found)} bands, expected {len(wanted)} "
            f"({len(spec['bands'])} bands on {len(spec['dates'])} dates); {detail}"
        )
    _check_grid(dataset, grid)


def _check_grid(dataset: DatasetReader, grid: Grid) -> None:
    if grid_of(dataset) != grid:
        raise InputError(f"{dataset.name}: its grid is not that of the tile's first series")


def _open_static(stack: ExitStack, path: Path, bands: int, grid: Grid) -> DatasetReader:
    dataset = stack.enter_context(rasterio.open(path))
    if dataset.count < bands:
        raise InputError(f"{path}: found {dataset.count} band(s), the config asks for {bands}")
    if grid_of(dataset) == grid:
        return dataset
    return stack.enter_context(
        WarpedVRT(
            dataset,
            crs=grid.crs,
            transform=grid.affine,
            width=grid.width,
            height=grid.height,
            resampling=Resampling.bilinear,
            tolerance=0,
            dtype="float32",
            nodata=float("nan"),
        )
    )


def _read_static(dataset: DatasetReader, bands: int, window: Window) -> NDArray[np.float32]:
    indexes = list(range(1, bands + 1))
    values = dataset.read(indexes, window=window.to_ranges(), masked=True)
    filled = values.astype(np.float32).filled(np.nan).reshape(bands, -1)
    return np.ascontiguousarray(filled.T)
