"""Settings about folds: what a run holds out and bars, the rules that only folds have."""

from __future__ import annotations

from typing import Any

from tilefold.folds.areas import BLOCKS, OWNED, TILES
from tilefold.plan.plan import Plan
from tilefold.plan.runs import Run

Settings = dict[str, Any]


def run_key(run: Run) -> Settings:
    """Which run it is, and the cells that it holds out."""
    return {"fold": run.fold, "seed": run.seed, "held_out": list(run.held_out)}


def fold_scheme(plan: Plan) -> Settings:
    """How folds cut the reference into cells."""
    if plan.fold_kind == BLOCKS:
        return {"kind": BLOCKS, "crs": plan.crs, "size_m": plan.config.folds.block_size_m}
    return {"kind": plan.fold_kind}


def fold_area(plan: Plan, run: Run) -> Settings:
    """What a run holds out and bars; nothing for the run `all`, whatever the folds."""
    if not run.held_out:
        return {"scheme": {"kind": TILES}, "barring": None}
    folds = plan.config.folds
    barring: Settings = {"straddlers": folds.straddlers, "buffer_m": folds.buffer_m, "crs": plan.crs}
    if plan.table is not None:
        # Its tiles have no footprints; what a polygon has in one of them is held out and bars the polygon.
        barring |= {"boundary": OWNED, "ownership": plan.ownership.to_dict()}
    elif plan.fold_kind == TILES:
        near = [
            plan.ownership.neighbours(tile).rings if folds.boundary == OWNED else () for tile in run.held_out
        ]
        tiles = {*run.held_out, *(name for names in near for name in names)}
        barring |= {"boundary": folds.boundary, "ownership": plan.ownership.restricted(tiles).to_dict()}
    return {"scheme": fold_scheme(plan), "barring": barring}


def assign_blocks(plan: Plan) -> Settings:
    """Blocks of folds."""
    folds = plan.config.folds
    return {
        "size_m": folds.block_size_m,
        "number": folds.number,
        "grids": {tile: plan.grids[tile].to_dict() for tile in plan.train},
        "ownership": plan.ownership.to_dict(),
    }


def score_distances(plan: Plan, fold: str, seed: str) -> Settings:
    """Out-of-area scores of a run by distance from training polygons."""
    run = plan.run(fold, seed)
    return {
        **run_key(run),
        **fold_area(plan, run),
        "tiles": list(plan.train),
        "training_tiles": list(run.training_tiles),
        "crs": plan.crs,
        "distances": list(plan.config.validation.distances),
        "codes": plan.codes,
        "nodata": plan.nodata,
    }
