"""Acquisitions that a series is made without, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

from tilefold.grids.grid import Grid
from tilefold.sensors.errors import BadAcquisitionError, MissingProductsError
from tilefold.sensors.reading import open_acquisition
from tilefold.storage.tables import write_table

COLUMNS = ("product", "file", "reason")


def write_skipped(path: Path | str, rows: Sequence[Mapping[str, str]]) -> None:
    """Write the table of skipped acquisitions, by product; its header alone if there are none."""
    ordered = sorted(rows, key=lambda row: row["product"])
    write_table(path, pd.DataFrame(ordered, columns=list(COLUMNS)))


def without_bad(
    root: Path | str,
    settings: Mapping[str, Any],
    products: Sequence[Mapping[str, Any]],
    attempt: Callable[[Sequence[Mapping[str, Any]]], None],
    threads: int,
) -> list[BadAcquisitionError]:
    """Attempt something with all products that can be read.

    Headers and the ends of files are looked at first. Where a product turns out bad in the middle, everything is
    done again without it, so that no block has a part in it.

    Parameters
    ----------
    root, settings, threads
        As for `tilefold.series.preprocess.preprocess_tile`.
    products
        Each with its `name`.
    attempt
        Takes the products that are left; it may be called several times.

    Returns
    -------
    list of BadAcquisitionError
        One for each product that was left out.

    Raises
    ------
    MissingProductsError
        If none is left.
    """
    bad = _find_bad(root, settings, products, threads)
    while True:
        refused = {error.product for error in bad}
        left = [product for product in products if product["name"] not in refused]
        if not left:
            raise MissingProductsError(
                f"tile {settings['tile']}: no product of {settings['sensor']} can be read; the first: {bad[0]}"
            )
        try:
            attempt(left)
        except BadAcquisitionError as error:
            bad.append(error)
        else:
            return bad


def _find_bad(
    root: Path | str, settings: Mapping[str, Any], products: Sequence[Mapping[str, Any]], threads: int
) -> list[BadAcquisitionError]:
    """Products whose headers, or the ends of whose files, cannot be read."""
    tile, definition, grid = settings["tile"], settings["definition"], Grid.from_dict(settings["grid"])

    def check(product: Mapping[str, Any]) -> BadAcquisitionError | None:
        try:
            with open_acquisition(root, tile, definition, product["name"], grid) as acquisition:
                acquisition.check()
        except BadAcquisitionError as error:
            return error
        return None

    with ThreadPoolExecutor(threads) as pool:
        return [error for error in pool.map(check, products) if error is not None]
