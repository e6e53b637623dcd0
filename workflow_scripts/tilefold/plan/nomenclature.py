"""The classes: codes, labels, colours, groups, and the names that a class field may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tilefold.config.data import LandCoverClass
from tilefold.ground_truth.classes import INTEGER_TEXT, plain_name
from tilefold.plan.levels import parent_faults
from tilefold.plan.nomenclature_files import read_classes, read_colours


def read_nomenclature(
    source: str | Sequence[LandCoverClass], colours: str | None = None
) -> tuple[list[LandCoverClass], list[str]]:
    """Classes in code order, and what is wrong with them.

    Parameters
    ----------
    source
        A CSV or text file, see `read_classes`, or the classes themselves.
    colours
        A text file of colours, see `read_colours`, which take the place of the classes' own.
    """
    faults: list[str] = []
    if not isinstance(source, str):
        classes = list(source)
    elif not Path(source).is_file():
        return [], [f"reference.nomenclature: no file {source}"]
    else:
        classes, faults = read_classes(source)
    codes = [item.code for item in classes]
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    faults += [f"reference.nomenclature: code {code} is given twice; keep one" for code in repeated]
    faults += _name_faults(classes)
    faults += parent_faults(classes)
    if len(classes) < 2 and not faults:
        faults.append(f"reference.nomenclature: found {len(classes)} class(es), at least 2 are needed")
    if colours is not None:
        by_code, wrong = read_colours(colours)
        faults += wrong
        classes = [_coloured(item, by_code) for item in classes]
    return sorted(classes, key=lambda item: item.code), faults


def class_names(classes: Sequence[LandCoverClass], *, labels: bool) -> dict[str, int]:
    """Codes by the plain names that a class field may hold: aliases and, where wanted, labels."""
    return {
        plain_name(name): item.code
        for item in classes
        for name in (*item.alias, *([item.label] if labels else []))
    }


def _coloured(item: LandCoverClass, colours: Mapping[int, str]) -> LandCoverClass:
    return item.model_copy(update={"colour": colours.get(item.code, item.colour)})


def _name_faults(classes: Sequence[LandCoverClass]) -> list[str]:
    """Names that mean two classes."""
    owners: dict[str, dict[int, str]] = {}
    for item in classes:
        for name in (item.label, *item.alias):
            owners.setdefault(plain_name(name), {})[item.code] = name
        for name in item.alias:
            if re.fullmatch(INTEGER_TEXT, name.strip()):
                number = int(float(name))
                owners.setdefault(plain_name(name), {}).update(
                    {other.code: name for other in classes if other.code == number}
                )
    return [
        f"reference.nomenclature: the name {min(found.values())!r} means the codes "
        f"{' and '.join(map(str, sorted(found)))}; keep it for one (labels and aliases are compared without case)"
        for found in owners.values()
        if len(found) > 1
    ]


def choose_nodata(wanted: str | int, codes: Sequence[int]) -> tuple[int, list[str]]:
    """Value of map pixels without a class, outside all class codes, and what is wrong with the wish."""
    if wanted == "auto":
        return next(value for value in range(len(codes) + 1) if value not in codes), []
    value = int(wanted)
    if value in codes:
        return value, [f"maps.nodata: {value} is the code of a class; choose another value or `auto`"]
    return value, []
