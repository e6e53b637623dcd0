"""Settings of the rules that measure how dissimilar a map is from its samples."""

from __future__ import annotations

from typing import Any

from tilefold.config.products import Applicability
from tilefold.plan.fold_settings import fold_scheme
from tilefold.plan.map_settings import prediction
from tilefold.plan.plan import Plan
from tilefold.plan.sensors import stored_inputs

Settings = dict[str, Any]


def measure_samples(plan: Plan, seed: str) -> Settings:
    """Samples of the run `all`."""
    return {
        "seed": int(seed),
        "tiles": list(plan.train),
        "scheme": fold_scheme(plan),
        "folds": {run.fold: list(run.held_out) for run in plan.runs if run.held_out},
        "most": _chosen(plan).samples,
        **prediction(plan),
    }


def measure_dissimilarity(plan: Plan, seed: str, tile: str) -> Settings:
    """Dissimilarity of a tile."""
    return {
        "seed": int(seed),
        "tile": tile,
        "grid": plan.grids[tile].to_dict(),
        "step": _chosen(plan).step,
        "inputs": stored_inputs(plan),
    }


def mask_applicability(plan: Plan, seed: str) -> Settings:
    """Area of applicability of the run `all`."""
    return {"seed": int(seed), "codes": plan.codes, "nodata": plan.nodata}


def measure_neighbours(plan: Plan, seed: str) -> Settings:
    """Distances to the nearest samples, of samples, folds and the map."""
    runs = [run for run in plan.runs if run.seed == int(seed)]
    return {
        "seed": int(seed),
        "tiles": list(plan.train),
        "training_tiles": {run.fold: list(run.training_tiles) for run in runs},
        "grids": {tile: plan.grids[tile].to_dict() for tile in plan.mapped},
        "ownership": plan.ownership.to_dict(),
    }


def _chosen(plan: Plan) -> Applicability:
    return plan.config.validation.applicability or Applicability()
