"""Tables of the page, and how their cells read."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: A cell about which nothing can be said.
NOTHING = "–"


@dataclass(frozen=True)
class Link:
    """A file that numbers come from: what to call it, and where it lies relative to the page."""

    text: str
    address: str


@dataclass(frozen=True)
class Table:
    """A table of the page.

    Attributes
    ----------
    caption
        What the table holds.
    columns
        Headings.
    rows
        Cells as text, one list a row.
    links
        Files from which the numbers come.
    words
        Columns that hold words: they are set to the left and may wrap, numbers are set to the right.
    marked
        Rows that begin a group.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    links: Sequence[Link]
    words: Sequence[int] = (0,)
    marked: frozenset[int] = frozenset()


def link_to(path: Path | str, page: Path | str) -> Link:
    """Link from a page to a file, relative, so that the results can be moved as a whole."""
    address = Path(os.path.relpath(path, Path(page).parent)).as_posix()
    return Link(address.removeprefix("../"), address)


def number(value: Any, digits: int = 3) -> str:
    """Number with fixed decimals; NaN says nothing."""
    return NOTHING if _missing(value) else f"{float(value):.{digits}f}"


def signed(value: Any, digits: int = 3) -> str:
    """Number with fixed decimals and its sign."""
    return NOTHING if _missing(value) else f"{float(value):+.{digits}f}"


def count(value: Any) -> str:
    """Whole number with thousands set apart."""
    return NOTHING if _missing(value) else f"{round(float(value)):,}"


def percent(value: Any, digits: int = 1) -> str:
    """Share as per cent."""
    return NOTHING if _missing(value) else f"{100 * float(value):.{digits}f} %"


def words(value: Any) -> str:
    """Text; nothing if it is empty."""
    return NOTHING if _missing(value) or value == "" else str(value)


def spread(cell: str) -> str:
    """List of a cell with room between its items."""
    return words(", ".join(cell.split(";")) if cell else "")


def side_words(side: str) -> str:
    """Side of a fold as people say it."""
    return {"out_of_area_test": "out of area, test"}.get(side, side.replace("_", " "))


def starts(keys: Sequence[object]) -> frozenset[int]:
    """Positions where a run of equal keys begins."""
    return frozenset(i for i, key in enumerate(keys) if i == 0 or key != keys[i - 1])


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
