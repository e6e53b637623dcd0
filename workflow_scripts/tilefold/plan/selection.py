"""Selection of samples: what is wrong with its keys, and what they mean for the rule."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tilefold.config.design import Selection

#: Pixels of each class without `selection.count`.
DEFAULT_COUNT = 10000

#: The key that a strategy takes its numbers from.
NUMBERS = {"constant": "count", "percent": "share", "total": "total", "byclass": "by_class"}
PREVALENCE_STRATEGIES = ("constant", "smallest")
#: Limits that have no use with a strategy, and why.
NEEDLESS_LIMITS = {
    "all": {"min": "takes every pixel"},
    "byclass": dict.fromkeys(("min", "max"), "has a number for each class already"),
}
CODE_KEYS = ("by_class", "min", "max")


def read_counts(selection: Selection) -> tuple[Selection, list[str]]:
    """Selection with the numbers of its CSV file in the place of the file, and what is wrong with the file.

    Parameters
    ----------
    selection
        The section; `by_class` may name a file with a class code and a number in each line, divided by a comma.
    """
    source = selection.by_class
    if not isinstance(source, str):
        return selection, []
    if not Path(source).is_file():
        return selection, [f"selection.by_class: no file {source}"]
    counts: dict[int, int] = {}
    faults = []
    with Path(source).open(encoding="utf-8", newline="") as file:
        for line, cells in enumerate(csv.reader(file), start=1):
            row = [cell.strip() for cell in cells]
            if not any(row):
                continue
            if len(row) != 2 or not all(cell.isascii() and cell.isdigit() for cell in row):
                faults.append(
                    f"selection.by_class: {source}, line {line}: found {','.join(cells)!r}; expected a class code "
                    "and a number of pixels, divided by a comma"
                )
            elif int(row[0]) in counts:
                faults.append(
                    f"selection.by_class: {source}, line {line}: class {row[0]} again; keep one line"
                )
            else:
                counts[int(row[0])] = int(row[1])
    return (selection if faults else selection.model_copy(update={"by_class": counts})), faults


def selection_faults(selection: Selection, codes: Sequence[int]) -> list[str]:
    """Keys that do not go together, and classes that are not there.

    Parameters
    ----------
    selection
        The section, see `read_counts`.
    codes
        Class codes; empty if they are not known.
    """
    return [
        *_number_faults(selection),
        *_prevalence_faults(selection),
        *_limit_faults(selection),
        *_sampler_faults(selection),
        *_code_faults(selection, codes),
    ]


def _number_faults(selection: Selection) -> list[str]:
    strategy = selection.strategy
    faults = [
        f"selection.{key}: not used by selection.strategy {strategy!r}; remove it, or set strategy: {owner}"
        for owner, key in NUMBERS.items()
        if owner != strategy and getattr(selection, key) is not None
    ]
    needed = NUMBERS.get(strategy)
    if needed and needed != "count" and getattr(selection, needed) is None:
        faults.append(f"selection.{needed}: missing; selection.strategy {strategy!r} needs it")
    counts = selection.by_class
    if strategy == "byclass" and isinstance(counts, Mapping) and not any(counts.values()):
        faults.append("selection.by_class: asks for no pixel of any class; name classes and numbers")
    return faults


def _prevalence_faults(selection: Selection) -> list[str]:
    if selection.prevalence == "sampled" or selection.strategy in PREVALENCE_STRATEGIES:
        return []
    reason = (
        "gives each class its number" if selection.strategy == "byclass" else "follows these shares already"
    )
    return [
        f"selection.prevalence: 'reference' is not used by selection.strategy {selection.strategy!r}, which "
        f"{reason}; remove it, or set strategy: {' or '.join(PREVALENCE_STRATEGIES)}"
    ]


def _limit_faults(selection: Selection) -> list[str]:
    faults = [
        f"selection.{key}: not used by selection.strategy {selection.strategy!r}, which {reason}; remove it"
        for key, reason in NEEDLESS_LIMITS.get(selection.strategy, {}).items()
        if getattr(selection, key) is not None
    ]
    named = {code for limit in (selection.min, selection.max) if isinstance(limit, Mapping) for code in limit}
    for code in [*sorted(named), None]:
        least, most = _limit(selection.min, code), _limit(selection.max, code)
        if least is not None and most is not None and least > most:
            of_class = "" if code is None else f" for class {code}"
            faults.append(
                f"selection.min: {least}{of_class} is above selection.max, {most}; lower one, raise the other"
            )
    return faults


def _sampler_faults(selection: Selection) -> list[str]:
    if selection.sampler == "periodic":
        if selection.offset and selection.jitter:
            return [
                "selection.offset: not used with selection.jitter, which moves each pick by itself; remove one"
            ]
        return []
    return [
        f"selection.{key}: not used by selection.sampler {selection.sampler!r}; remove it, or set sampler: periodic"
        for key in ("offset", "jitter")
        if getattr(selection, key) is not None
    ]


def _code_faults(selection: Selection, codes: Sequence[int]) -> list[str]:
    if not codes:
        return []
    return [
        f"selection.{key}: class {code} is not in reference.nomenclature; its codes are {', '.join(map(str, codes))}"
        for key in CODE_KEYS
        if isinstance(named := getattr(selection, key), Mapping)
        for code in sorted(set(named) - set(codes))
    ]


def _limit(limit: int | Mapping[int, int] | None, code: int | None) -> int | None:
    """Limit of a class; of code None, that of all classes."""
    if isinstance(limit, Mapping):
        return None if code is None else limit.get(code)
    return limit


def selection_settings(selection: Selection, codes: Sequence[int]) -> dict[str, Any]:
    """What the rule is told: only what its choice depends on.

    Parameters
    ----------
    selection
        The section, without faults.
    codes
        Class codes, ascending.
    """
    limits = {key: [_limit(getattr(selection, key), code) for code in codes] for key in ("min", "max")}
    every_pixel = selection.strategy == "all" and not any(value is not None for value in limits["max"])
    return {
        "min_clear_dates": selection.min_clear_dates,
        "strategy": _strategy(selection, codes),
        "prevalence": selection.prevalence,
        "limits": limits,
        "quota": "none" if every_pixel else selection.quota,
        "sampler": None if every_pixel else _sampler(selection),
    }


def _strategy(selection: Selection, codes: Sequence[int]) -> dict[str, Any]:
    name = selection.strategy
    if name == "constant":
        return {"name": name, "count": DEFAULT_COUNT if selection.count is None else selection.count}
    if name == "byclass" and isinstance(selection.by_class, Mapping):
        return {"name": name, "by_class": [selection.by_class.get(code, 0) for code in codes]}
    key = NUMBERS.get(name)
    return {"name": name, key: getattr(selection, key)} if key else {"name": name}


def _sampler(selection: Selection) -> dict[str, Any]:
    if selection.sampler == "random":
        return {"name": "random"}
    return {"name": "periodic", "offset": selection.offset or 0, "jitter": selection.jitter or 0}
