"""When a tile is seen, by which platform, and how much of it the swath covers."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilefold.simulation import keyed
from tilefold.simulation.dials import Dials

#: Days between two passes of a Landsat and of one Sentinel-1; orbit and time of the latter's directions.
LANDSAT_CYCLE, RADAR_CYCLE = 16, 12
RADAR_ORBITS = {"DES": (110, (5, 59, 46)), "ASC": (30, (17, 55, 12))}


@dataclass(frozen=True)
class Acquisition:
    """One product.

    Attributes
    ----------
    tile
        Name of the tile.
    name
        Name of the product, as its folder has it.
    time
        When it was sensed (UTC).
    platform
        Name of the satellite, as SENTINEL2A.
    cloud_share
        Share of the tile that is to lie under cloud or shadow, 0 to 1.
    edge
        Share of the tile beyond the swath, 0 to less than 1; negative: it lies in the west, positive: in
        the east.
    direction, orbit
        Of radar images: ASC or DES, and the relative orbit.
    """

    tile: str
    name: str
    time: datetime.datetime
    platform: str
    cloud_share: float
    edge: float
    direction: str = ""
    orbit: int = 0

    @property
    def day(self) -> float:
        """Day of the year, 1 on the first of January."""
        return float(self.time.timetuple().tm_yday)


def tile_acquisitions(dials: Dials, tile: str) -> list[Acquisition]:
    """Acquisitions of a tile in the order of time."""
    rng = keyed.generator(dials.year_seed, "acquisitions", tile)
    days = acquisition_days(dials, rng)
    clouds = _cloud_shares(dials, len(days), rng)
    edges = _edges(dials, len(days), rng)
    double = np.zeros(len(days), bool)
    if tile == dials.tiles[0]:
        # Days with clear sky are chosen, so that both products have something to give.
        double[np.argsort(clouds, kind="stable")[len(days) // 4 :][: dials.double_days]] = True
    result = []
    for index, day in enumerate(days):
        platform = "AB"[int(day) // 5 % 2]
        if double[index]:
            # The neighbouring orbit passes some minutes earlier and sees the rest of the tile.
            result.append(_make(dials, tile, int(day), platform, 10, 40, 21, 0.6 * clouds[index], 0.5))
            result.append(
                _make(dials, tile, int(day), "BA"["AB".index(platform)], 10, 50, 31, clouds[index], -0.3)
            )
        else:
            result.append(_make(dials, tile, int(day), platform, 10, 50, 31, clouds[index], edges[index]))
    return sorted(result, key=lambda acquisition: (acquisition.time, acquisition.name))


def acquisition_days(dials: Dials, rng: np.random.Generator) -> NDArray[np.int64]:
    """Days of the year of a tile's passes, spread over the year, none in the gap, (acquisitions,).

    The passes are those of a five-day cycle as long as there are enough of them, of which as many as wanted
    are kept, a little irregularly.
    """
    outside = 365 - dials.gap_days
    cycle = min(5, max(1, outside // (dials.acquisitions + 2)))
    days = np.arange(1 + int(rng.integers(cycle)), 366, cycle)
    days = days[(days < dials.gap_start) | (days >= dials.gap_start + dials.gap_days)]
    places = (np.arange(dials.acquisitions) + rng.uniform(0.1, 0.9, dials.acquisitions)) / dials.acquisitions
    return np.asarray(days[(places * len(days)).astype(np.int64)], np.int64)


def landsat_acquisitions(dials: Dials, tile: str) -> list[Acquisition]:
    """Acquisitions of a Landsat in the order of time: every 16 days, none in the gap."""
    rng = keyed.generator(dials.year_seed, "landsat", tile)
    days = np.arange(1 + int(rng.integers(LANDSAT_CYCLE)), 366, LANDSAT_CYCLE)
    days = days[(days < dials.gap_start) | (days >= dials.gap_start + dials.gap_days)]
    clouds, edges = _cloud_shares(dials, len(days), rng), _edges(dials, len(days), rng)
    result = []
    for day, cloud, edge in zip(days.tolist(), clouds.tolist(), edges.tolist(), strict=True):
        time = _time(dials, tile, day, (10, 51, 34))
        name = f"LANDSAT8-OLITIRS-XS_{_stamp(time)}_L2A_{tile}_C_V1-0"
        result.append(Acquisition(tile, name, time, "LANDSAT8", cloud, edge))
    return result


def radar_acquisitions(dials: Dials, tile: str) -> list[Acquisition]:
    """Acquisitions of one Sentinel-1 from both directions, every 12 days in all tiles; clouds do not matter."""
    result = []
    for direction, (orbit, clock) in RADAR_ORBITS.items():
        first = 1 + keyed.key(dials.seed, "radar", direction) % RADAR_CYCLE
        days = range(first, 366, RADAR_CYCLE)
        edges = _edges(dials, len(days), keyed.generator(dials.year_seed, "radar", direction, tile))
        for day, edge in zip(days, edges.tolist(), strict=True):
            time = _time(dials, tile, day, clock)
            name = f"s1a_{tile}_{direction}_{orbit:03d}_{time:%Y%m%dt%H%M%S}"
            result.append(Acquisition(tile, name, time, "s1a", 0.0, edge, direction, orbit))
    return sorted(result, key=lambda acquisition: acquisition.time)


def product_name(tile: str, time: datetime.datetime, platform: str) -> str:
    """Name of a Theia level-2A product."""
    return f"{platform}_{_stamp(time)}_L2A_{tile}_C_V1-0"


def _stamp(time: datetime.datetime) -> str:
    return f"{time:%Y%m%d-%H%M%S}-{time.microsecond // 1000:03d}"


def _time(dials: Dials, tile: str, day: int, clock: tuple[int, int, int]) -> datetime.datetime:
    """A day of the year at a time of the day, with milliseconds of its own."""
    hour, minute, second = clock
    milliseconds = 400 + keyed.key(tile, day) % 100
    midnight = datetime.datetime(dials.year, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(days=day - 1)
    return midnight.replace(hour=hour, minute=minute, second=second, microsecond=1000 * milliseconds)


def _make(
    dials: Dials,
    tile: str,
    day: int,
    letter: str,
    hour: int,
    minute: int,
    second: int,
    cloud_share: float,
    edge: float,
) -> Acquisition:
    time = _time(dials, tile, day, (hour, minute, second))
    platform = f"SENTINEL2{letter}"
    return Acquisition(
        tile, product_name(tile, time, platform), time, platform, float(cloud_share), float(edge)
    )


def _cloud_shares(dials: Dials, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Cloud shares of the acquisitions: evenly spaced quantiles of one distribution.

    So every tile has the same share of clouds over the year. Of two acquisitions that follow each other one
    is of the clearer half and one of the cloudier half, so that there is one long gap and not several.
    """
    mean = dials.cloud_fraction
    if mean in (0.0, 1.0):
        return np.full(count, mean)
    half = (count + 1) // 2
    low, high = rng.permutation(half), half + rng.permutation(count - half)
    order = np.empty(count, np.int64)
    order[0::2], order[1::2] = low, high
    swapped = np.repeat(rng.random(half) < 0.5, 2)[: 2 * (count // 2)]
    paired = order[: 2 * (count // 2)].reshape(-1, 2)
    paired[swapped[::2]] = paired[swapped[::2], ::-1]
    quantile = (order + 0.5) / count
    # u^((1 - m) / m) has mean m, and reaches from nearly 0 to nearly 1.
    return np.asarray(quantile ** ((1 - mean) / mean), np.float64)


def _edges(dials: Dials, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Share of the tile beyond the swath; the edge of an orbit lies at nearly the same place each time."""
    edges = np.zeros(count)
    partial = rng.permutation(count)[: round(dials.edge_share * count)]
    side = rng.choice([-1.0, 1.0])
    edges[partial] = side * np.clip(
        rng.uniform(0.2, 0.5) + 0.03 * rng.standard_normal(len(partial)), 0.05, 0.6
    )
    return edges
