"""Settings of the rules that make and measure maps from the tiles' rasters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tilefold.plan.grids import output_grid
from tilefold.plan.plan import Plan

Settings = dict[str, Any]
#: Products that are made from blended probabilities; all others come from the pixel's owner.
BLENDED = ("classification", "confidence", "probabilities", "margin")


def blended_codes(plan: Plan, product: str) -> list[int]:
    """Class codes of the probabilities that a product is blended from; empty where it is not."""
    return plan.codes if plan.config.maps.blend and product in BLENDED else []


def mosaic_tiles(plan: Plan, fold: str, seed: str, product: str) -> Settings:
    """One raster of a run, from its tiles."""
    run = plan.run(fold, seed)
    tiles = run.map_tiles
    return {
        "fold": fold,
        "seed": run.seed,
        "product": product,
        "grids": {tile: plan.grids[tile].to_dict() for tile in tiles},
        "map_grids": _map_grids(plan, tiles) if plan.config.maps.crs else None,
        "ownership": plan.ownership.to_dict(),
        "classes": coloured_classes(plan) if product == "classification" else None,
        "nodata": plan.nodata,
        "codes": blended_codes(plan, product),
    }


def describe_map(plan: Plan, fold: str, seed: str) -> Settings:
    """What lies beside the maps of a run."""
    dates = [date for calendar in plan.calendars.values() for date in calendar]
    return {
        "fold": fold,
        "seed": int(seed),
        "products": plan.map_products,
        "classes": coloured_classes(plan),
        "start": min(dates),
        "end": max(dates),
    }


def measure_seams(plan: Plan, fold: str, seed: str) -> Settings:
    """Seams of a run's map."""
    return {
        "fold": fold,
        "seed": int(seed),
        "grids": _map_grids(plan, plan.run(fold, seed).map_tiles),
        "ownership": plan.ownership.to_dict(),
        "nodata": plan.nodata,
    }


def polygonise_tile(plan: Plan, fold: str, seed: str, tile: str) -> Settings:
    """Polygons of a tile of a run's map."""
    return {
        "fold": fold,
        "seed": int(seed),
        "tile": tile,
        "grids": _map_grids(plan, plan.run(fold, seed).map_tiles),
        "ownership": plan.ownership.to_dict(),
        "codes": plan.codes,
        "nodata": plan.nodata,
        "min_pixels": plan.config.maps.vector_min_pixels,
    }


def stitch_polygons(plan: Plan, fold: str, seed: str) -> Settings:
    """A run's map as polygons."""
    return {
        "fold": fold,
        "seed": int(seed),
        "grids": _map_grids(plan, plan.run(fold, seed).map_tiles),
        "classes": [{"code": item.code, "label": item.label} for item in plan.classes],
    }


def measure_votes(plan: Plan, fold: str) -> Settings:
    """Where the maps of a fold's seeds disagree."""
    return {"fold": fold, "seeds": list(plan.config.split.seeds), "codes": plan.codes, "nodata": plan.nodata}


def count_validation(plan: Plan, fold: str, seed: str) -> Settings:
    """What a run's models make of their validation samples."""
    classification = plan.config.classification
    return {
        "fold": fold,
        "seed": int(seed),
        "regions": list(plan.region_names) or plan.regions,
        "codes": plan.codes,
        "batch_rows": classification.batch_rows,
        "compute_threads": classification.compute_threads,
        "device": classification.device,
    }


def scale_temperature(plan: Plan, fold: str, seed: str, region: str) -> Settings:
    """Temperature of a run's and region's model."""
    classification = plan.config.classification
    return {
        "fold": fold,
        "seed": int(seed),
        "region": region,
        "codes": plan.codes,
        "batch_rows": classification.batch_rows,
        "compute_threads": classification.compute_threads,
        "device": classification.device,
    }


def fuse_maps(plan: Plan, fold: str, method: str) -> Settings:
    """The maps of a fold, fused by a method."""
    return {
        "fold": fold,
        "seeds": list(plan.config.split.seeds),
        "method": method,
        "mass": plan.config.fusion.mass if method == "dempster_shafer" else None,
        "codes": plan.codes,
        "nodata": plan.nodata,
        "classes": coloured_classes(plan),
    }


def score_fused(plan: Plan, fold: str) -> Settings:
    """Scores of a fold's fused maps."""
    seeds = list(plan.config.split.seeds)
    return {
        "fold": fold,
        "seeds": seeds,
        "methods": list(plan.config.fusion.methods),
        "tiles": list(plan.train),
        "grids": {tile: plan.grids[tile].to_dict() for tile in plan.run(fold, seeds[0]).map_tiles},
        "codes": plan.codes,
        "nodata": plan.nodata,
    }


def regularise_map(plan: Plan, fold: str, seed: str) -> Settings:
    """The regularised map of a run."""
    maps = plan.config.maps
    method = maps.regularise
    settings: Settings = {
        "fold": fold,
        "seed": int(seed),
        "method": method,
        "codes": plan.codes,
        "nodata": plan.nodata,
        "classes": coloured_classes(plan),
    }
    if method in ("majority", "bayes"):
        settings["radius"] = maps.regularise_radius or (1 if method == "majority" else 3)
    if method == "sieve":
        settings["min_pixels"] = maps.regularise_min_pixels
    if method == "bayes":
        settings["smoothness"] = maps.regularise_smoothness
    return settings


def score_regularised(plan: Plan, fold: str, seed: str) -> Settings:
    """Scores of the regularised map of a run."""
    run = plan.run(fold, seed)
    return {
        "fold": fold,
        "seed": int(seed),
        "held_out": list(run.held_out),
        "tiles": list(plan.train),
        "grids": {tile: plan.grids[tile].to_dict() for tile in run.map_tiles},
        "codes": plan.codes,
        "nodata": plan.nodata,
    }


def _map_grids(plan: Plan, tiles: Iterable[str]) -> dict[str, Settings]:
    """Grid of each tile on the lattice of the maps."""
    crs, resolution = plan.config.maps.crs, plan.config.resolution
    return {
        tile: (output_grid(plan.grids[tile], crs, resolution) if crs else plan.grids[tile]).to_dict()
        for tile in tiles
    }


def prediction(plan: Plan) -> Settings:
    """How pixels are classified, whatever they are of."""
    classification = plan.config.classification
    return {
        "regions": plan.regions,
        "fallback": plan.fallback,
        "codes": plan.codes,
        "nodata": plan.nodata,
        "dtype": "uint8" if max(*plan.codes, plan.nodata) <= 255 else "uint16",
        "batch_rows": classification.batch_rows,
        "compute_threads": classification.compute_threads,
        "device": classification.device,
        "precision": classification.precision,
    }


def coloured_classes(plan: Plan) -> list[Settings]:
    """Code, label and colour (red, green, blue) of each class."""
    return [
        {
            "code": item.code,
            "label": item.label,
            "colour": [int(item.colour[start : start + 2], 16) for start in (1, 3, 5)],
        }
        for item in plan.classes
    ]
