"""Settings of the rules that make the report, and what only it shows."""

from __future__ import annotations

from typing import Any

from tilefold.plan.map_settings import coloured_classes, prediction
from tilefold.plan.plan import Plan
from tilefold.plan.sensors import stored_inputs

Settings = dict[str, Any]


def classify_site(plan: Plan, fold: str, seed: str, site: str) -> Settings:
    """One site, classified by a run."""
    placed = plan.sites[site]
    return {
        "fold": fold,
        "seed": int(seed),
        "tile": placed["tile"],
        "grid": plan.grids[placed["tile"]].to_dict(),
        "window": placed["window"],
        "inputs": stored_inputs(plan),
        **prediction(plan),
    }


def summarise_sites(plan: Plan) -> Settings:
    """Classes' shares of all sites and runs."""
    return {
        "tiles": {site: placed["tile"] for site, placed in plan.sites.items()},
        "runs": [run.name for run in plan.runs],
        "codes": plan.codes,
        "nodata": plan.nodata,
    }


def write_report(plan: Plan) -> Settings:
    """The page for people."""
    shown = plan.config.model_dump(
        mode="json", exclude={"results": True, "classification": {"number_of_chunks", "memory_gb"}}
    )
    return {
        "title": plan.config.report.title,
        "max_test_pixels": plan.config.validation.max_test_pixels,
        "few_polygons": plan.config.report.few_polygons,
        "runs": [run.name for run in plan.runs],
        "distance_runs": [run.name for run in plan.runs if run.held_out and plan.has_places],
        "mapped_runs": [run.name for run in plan.runs if run.map_tiles],
        "seam_runs": plan.seam_runs,
        "regularised_runs": plan.regularised_runs,
        "fused_folds": plan.fused_folds,
        "voted_folds": plan.voted_folds,
        "sites": list(plan.sites),
        "measured_seeds": plan.measured_seeds,
        "polygon_area_seeds": plan.polygon_area_seeds,
        "seeds": list(plan.config.split.seeds),
        "regions": plan.regions,
        "fallback": plan.fallback,
        "candidates": list(plan.candidates),
        "classes": coloured_classes(plan),
        "nodata": plan.nodata,
        "config": shown,
        "calendars": dict(plan.calendars),
        "tiles": plan.tiles,
        "products": {
            tile: {sensor: len(found) for sensor, found in sensors.items()}
            for tile, sensors in plan.products.items()
        },
    }
