"""Faults of the same kind in one line, so that many of one do not drown the others."""

from __future__ import annotations

from collections.abc import Sequence

from tilefold.sensors.errors import BadAcquisitionError

#: Names that a line lists before it only counts.
LISTED = 5


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def acquisition_faults(sensor: str, errors: Sequence[BadAcquisitionError]) -> list[str]:
    """One line for each reason, with the first product that has it.

    Parameters
    ----------
    sensor
        For the messages.
    errors
        What is wrong with products, of any tiles.
    """
    by_reason: dict[str, list[BadAcquisitionError]] = {}
    for error in errors:
        by_reason.setdefault(error.reason, []).append(error)
    return [
        f"sensors.{sensor}: {found[0]}"
        if len(found) == 1
        else f"sensors.{sensor}: {len(found)} products, the first {found[0].product!r} ({found[0].file}): {reason}"
        for reason, found in by_reason.items()
    ]
