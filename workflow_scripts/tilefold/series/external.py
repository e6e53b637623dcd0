"""External features of a tile: users' functions on blocks of its series, stored once."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window, blocks, shifted, whole, widened
from tilefold.sensors.reading import read_acquisition
from tilefold.series.accessors import CLEAR, NOT_ACQUIRED, UNUSABLE, Values, block_views
from tilefold.series.external_layout import external_descriptions, external_layers, input_layers
from tilefold.series.gapfilling import merge_same_day
from tilefold.series.labels import Layer
from tilefold.series.layout import NODATA
from tilefold.series.stack import InputStack, StackError, open_inputs
from tilefold.series.user_functions import ExternalFeatureError, UserFunctions
from tilefold.storage.metadata import provenance
from tilefold.storage.rasters import BLOCK, create_raster
from tilefold.storage.tables import read_table

logger = logging.getLogger(__name__)


def compute_external_features(
    series: Mapping[str, Path | str],
    roots: Mapping[str, Path | str],
    skipped: Mapping[str, Path | str],
    settings: Mapping[str, Any],
    *,
    features: Path | str,
) -> None:
    """Write the layers of all functions of a tile.

    Functions see blocks of `BLOCK` x `BLOCK` pixels with a margin around, less at the tile's edges; memory is that of
    one block.

    Parameters
    ----------
    series
        Series of each sensor.
    roots
        Folder of each sensor's products.
    skipped
        For each sensor, the table of acquisitions that the series is made without: functions see none of them.
    settings
        `tile`, `grid`; `module`, `functions` (name, parameters), `margin`; `scales` (for each sensor scale and offset
        of the values that functions get); `inputs` (of the network, see `tilefold.series.external_layout`); `raw`
        (for each sensor of which functions ask for acquisitions: `definition`, `products`, `dates` over all tiles).
    features
        GeoTIFF to write: float32, NaN where something that a function asked for is not known.

    Raises
    ------
    ExternalFeatureError
        If a function fails, or does not return what it returned before any job; with function, tile and window.
    BadAcquisitionError
        If a product cannot be read.
    """
    grid = Grid.from_dict(settings["grid"])
    functions = UserFunctions(settings["module"], settings["functions"])
    inputs = settings["inputs"]
    usable = {sensor: _usable(item["products"], skipped[sensor]) for sensor, item in settings["raw"].items()}
    sensors = {name: {**spec, "extra": []} for name, spec in inputs.items() if spec["kind"] == "series"}
    with (
        open_inputs(series=series, static={}, inputs=sensors) as stack,
        create_raster(
            features,
            grid,
            dtype="float32",
            nodata=np.nan,
            descriptions=external_descriptions(inputs),
            tags=provenance(settings),
        ) as out,
    ):
        if stack.grid.shape != grid.shape:
            raise StackError(f"tile {settings['tile']}: series of {stack.grid}, the plan has {grid}")
        for window in blocks(whole(*grid.shape), BLOCK):
            seen = widened(window, settings["margin"], grid.shape)
            source = TileBlock(stack, roots, usable, settings, seen)
            layers = _layers(functions, source, settings, _place(settings["tile"], window))
            inner = shifted(window, seen).to_slices()
            out.write(np.stack([layer[inner] for layer in layers]), window=window.to_ranges())
            logger.info("tile %s: external features up to row %d", settings["tile"], window.row_stop)


class TileBlock:
    """A window of a tile: series and acquisitions, read when they are asked for.

    Parameters
    ----------
    stack
        The tile's series.
    roots, settings
        See `compute_external_features`.
    products
        Products of each sensor that functions may ask for, by date and name.
    window
        The block with its margin.
    """

    def __init__(
        self,
        stack: InputStack,
        roots: Mapping[str, Path | str],
        products: Mapping[str, Sequence[Mapping[str, Any]]],
        settings: Mapping[str, Any],
        window: Window,
    ) -> None:
        self._stack = stack
        self._products = products
        self._roots = roots
        self._settings = settings
        self._window = window
        self._observed: dict[str, tuple[NDArray[np.float32], NDArray[np.uint8]]] = {}

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, margin included."""
        return self._window.shape

    def interpolated(self, sensor: str, band: str) -> Values:
        """Series of a band, (rows, columns, dates), NaN where nothing is known."""
        spec = self._settings["inputs"][sensor]
        stored = self._series[sensor][:, :, spec["bands"].index(band)]
        values = np.where(stored == NODATA, np.float32(np.nan), self._scaled(sensor, stored))
        return values.reshape(*self.shape, len(spec["dates"]))

    def raw(self, sensor: str, band: str) -> Values:
        """Acquisitions of a band, (rows, columns, days of all tiles), NaN where not clear."""
        bands = self._settings["inputs"][sensor]["bands"]
        return self._observations(sensor)[0][:, :, :, bands.index(band)]

    def masks(self, sensor: str) -> NDArray[np.uint8]:
        """Usability on the days of all tiles, (rows, columns, days)."""
        return self._observations(sensor)[1]

    @cached_property
    def _series(self) -> dict[str, NDArray[Any]]:
        return self._stack.read(self._window)

    def _scaled(self, sensor: str, stored: NDArray[Any]) -> Values:
        scale, offset = self._settings["scales"][sensor]
        values: Values = stored.astype(np.float32)
        return values if (scale, offset) == (1, 0) else values * np.float32(scale) + np.float32(offset)

    def _observations(self, sensor: str) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Values (rows, columns, days, bands) and masks (rows, columns, days) of a sensor."""
        if sensor not in self._settings["raw"]:
            raise ExternalFeatureError(
                f"acquisitions of {sensor} are asked for, but were not when the function was tried out before any "
                "job; ask for them whatever the values are"
            )
        if sensor not in self._observed:
            self._observed[sensor] = self._read_observations(sensor)
        return self._observed[sensor]

    def _read_observations(self, sensor: str) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        item = self._settings["raw"][sensor]
        grid, tile = Grid.from_dict(self._settings["grid"]), self._settings["tile"]
        products = self._products[sensor]
        bands = len(self._settings["inputs"][sensor]["bands"])
        values = np.empty((len(products), bands, *self.shape), np.int16)
        valid = np.empty((len(products), *self.shape), np.bool_)
        for index, product in enumerate(products):
            values[index], valid[index] = read_acquisition(
                self._roots[sensor], tile, item["definition"], product["name"], grid, self._window
            )
        merged, clear, days = merge_same_day(values, valid, [_day(product["date"]) for product in products])
        places = np.searchsorted([_day(date) for date in item["dates"]], days)
        known = np.full((*self.shape, len(item["dates"]), bands), np.nan, np.float32)
        known[:, :, places] = np.where(
            clear[:, None], self._scaled(sensor, merged), np.float32(np.nan)
        ).transpose(2, 3, 0, 1)
        masks = np.full((*self.shape, len(item["dates"])), NOT_ACQUIRED, np.uint8)
        masks[:, :, places] = np.where(clear, CLEAR, UNUSABLE).transpose(1, 2, 0)
        return known, masks


def _layers(
    functions: UserFunctions, source: TileBlock, settings: Mapping[str, Any], place: str
) -> list[Values]:
    """Layers of all functions in the order of the raster's bands."""
    raw_dates = {sensor: item["dates"] for sensor, item in settings["raw"].items()}
    sensors = {name: spec for name, spec in settings["inputs"].items() if spec["kind"] == "series"}
    views = block_views(source, sensors, raw_dates, len(settings["functions"]))
    layers, values = functions(views, settings["margin"], place)
    found: dict[Layer, Values] = dict(zip(input_layers(layers, sensors), values, strict=True))
    wanted = external_layers(settings["inputs"])
    if set(found) != set(wanted) or len(layers) != len(wanted):
        odd = sorted(set(found) ^ set(wanted), key=str)
        raise ExternalFeatureError(
            f"{settings['module']}: on {place} the functions return other labels than when they were tried out "
            f"before any job: {len(layers)} instead of {len(wanted)}; the first that differs is {odd[:1]}"
        )
    return [found[layer] for layer in wanted]


def _usable(products: Sequence[Mapping[str, Any]], skipped: Path | str) -> list[Mapping[str, Any]]:
    """Products by date and name, without those in a table of skipped ones."""
    left_out = set(read_table(skipped, ["product"])["product"].astype(str))
    kept = [product for product in products if product["name"] not in left_out]
    return sorted(kept, key=lambda product: (product["date"], product["name"]))


def _place(tile: str, window: Window) -> str:
    return (
        f"tile {tile}, rows {window.row_start} to {window.row_stop - 1}, "
        f"columns {window.col_start} to {window.col_stop - 1}"
    )


def _day(date: str) -> int:
    return datetime.date.fromisoformat(date).toordinal()
