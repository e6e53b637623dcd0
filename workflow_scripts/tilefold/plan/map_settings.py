"""Settings of the rules that make and measure maps from the tiles' rasters."""

from __future__ import annotations

from typing import Any

from tilefold.plan.plan import Plan

Settings = dict[str, Any]
#: Products that are made from blended probabilities; all others come from the pixel's owner.
BLENDED = ("classification", "confidence", "probabilities")


def blended_codes(plan: Plan, product: str) -> list[int]:
    """Class codes of the probabilities that a product is blended from; empty where it is not."""
    return plan.codes if plan.config.maps.blend and product in BLENDED else []


def measure_seams(plan: Plan, fold: str, seed: str) -> Settings:
    """Seams of a run's map."""
    tiles = plan.run(fold, seed).map_tiles
    return {
        "fold": fold,
        "seed": int(seed),
        "grids": {tile: plan.grids[tile].to_dict() for tile in tiles},
        "ownership": plan.ownership.to_dict(),
        "nodata": plan.nodata,
    }
