"""Settings of what becomes of reference data before samples are selected: cleaning, regions, roles; or the import."""

from __future__ import annotations

from typing import Any

from tilefold.plan.nomenclature import class_names
from tilefold.plan.plan import Plan
from tilefold.plan.reference import nominal_pixel, reference_fields
from tilefold.plan.sensors import stored_inputs
from tilefold.plan.splitting import class_shares, imposing

Settings = dict[str, Any]


def clean_ground_truth(plan: Plan) -> Settings:
    """Cleaned reference polygons."""
    reference = plan.config.reference
    return {
        "layer": reference.layer,
        "test_layer": reference.test_layer,
        "class_field": reference.class_field,
        "fields": reference_fields(plan.config),
        "names": class_names(plan.classes, labels=plan.text_classes),
        "overlaps": reference.overlaps,
        "min_area": reference.min_area,
        "min_width": reference.min_width,
        "pixel": nominal_pixel(plan.grids.values()),
        "codes": plan.codes,
        "source_crs": reference.crs,
        "crs": plan.crs,
    }


def prepare_regions(plan: Plan) -> Settings:
    """One geometry a region, and its neighbours; nothing without regions."""
    if not plan.region_names:
        return {}
    regions = plan.config.regions
    return {
        "layer": regions.layer,
        "field": regions.field,
        "names": list(plan.region_names),
        "crs": plan.crs,
    }


def burn_regions(plan: Plan, tile: str) -> Settings:
    """Regions of a tile's pixels."""
    return {"tile": tile, "grid": plan.grids[tile].to_dict()}


def fill_regions(plan: Plan, tile: str) -> Settings:
    """Regions of a tile's pixels, the nearest for those outside all regions."""
    return {"tile": tile, "grid": plan.grids[tile].to_dict(), "crs": plan.crs}


def weigh_regions(plan: Plan, tile: str) -> Settings:
    """Regions that count at a tile's pixels, and how much."""
    filled = plan.fallback == "nearest"
    return {**fill_regions(plan, tile), "filled": filled, "blend_m": plan.config.regions.blend_m}


def split_polygons(plan: Plan, seed: str) -> Settings:
    """Roles of polygons."""
    return {
        "seed": int(seed),
        **_roles(plan),
        "regions": list(plan.region_names),
        "grids": {tile: plan.grids[tile].to_dict() for tile in plan.train},
        "ownership": plan.ownership.to_dict(),
    }


def import_samples(plan: Plan) -> Settings:
    """Pools from a table of samples; nothing with images."""
    samples = plan.config.samples
    if plan.table is None or samples is None:
        return {}
    return {
        "class_field": plan.config.reference.class_field,
        "fields": reference_fields(plan.config),
        "names": class_names(plan.classes, labels=True),
        "codes": plan.codes,
        "x": samples.x,
        "y": samples.y,
        "tile_field": samples.tile_field,
        "tiles": dict(plan.table["tiles"]),
        "inputs": stored_inputs(plan),
        "columns": plan.table["columns"],
    }


def split_samples(plan: Plan, seed: str) -> Settings:
    """Roles of the polygons of a table of samples; nothing with images."""
    return {"seed": int(seed), **_roles(plan)} if plan.table is not None else {}


def _roles(plan: Plan) -> Settings:
    config = plan.config
    return {
        **class_shares(config.split),
        **imposing(config),
        "singletons": config.split.singletons,
        "fusion_holdout_ratio": config.fusion.kept_apart,
    }
