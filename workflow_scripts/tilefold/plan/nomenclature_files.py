"""Files that hold a nomenclature: CSV, or the two text files of the reference system."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tilefold.config.data import LandCoverClass

ALIAS_SEPARATOR = ";"
CSV_COLUMNS = ("code", "label", "colour", "parent")


def read_classes(path: str) -> tuple[list[LandCoverClass], list[str]]:
    """Classes of a file in its order, and what is wrong with its lines.

    Parameters
    ----------
    path
        A CSV file (named so, or with a comma in its first line) with the columns `code`, `label` and, if wanted,
        `colour`, `parent`, `alias` (separated by ";"); else a text file with one `label:code` a line. UTF-8.
    """
    text, faults = _text("reference.nomenclature", path)
    if faults:
        return [], faults
    first = text.lstrip().partition("\n")[0]
    return _from_csv(path, text) if path.lower().endswith(".csv") or "," in first else _from_lines(path, text)


def read_colours(path: str) -> tuple[dict[int, str], list[str]]:
    """Colours `#rrggbb` by code of a text file with one `code red green blue` a line, and its faults."""
    text, faults = _text("reference.colours", path)
    colours: dict[int, str] = {}
    for number, line in _lines(text):
        parts = line.split()
        where = f"reference.colours: {path}, line {number}"
        if len(parts) != 4 or not all(re.fullmatch(r"\d+", part) for part in parts):
            faults.append(f"{where}: expected `code red green blue`, found {line!r}")
        elif max(int(part) for part in parts[1:]) > 255:
            faults.append(f"{where}: red, green and blue are 0 to 255, found {' '.join(parts[1:])}")
        elif int(parts[0]) in colours:
            faults.append(f"{where}: code {parts[0]} has a colour already")
        else:
            red, green, blue = (int(part) for part in parts[1:])
            colours[int(parts[0])] = f"#{red:02x}{green:02x}{blue:02x}"
    return colours, faults


def _text(key: str, path: str) -> tuple[str, list[str]]:
    if not Path(path).is_file():
        return "", [f"{key}: no file {path}"]
    try:
        return Path(path).read_text(encoding="utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = Path(path).read_bytes()[: error.start].count(b"\n") + 1
        return "", [f"{key}: {path}, line {line}: not UTF-8; save the file in this encoding"]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that are not empty, with their numbers."""
    return ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _from_lines(path: str, text: str) -> tuple[list[LandCoverClass], list[str]]:
    classes: list[LandCoverClass] = []
    faults: list[str] = []
    for number, line in _lines(text):
        label, colon, code = (part.strip() for part in line.rpartition(":"))
        if not colon or not label or not re.fullmatch(r"\d+", code):
            faults.append(
                f"reference.nomenclature: {path}, line {number}: expected `label:code`, found {line!r}"
            )
        else:
            _add(classes, faults, {"code": code, "label": label}, path, number)
    return classes, faults


def _from_csv(path: str, text: str) -> tuple[list[LandCoverClass], list[str]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns = reader.fieldnames or []
    missing = [name for name in ("code", "label") if name not in columns]
    if missing:
        found = ", ".join(columns)
        return [], [f"reference.nomenclature: {path} lacks {', '.join(missing)}; it has {found}"]
    classes: list[LandCoverClass] = []
    faults: list[str] = []
    for row in reader:
        content: dict[str, Any] = {
            key: row[key].strip() for key in CSV_COLUMNS if (row.get(key) or "").strip()
        }
        names = (row.get("alias") or "").split(ALIAS_SEPARATOR)
        content["alias"] = [name.strip() for name in names if name.strip()]
        _add(classes, faults, content, path, reader.line_num)
    return classes, faults


def _add(
    classes: list[LandCoverClass], faults: list[str], content: dict[str, Any], path: str, line: int
) -> None:
    try:
        classes.append(LandCoverClass.model_validate(content))
    except ValidationError as error:
        faults += [
            f"reference.nomenclature: {path}, line {line}: {item['loc'][0]}: found {item['input']!r}; {item['msg']}"
            for item in error.errors()
        ]
