"""Series and static rasters of a tile, read by windows: the one way to pixels for sampling and mapping."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from itertools import zip_longest
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.sensors.alignment import pixel_offset, read_shifted, read_warped, source_grid, warped
from tilefold.series.external_layout import external_descriptions, external_inputs
from tilefold.series.inputs import is_user_raster
from tilefold.series.layout import CLEAR_DATES, NODATA, series_descriptions
from tilefold.storage.rasters import grid_of
from tilefold.storage.samples import extra_name


class StackError(ValueError):
    """A raster that is not what the inputs' description says."""


class InputStack:
    """Open rasters of one tile; close it, or use it in a `with` statement.

    Not to be shared by threads: each opens its own.

    Attributes
    ----------
    grid
        Grid of the tile, which is that of its series.
    """

    def __init__(
        self,
        series: Mapping[str, Path | str],
        static: Mapping[str, Path | str],
        inputs: Mapping[str, Mapping[str, Any]],
        clear: Mapping[str, Path | str],
        external: Path | str | None,
    ) -> None:
        self._files = ExitStack()
        self._inputs = inputs
        with ExitStack() as opening:
            self._series = _open_all(opening, series)
            self._clear = _open_all(opening, clear)
            self._static = _open_all(opening, static)
            _check_names(inputs, series, static)
            self.grid = _common_grid([*self._series.values(), *self._clear.values()])
            for name, dataset in self._series.items():
                _check_series(dataset, name, inputs[name])
            for dataset in self._clear.values():
                _check_clear(dataset)
            self._views: dict[str, WarpedVRT] = {}
            for name, dataset in self._static.items():
                _check_static(dataset, name, inputs[name])
                if pixel_offset(source_grid(dataset), self.grid) is None:
                    self._views[name] = _warp(opening, dataset, inputs[name], self.grid)
            self._external = _open_external(opening, external, inputs, self.grid)
            self._files = opening.pop_all()

    def read(self, window: Window) -> dict[str, NDArray[Any]]:
        """Values of all inputs in a window of the tile, in the order of the inputs.

        Returns
        -------
        dict
            By variable, see `tilefold.storage.samples.stored_variables`. Series: int16, (pixels, dates, bands),
            -32768 where never clear. External features: float32, (pixels, dates, components) or (pixels,
            components), NaN where nothing is known. Static rasters: float32, (pixels, bands), NaN where there is
            no data; warped to the grid where their own differs, bilinear unless the input's `resampling` says
            otherwise. Pixels run row by row. Arrays are views of (dates, bands, pixels) and (bands, pixels):
            ``np.ascontiguousarray`` gives pixels in one piece.
        """
        pixels = window.height * window.width
        values: dict[str, NDArray[Any]] = {}
        for name, spec in self._inputs.items():
            if is_user_raster(spec):
                read = self._read_static(name, spec["bands"], window)
                values[name] = read.reshape(len(read), pixels).T
            elif spec["kind"] == "series":
                read = self._series[name].read(window=window.to_ranges())
                shape = (len(spec["dates"]), len(spec["bands"]), pixels)
                values[name] = read.reshape(shape).transpose(2, 0, 1)
        if self._external is not None:
            values |= _read_external(self._external, self._inputs, window)
        return values

    def _read_static(self, name: str, bands: int, window: Window) -> NDArray[np.float32]:
        """Read (bands, rows, columns), NaN where there is no data."""
        indexes = list(range(1, bands + 1))
        if name in self._views:
            view = self._views[name]
            values: NDArray[np.float32] = read_warped(view, window, [*indexes, view.count])
            values[:-1, values[-1] == 0] = np.nan
            return values[:-1]
        dataset = self._static[name]
        offset = pixel_offset(source_grid(dataset), self.grid) or (0, 0)
        values = read_shifted(dataset, window, offset, indexes=indexes, fill=np.nan, dtype="float32")
        if dataset.nodata is not None:
            values[values == np.float32(dataset.nodata)] = np.nan
        return values

    def clear_dates(self, window: Window) -> NDArray[np.uint16]:
        """Clear acquisition days of each pixel of a window, the fewest of the sensors: uint16, (pixels,).

        Raises
        ------
        ValueError
            If the stack was opened without rasters of clear dates.
        """
        if not self._clear:
            raise ValueError("the stack was opened without rasters of clear dates")
        counts = [dataset.read(1, window=window.to_ranges()).ravel() for dataset in self._clear.values()]
        fewest: NDArray[np.uint16] = np.minimum.reduce(counts)
        return fewest

    def close(self) -> None:
        """Close all files."""
        self._files.close()

    def __enter__(self) -> InputStack:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_inputs(
    series: Mapping[str, Path | str],
    static: Mapping[str, Path | str],
    inputs: Mapping[str, Mapping[str, Any]],
    clear: Mapping[str, Path | str] | None = None,
    external: Path | str | None = None,
) -> InputStack:
    """Open the rasters of one tile.

    Parameters
    ----------
    series
        Sensor to its series file.
    static
        Name of a static input to its raster, on any grid.
    inputs
        Description of each input by name, see `tilefold.series.inputs.component_names`. Scales and features
        are not needed here.
    clear
        Sensor to its raster of clear dates, for `InputStack.clear_dates`.
    external
        Raster of external features, if the inputs hold some.

    Raises
    ------
    StackError
        If a file's bands, dates or grid are not what the inputs or the other files say.
    """
    return InputStack(series, static, inputs, clear or {}, external)


