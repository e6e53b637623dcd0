"""Levels of the nomenclature: the groups that classes belong to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from tilefold.config.data import LandCoverClass

SEPARATOR = ";"


def parents(item: LandCoverClass) -> list[str]:
    """Groups of a class, the smallest first."""
    return [name.strip() for name in (item.parent or "").split(SEPARATOR) if name.strip()]


def class_levels(classes: Sequence[LandCoverClass]) -> list[list[dict[str, Any]]]:
    """Groups of each level, from the smallest: `code` (a number from 1), `label`, `classes` (codes).

    A class with fewer parents than there are levels stays in its last group; without any it is a group of its own.
    """
    levels = []
    for level in range(1, max((len(parents(item)) for item in classes), default=0) + 1):
        members: dict[str, list[int]] = {}
        for item in classes:
            names = [item.label, *parents(item)]
            members.setdefault(names[min(level, len(names) - 1)], []).append(item.code)
        levels.append(
            [
                {"code": number, "label": label, "classes": codes}
                for number, (label, codes) in enumerate(members.items(), 1)
            ]
        )
    return levels


def parent_faults(classes: Sequence[LandCoverClass]) -> list[str]:
    """Groups that lie in two larger groups."""
    larger: dict[str, set[str]] = {}
    for item in classes:
        names = parents(item)
        for name, above in zip_longest(names, names[1:]):
            larger.setdefault(name, set()).add(above or "no larger group")
    return [
        f"reference.nomenclature: the group {name!r} lies in {' and in '.join(sorted(found))}; give all its classes "
        "the same parents"
        for name, found in larger.items()
        if len(found) > 1
    ]
