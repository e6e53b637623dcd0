"""The dates of a sensor's series, common to all tiles, and how they are filled."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tilefold.config.model import Config
from tilefold.plan.sensors import definition
from tilefold.series.methods import METHODS

#: Dates that a message lists before it only counts.
LISTED = 5

#: Acquisition dates (ISO) of each tile; none is empty.
Dates = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Filling:
    """How a sensor's series is made.

    Attributes
    ----------
    method
        A name in `tilefold.series.methods.METHODS`.
    parameters
        What the method needs besides.
    """

    method: str
    parameters: dict[str, float]


def filling(config: Config, sensor: str) -> Filling:
    """The sensor's own choices, else those of `calendar`."""
    own, common = config.sensors[sensor], config.calendar
    method = own.method or common.method
    return Filling(
        method, {key: getattr(own, key) or getattr(common, key) for key in METHODS[method].parameters}
    )


def filling_faults(config: Config, sensor: str) -> list[str]:
    """Keys of a sensor that say nothing with its method."""
    own, method = config.sensors[sensor], filling(config, sensor).method
    used = {*METHODS[method].parameters, *(["step"] if METHODS[method].calendar == "regular" else [])}
    return [
        f"sensors.{sensor}.{key}: found {getattr(own, key)}, which the method {method} has no use for; remove it"
        for key in ("step", "gaussian_width")
        if key not in used and getattr(own, key) is not None
    ]


def make_calendar(config: Config, sensor: str, dates: Dates) -> tuple[list[str], list[str]]:
    """Find the dates (ISO) of a sensor's series, or what speaks against one calendar for its tiles.

    Parameters
    ----------
    config
        The configuration.
    sensor
        One of its sensors.
    dates
        Acquisition dates (ISO) of each tile; none is empty.

    Returns
    -------
    dates, faults : lists of str
        One of them is empty.
    """
    limits = config.calendar
    kind = METHODS[filling(config, sensor).method].calendar
    faults = calendar_faults(sensor, dates, limits.start, limits.end, kind)
    if faults:
        return [], faults
    step = config.sensors[sensor].step or limits.step or definition(config, sensor)["step"]
    return CALENDARS[kind](dates, limits.start, limits.end, step), []


def regular_dates(start: datetime.date, end: datetime.date, step: int) -> list[str]:
    """Dates start, start + step, ... up to `end`, which is a date only if it falls on the grid.

    Raises
    ------
    ValueError
        If the end comes before the start.
    """
    if end < start:
        raise ValueError(f"the calendar ends on {end}, before it starts on {start}")
    count = (end - start).days // step + 1
    return [(start + datetime.timedelta(days=step * index)).isoformat() for index in range(count)]


def calendar_faults(
    sensor: str,
    dates: Dates,
    start: datetime.date | None,
    end: datetime.date | None,
    kind: str = "regular",
) -> list[str]:
    """What speaks against one calendar for a sensor's tiles.

    Parameters
    ----------
    sensor
        For the messages.
    dates
        Acquisition dates (ISO) of each tile; none is empty.
    start, end
        Wished limits of the calendar.
    kind
        A name in `CALENDARS`.
    """
    if start and end and end < start:
        return [f"calendar.end: found {end}, which is before calendar.start {start}"]
    faults = [
        f"sensors.{sensor}: no acquisition of {tile} between calendar.start {start} and calendar.end "
        f"{end}; it has {min(days)} to {max(days)}"
        for tile, days in dates.items()
        if not _inside(days, start, end)
    ]
    if kind == "common":
        return faults or _differing_dates(sensor, dates, start, end)
    last_start, last_tile = max((min(days), tile) for tile, days in dates.items())
    first_end, first_tile = min((max(days), tile) for tile, days in dates.items())
    if first_end < last_start:
        faults.insert(
            0,
            f"sensors.{sensor}: no common dates: {first_tile} ends on {first_end}, {last_tile} begins on "
            f"{last_start}; give products of the same period for all tiles",
        )
    return faults


def _differing_dates(
    sensor: str, dates: Dates, start: datetime.date | None, end: datetime.date | None
) -> list[str]:
    """Dates that some tiles have and others lack."""
    inside = {tile: set(_inside(days, start, end)) for tile, days in dates.items()}
    union = set().union(*inside.values())
    lacking = [
        f"{tile} lacks {_listed(sorted(union - found))}"
        for tile, found in sorted(inside.items())
        if found != union
    ]
    if not lacking:
        return []
    return [
        f"sensors.{sensor}: the method none needs the same dates in all tiles, but {'; '.join(lacking)}. Deliver "
        "what is missing, set calendar.start and calendar.end, or choose the method linear"
    ]


def _listed(days: Sequence[str]) -> str:
    more = f" and {len(days) - LISTED} more" if len(days) > LISTED else ""
    return ", ".join(days[:LISTED]) + more


def _inside(days: Sequence[str], start: datetime.date | None, end: datetime.date | None) -> list[str]:
    """Different dates within the limits, in order."""
    return sorted({d for d in days if (not start or d >= str(start)) and (not end or d <= str(end))})


def _regular(dates: Dates, start: datetime.date | None, end: datetime.date | None, step: int) -> list[str]:
    first = start or datetime.date.fromisoformat(min(min(days) for days in dates.values()))
    last = end or datetime.date.fromisoformat(max(max(days) for days in dates.values()))
    return regular_dates(first, last, step)


def _acquired(dates: Dates, start: datetime.date | None, end: datetime.date | None, _: int) -> list[str]:
    return _inside([day for days in dates.values() for day in days], start, end)


#: Kind of a calendar to its dates. `common`: those of the acquisitions, which all tiles must share; `union`: those
#: of any tile.
CALENDARS: dict[str, Callable[[Dates, datetime.date | None, datetime.date | None, int], list[str]]] = {
    "regular": _regular,
    "common": _acquired,
    "union": _acquired,
}