def _open_all(opening: ExitStack, paths: Mapping[str, Path | str]) -> dict[str, DatasetReader]:
    """Open rasters to be closed later; as contexts they would have to be left by the thread that entered them."""
    return {name: opening.enter_context(closing(rasterio.open(path))) for name, path in paths.items()}


def _check_names(
    inputs: Mapping[str, Mapping[str, Any]],
    series: Mapping[str, Path | str],
    static: Mapping[str, Path | str],
) -> None:
    for kind, given in (("series", series), ("static", static)):
        of_kind = is_user_raster if kind == "static" else _is_series
        wanted = [name for name, spec in inputs.items() if of_kind(spec)]
        if sorted(wanted) != sorted(given):
            raise StackError(f"{kind} inputs are {sorted(wanted)}, files are given for {sorted(given)}")


def _is_series(spec: Mapping[str, Any]) -> bool:
    return bool(spec["kind"] == "series")


def _common_grid(datasets: list[DatasetReader]) -> Grid:
    if not datasets:
        raise StackError("no series: nothing says what the tile's grid is")
    grids = [grid_of(dataset) for dataset in datasets]
    for dataset, grid in zip(datasets, grids, strict=True):
        if grid != grids[0]:
            raise StackError(f"{dataset.name}: found {grid}, {datasets[0].name} has {grids[0]}")
    return grids[0]


def _check_series(dataset: DatasetReader, name: str, spec: Mapping[str, Any]) -> None:
    expected = series_descriptions(spec["bands"], spec["dates"])
    pairs = zip_longest(dataset.descriptions, expected, fillvalue="nothing")
    for number, (found, wanted) in enumerate(pairs, 1):
        if found != wanted:
            raise StackError(
                f"{dataset.name}: band {number} is {found}, but input {name} has {wanted} there "
                f"({dataset.count} bands in the file, {len(expected)} expected); make the series again"
            )
    if dataset.dtypes[0] != "int16" or dataset.nodata != NODATA:
        raise StackError(
            f"{dataset.name}: found {dataset.dtypes[0]} with nodata {dataset.nodata}, "
            f"expected int16 with {NODATA}"
        )


def _check_clear(dataset: DatasetReader) -> None:
    if dataset.descriptions != (CLEAR_DATES,):
        raise StackError(f"{dataset.name}: found bands {dataset.descriptions}, expected {CLEAR_DATES}")


def _check_static(dataset: DatasetReader, name: str, spec: Mapping[str, Any]) -> None:
    if dataset.count < spec["bands"]:
        raise StackError(f"{dataset.name}: found {dataset.count} bands, input {name} needs {spec['bands']}")
    if dataset.crs is None:
        raise StackError(f"{dataset.name}: the raster has no coordinate reference system")


def _warp(opening: ExitStack, dataset: DatasetReader, spec: Mapping[str, Any], grid: Grid) -> WarpedVRT:
    """Raster on the tile's grid. Its last band says where there are data: no datum is taken for nodata."""
    resampling = Resampling[spec.get("resampling", "bilinear")]
    return opening.enter_context(closing(warped(dataset, grid, resampling, add_alpha=True, dtype="float32")))


def _open_external(
    opening: ExitStack, path: Path | str | None, inputs: Mapping[str, Mapping[str, Any]], grid: Grid
) -> DatasetReader | None:
    """Open the raster of external features, which must have the layers of the inputs."""
    expected = external_descriptions(inputs)
    if path is None:
        if expected:
            raise StackError(
                f"the inputs hold external features ({expected[0]}, ...), and no raster of them is given"
            )
        return None
    dataset = opening.enter_context(closing(rasterio.open(path)))
    for number, (found, wanted) in enumerate(
        zip_longest(dataset.descriptions, expected, fillvalue="nothing"), 1
    ):
        if found != wanted:
            raise StackError(
                f"{path}: band {number} is {found}, but the inputs have {wanted} there; make the external features "
                "again"
            )
    if grid_of(dataset) != grid:
        raise StackError(f"{path}: found {grid_of(dataset)}, the series have {grid}")
    return dataset


def _read_external(
    dataset: DatasetReader, inputs: Mapping[str, Mapping[str, Any]], window: Window
) -> dict[str, NDArray[np.float32]]:
    """External features of a window by variable."""
    layers: NDArray[np.float32] = dataset.read(window=window.to_ranges())
    pixels = window.height * window.width
    values: dict[str, NDArray[np.float32]] = {}
    start = 0
    for name, part in external_inputs(inputs).items():
        components = len(part["components"])
        stop = start + components * len(part.get("dates", [None]))
        own = layers[start:stop].reshape(-1, components, pixels).transpose(2, 0, 1)
        variable = extra_name(name) if inputs[name]["kind"] == "series" else name
        values[variable] = own if "dates" in part else own[:, 0]
        start = stop
    return values
