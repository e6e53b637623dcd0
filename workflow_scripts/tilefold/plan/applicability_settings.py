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


def _chosen(plan: Plan) -> Applicability:
    return plan.config.validation.applicability or Applicability()
