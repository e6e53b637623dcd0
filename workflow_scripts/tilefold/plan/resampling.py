"""What is resampled for intervals: the kind of unit, the size of blocks, and what can be wrong with them."""

from __future__ import annotations

from typing import Any

from tilefold.config.model import Config
from tilefold.folds.areas import BLOCKS
from tilefold.plan.areas import scheme_kind
from tilefold.plan.plan import Plan
from tilefold.validation.units import BLOCK, GROUP, POLYGON

Settings = dict[str, Any]


def resampling_kind(config: Config) -> str:
    """Kind of unit: as asked for, else groups where there are some, which are as alike as their field says."""
    return config.validation.bootstrap.unit or (GROUP if config.reference.group_field else POLYGON)


def block_size(config: Config) -> float | None:
    """Side of the blocks that are resampled, in metres: as asked for, else that of the folds' blocks."""
    given = config.validation.bootstrap.block_m
    return config.folds.block_size_m if given is None and scheme_kind(config.folds) == BLOCKS else given


def resampling(plan: Plan) -> Settings:
    """Unit of resampling, see `tilefold.validation.units.resampling_units`."""
    kind = resampling_kind(plan.config)
    if kind != BLOCK:
        return {"kind": kind}
    return {"kind": kind, "size_m": block_size(plan.config), "crs": plan.crs}


def bootstrap(plan: Plan) -> Settings:
    """Number and seed of the resamples."""
    chosen = plan.config.validation.bootstrap
    return {"replicates": chosen.replicates, "seed": chosen.seed}


def resampling_faults(config: Config) -> list[str]:
    """Blocks without a size or without places, and a size that nothing uses."""
    given = config.validation.bootstrap.block_m
    if resampling_kind(config) != BLOCK:
        return (
            []
            if given is None
            else [
                f"validation.bootstrap.block_m: found {given:g}, which only the unit block has a use for; remove it, "
                "or set validation.bootstrap.unit to block"
            ]
        )
    faults = []
    if block_size(config) is None:
        faults.append(
            "validation.bootstrap.block_m: missing, which the unit block needs where folds have no blocks; give the "
            "side in metres"
        )
    if config.samples is not None and config.samples.crs is None:
        faults.append(
            "validation.bootstrap.unit: found block, which needs coordinates; give samples.x, samples.y and "
            "samples.crs"
        )
    return faults
