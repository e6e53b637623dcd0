"""Monthly syntheses of Sentinel-2: the weighted mean of what was clear around the middle of a month."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.clouds import CLM_CLOUD, Sky, any_of_four
from tilefold.simulation.sentinel2 import NODATA
from tilefold.simulation.statistics import COARSE_BANDS

Bands = dict[str, NDArray[np.int16]]
Seen = tuple[Acquisition, Bands, Sky]

#: Day of the month that a synthesis stands for, and how many days before and after it count.
MIDDLE, REACH = 15, 23


@dataclass
class Syntheses:
    """Takes the acquisitions of a tile in the order of time and gives the syntheses of the year.

    Attributes
    ----------
    tile, year
        Of what.
    """

    tile: str
    year: int
    _kept: list[Seen] = field(default_factory=list)
    _month: int = 1

    def add(self, acquisition: Acquisition, bands: Bands, sky: Sky) -> Iterator[Seen]:
        """Take one acquisition; gives the syntheses that no later acquisition can change."""
        self._kept.append((acquisition, bands, sky))
        while self._month <= 12 and acquisition.day > self._middle() + REACH:
            yield self._next()

    def finish(self) -> Iterator[Seen]:
        """Give the syntheses that are left; months without any acquisition are nodata."""
        while self._month <= 12:
            yield self._next()

    def _middle(self) -> float:
        return float(datetime.date(self.year, self._month, MIDDLE).timetuple().tm_yday)

    def _next(self) -> Seen:
        middle = self._middle()
        # One is kept at least, for the shapes of the bands; out of reach it counts nothing.
        self._kept = [seen for seen in self._kept if seen[0].day >= middle - REACH] or self._kept[-1:]
        result = synthesis(self._name(), self._kept, middle)
        self._month += 1
        return result

    def _name(self) -> Acquisition:
        time = datetime.datetime(self.year, self._month, MIDDLE, tzinfo=datetime.UTC)
        name = f"SENTINEL2X_{time:%Y%m%d}-000000-000_L3A_{self.tile}_C_V1-0"
        return Acquisition(self.tile, name, time, "SENTINEL2X", 0.0, 0.0)


def synthesis(wanted: Acquisition, seen: list[Seen], middle: float) -> Seen:
    """Mean of what is clear, weighted by nearness in time; where nothing is, the mean of what is cloudy.

    Parameters
    ----------
    wanted
        The synthesis.
    seen
        What it is made of; at least one acquisition; those out of reach count nothing.
    middle
        Day of the year that it stands for.

    Returns
    -------
    acquisition, bands, sky
        `wanted`; int16 reflectances; a sky that flags pixels that were never clear, with those never seen
        outside.
    """
    blocks = [any_of_four(sky.flags) for _, _, sky in seen]
    near = [max(0.0, 1 - abs(acquisition.day - middle) / (REACH + 1)) for acquisition, _, _ in seen]
    bands: Bands = {}
    for band, first in seen[0][1].items():
        sums, weights = np.zeros((2, *first.shape)), np.zeros((2, *first.shape))
        for (_, values, _), block, weight in zip(seen, blocks, near, strict=True):
            flags = block if band in COARSE_BANDS else _repeated(block)
            usable = values[band] != NODATA
            for place, chosen in enumerate((usable & (flags == 0), usable & (flags > 0))):
                sums[place] += np.where(chosen, weight * values[band], 0.0)
                weights[place] += weight * chosen
        means = sums / np.where(weights > 0, weights, np.inf)
        value = np.where(weights[0] > 0, means[0], means[1])
        bands[band] = np.where(weights.sum(axis=0) > 0, np.rint(value), NODATA).astype(np.int16)
    inside, clear = np.zeros((2, *seen[0][2].outside.shape), bool)
    for (_, _, sky), block, weight in zip(seen, blocks, near, strict=True):
        if weight > 0:
            inside |= ~sky.outside
            clear |= ~sky.outside & (_repeated(block) == 0)
    flags = np.where(inside & ~clear, CLM_CLOUD, 0).astype(np.uint8)
    nothing = np.zeros(inside.shape)
    return wanted, bands, Sky(nothing, nothing, ~inside, flags)


def _repeated(block: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """20 m flags at 10 m: a pixel is clear where all of its 20 m pixel is, so that all its bands are."""
    return np.repeat(np.repeat(block, 2, axis=0), 2, axis=1)
