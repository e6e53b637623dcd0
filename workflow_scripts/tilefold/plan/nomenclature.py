"""The classes: codes, labels, colours."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from tilefold.config.data import LandCoverClass


def read_nomenclature(source: str | Sequence[LandCoverClass]) -> tuple[list[LandCoverClass], list[str]]:
    """Classes in code order, and what is wrong with them.

    Parameters
    ----------
    source
        A CSV file with the columns `code`, `label` and `colour`, or the classes themselves.
    """
    faults: list[str] = []
    if not isinstance(source, str):
        classes = list(source)
    elif not Path(source).is_file():
        return [], [f"reference.nomenclature: no file {source}"]
    else:
        classes, faults = _read_csv(source)
    codes = [item.code for item in classes]
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    faults += [f"reference.nomenclature: code {code} is given twice; keep one" for code in repeated]
    if len(classes) < 2 and not faults:
        faults.append(f"reference.nomenclature: found {len(classes)} class(es), at least 2 are needed")
    return sorted(classes, key=lambda item: item.code), faults


def _read_csv(path: str) -> tuple[list[LandCoverClass], list[str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns = reader.fieldnames or []
        missing = [name for name in ("code", "label") if name not in columns]
        if missing:
            found = ", ".join(columns)
            return [], [f"reference.nomenclature: {path} lacks {', '.join(missing)}; it has {found}"]
        classes, faults = [], []
        for line, row in enumerate(reader, start=2):
            content = {key: row[key] for key in ("code", "label", "colour") if row.get(key)}
            try:
                classes.append(LandCoverClass.model_validate(content))
            except ValidationError as error:
                faults += [
                    f"reference.nomenclature: {path}, line {line}: {item['loc'][0]}: found {item['input']!r}; "
                    f"{item['msg']}"
                    for item in error.errors()
                ]
    return classes, faults


def choose_nodata(wanted: str | int, codes: Sequence[int]) -> tuple[int, list[str]]:
    """Value of map pixels without a class, outside all class codes, and what is wrong with the wish."""
    if wanted == "auto":
        return next(value for value in range(len(codes) + 1) if value not in codes), []
    value = int(wanted)
    if value in codes:
        return value, [f"maps.nodata: {value} is the code of a class; choose another value or `auto`"]
    return value, []
