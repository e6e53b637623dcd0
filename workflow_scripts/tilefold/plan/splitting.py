"""What the configuration says of the split, for its jobs, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tilefold.config.data import LandCoverClass
from tilefold.config.design import Split
from tilefold.config.model import Config
from tilefold.plan.runs import Run, plan_runs

SHARES = ("ratio", "validation_ratio")


def class_shares(split: Split) -> dict[str, float | dict[str, float]]:
    """Shares of the split: a number, or numbers by class code, completed with the default for all others."""
    shares = {}
    for name in SHARES:
        value = getattr(split, name)
        default = Split.model_fields[name].default
        shares[name] = {"default": default, **value} if isinstance(value, dict) else value
    return shares


def imposing(config: Config) -> dict[str, Any]:
    """Where roles are imposed from, and what its values mean."""
    reference = config.reference
    imposed = "test_file" if reference.test_path else "field" if reference.split_field else "none"
    return {"imposed": imposed, "field_values": config.split.field_values if imposed != "none" else None}


def validation_tile(split: Split, run: Run) -> str | None:
    """Training tile whose polygons are a run's validation, None if a share of all its polygons is.

    It follows from the seed itself, not from its place in the list, so that one more seed changes no other run.
    """
    if split.validation_by == "polygons":
        return None
    tiles = sorted(run.training_tiles)
    return tiles[run.seed % len(tiles)]


def share_faults(split: Split, classes: Sequence[LandCoverClass]) -> list[str]:
    """Shares for classes that the nomenclature does not have."""
    known = {str(item.code) for item in classes}
    return [
        f"split.{name}: found a share for {', '.join(unknown)}, which the nomenclature does not have; its codes are "
        f"{', '.join(str(item.code) for item in classes)}"
        for name in SHARES
        if isinstance(shares := getattr(split, name), dict)
        and (unknown := [code for code in shares if code != "default" and code not in known])
    ]


def validation_faults(config: Config, train: Sequence[str]) -> list[str]:
    """Settings of the split that ask for what is not there."""
    split, faults = config.split, []
    if split.field_values is not None and config.reference.split_field is None:
        faults.append(
            "split.field_values: no field imposes roles; name it in reference.split_field or leave this out"
        )
    if split.validation_by == "tile":
        runs = plan_runs(config.folds, split.seeds[:1], train, train)
        lonely = [run.fold for run in runs if len(run.training_tiles) < 2]
        if lonely:
            faults.append(
                f"split.validation_by: tile needs two training tiles in every run; {', '.join(lonely)} would have one"
            )
    return faults
