"""Acquisitions that a series is made without, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

from tilefold.grids.grid import Grid
from tilefold.sensors.errors import BadAcquisitionError
from tilefold.sensors.reading import open_acquisition
from tilefold.storage.tables import write_table

COLUMNS = ("product", "file", "reason")


def write_skipped(path: Path | str, rows: Sequence[Mapping[str, str]]) -> None:
    """Write the table of skipped acquisitions, by product; its header alone if there are none."""
    ordered = sorted(rows, key=lambda row: row["product"])
    write_table(path, pd.DataFrame(ordered, columns=list(COLUMNS)))


def find_bad(
    root: Path | str, settings: Mapping[str, Any], names: Sequence[str], grid: Grid, threads: int
) -> list[BadAcquisitionError]:
    """Acquisitions whose headers, or the ends of whose files, cannot be read.

    Parameters
    ----------
    root, settings
        As for `tilefold.series.preprocess.preprocess_tile`.
    names
        Names of the products to look at.
    grid
        Grid of the tile.
    threads
        Threads that look.
    """

    def check(name: str) -> BadAcquisitionError | None:
        try:
            with open_acquisition(root, settings["tile"], settings["definition"], name, grid) as acquisition:
                acquisition.check()
        except BadAcquisitionError as error:
            return error
        return None

    with ThreadPoolExecutor(threads) as pool:
        return [error for error in pool.map(check, names) if error is not None]


def retry_without_bad(
    names: Sequence[str], bad: list[BadAcquisitionError], attempt: Callable[[Sequence[str]], None]
) -> None:
    """Attempt something without bad acquisitions; where one more turns out bad, again from the beginning.

    Parameters
    ----------
    names
        All acquisitions.
    bad
        What is known to be bad; what turns out to be is **added**.
    attempt
        Takes the names of the others.
    """
    while True:
        refused = {error.product for error in bad}
        try:
            attempt([name for name in names if name not in refused])
        except BadAcquisitionError as error:
            bad.append(error)
        else:
            return
