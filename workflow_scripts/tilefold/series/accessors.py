"""What a function of external features sees of a block: series, acquisitions and masks, by sensor and band."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tilefold.series.labels import folded

Values = NDArray[np.float32]

#: What masks say of a pixel and date.
CLEAR, UNUSABLE, NOT_ACQUIRED = 0, 1, 2


class BlockSource(Protocol):
    """Where the pixels of a block come from; arrays are (rows, columns, dates) and not to be changed."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the block, its margin included."""

    def interpolated(self, sensor: str, band: str) -> Values:
        """Gap-filled series of a band, NaN where nothing is known."""

    def raw(self, sensor: str, band: str) -> Values:
        """Acquisitions of a band, NaN where it is not clear or not acquired."""

    def masks(self, sensor: str) -> NDArray[np.uint8]:
        """Usability of each pixel on each day: see `CLEAR`, `UNUSABLE`, `NOT_ACQUIRED`."""


class Dates(dict[str, list[str]]):
    """Dates ``YYYYMMDD`` by sensor, whose name may be written in any case and with underscores."""

    def __missing__(self, name: str) -> list[str]:
        for sensor, dates in self.items():
            if folded(sensor) == folded(name):
                return dates
        raise KeyError(f"no sensor {name}; sensors are {', '.join(self)}")


class BlockData:
    """The first argument, `self`, of a user's function.

    It has the methods ``get_interpolated_<Sensor>_<Band>()`` and ``get_raw_<Sensor>_<Band>()``, float32, and
    ``get_raw_<Sensor>_masks()``, uint8 (0 clear; 1 clouded, saturated or edge; 2 not acquired). Sensors and bands are
    those of the configuration, in any case; a sensor whose name ends in its band's (``sentinel1_desvv``) needs no
    band: ``get_interpolated_Sentinel1_DES_vv()``. Arrays are (rows, columns, dates) and the function's own.

    Parameters
    ----------
    source
        Where the pixels come from.
    bands
        Bands of each sensor.
    interpolated_dates, raw_dates
        ISO dates of each sensor.

    Attributes
    ----------
    interpolated_dates, raw_dates
        For each sensor, dates ``YYYYMMDD`` of its calendar, and of all days on which any tile was acquired.
    raw_sensors
        Sensors of which acquisitions, their dates or masks were asked for so far.
    missing
        Pixels, (rows, columns), of which something that was asked for so far is not known.
    """

    def __init__(
        self,
        source: BlockSource,
        bands: Mapping[str, Sequence[str]],
        interpolated_dates: Mapping[str, Sequence[str]],
        raw_dates: Mapping[str, Sequence[str]],
    ) -> None:
        self._source = source
        self.interpolated_dates = Dates({sensor: _compact(d) for sensor, d in interpolated_dates.items()})
        self._raw_dates = Dates({sensor: _compact(dates) for sensor, dates in raw_dates.items()})
        self.raw_sensors: set[str] = set()
        self.missing = np.zeros(source.shape, np.bool_)
        self._accessors: dict[str, tuple[str, Callable[[], NDArray[Any]]]] = {}
        for sensor, names in bands.items():
            self._offer(f"get_raw_{sensor}_masks", partial(self._masks, sensor))
            for band in names:
                # The reference system's get_interpolated_Sentinel1_DES_vv is sentinel1_desvv's only band.
                ends = [f"{sensor}_{band}", *([sensor] if folded(sensor).endswith(folded(band)) else [])]
                for end in ends:
                    self._offer(f"get_interpolated_{end}", partial(self._interpolated, sensor, band))
                    self._offer(f"get_raw_{end}", partial(self._raw, sensor, band))

    def get_interpolated_dates(self) -> Dates:
        """Dates of the series, by sensor."""
        return self.interpolated_dates

    def get_raw_dates(self) -> Dates:
        """Days of the acquisitions, by sensor."""
        return self.raw_dates

    @property
    def raw_dates(self) -> Dates:
        """See the class."""
        self.raw_sensors.update(self._raw_dates)
        return self._raw_dates

    def __getattr__(self, name: str) -> Callable[[], NDArray[Any]]:
        """Find an accessor by its name in any case."""
        accessors: dict[str, tuple[str, Callable[[], NDArray[Any]]]] = self.__dict__.get("_accessors", {})
        if folded(name) in accessors:
            return accessors[folded(name)][1]
        close = difflib.get_close_matches(folded(name), accessors, n=1)
        hint = f"did you mean {accessors[close[0]][0]}?" if close else f"known are {_listed(accessors)}"
        raise AttributeError(f"there is no accessor {name}; {hint}")

    def _offer(self, name: str, accessor: Callable[[], NDArray[Any]]) -> None:
        if folded(name) in self._accessors:
            other = self._accessors[folded(name)][0]
            raise ValueError(f"external features cannot tell {name} from {other}; rename a sensor or a band")
        self._accessors[folded(name)] = name, accessor

    def _interpolated(self, sensor: str, band: str) -> Values:
        values = self._source.interpolated(sensor, band)
        self.missing |= np.isnan(values).any(axis=2)
        return values.copy()

    def _raw(self, sensor: str, band: str) -> Values:
        self._note_raw(sensor)
        return self._source.raw(sensor, band).copy()

    def _masks(self, sensor: str) -> NDArray[np.uint8]:
        self._note_raw(sensor)
        return self._source.masks(sensor).copy()

    def _note_raw(self, sensor: str) -> None:
        self.raw_sensors.add(sensor)
        self.missing |= (self._source.masks(sensor) != CLEAR).all(axis=2)


def block_views(
    source: BlockSource, sensors: Mapping[str, Any], raw_dates: Mapping[str, Sequence[str]], calls: int
) -> list[BlockData]:
    """A block as each of several functions sees it.

    Parameters
    ----------
    source
        Its pixels.
    sensors
        `bands` and `dates` of each sensor.
    raw_dates
        ISO days of the acquisitions of each sensor.
    calls
        How many functions there are.
    """
    bands = {name: spec["bands"] for name, spec in sensors.items()}
    dates = {name: spec["dates"] for name, spec in sensors.items()}
    return [BlockData(source, bands, dates, raw_dates) for _ in range(calls)]


def _compact(dates: Sequence[str]) -> list[str]:
    return [date.replace("-", "") for date in dates]


def _listed(accessors: Mapping[str, tuple[str, Any]]) -> str:
    return ", ".join(name for name, _ in accessors.values())
