"""The regular dates of a sensor's series, common to all tiles."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence


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
    dates: Mapping[str, Sequence[str]],
    start: datetime.date | None,
    end: datetime.date | None,
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
    """
    if start and end and end < start:
        return [f"calendar.end: found {end}, which is before calendar.start {start}"]
    faults = []
    last_start, last_tile = max((min(days), tile) for tile, days in dates.items())
    first_end, first_tile = min((max(days), tile) for tile, days in dates.items())
    if first_end < last_start:
        faults.append(
            f"sensors.{sensor}: no common dates: {first_tile} ends on {first_end}, {last_tile} begins on "
            f"{last_start}; give products of the same period for all tiles"
        )
    for tile, days in dates.items():
        inside = [d for d in days if (not start or d >= str(start)) and (not end or d <= str(end))]
        if not inside:
            faults.append(
                f"sensors.{sensor}: no acquisition of {tile} between calendar.start {start} and calendar.end "
                f"{end}; it has {min(days)} to {max(days)}"
            )
    return faults
