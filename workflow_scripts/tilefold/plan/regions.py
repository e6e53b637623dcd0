"""What the configuration says of regions."""

from __future__ import annotations

from collections.abc import Mapping

from tilefold.config.data import Regions
from tilefold.grids.grid import Grid
from tilefold.grids.lengths import UnitError, in_units
from tilefold.regions.names import read_region_names


def find_regions(regions: Regions) -> tuple[list[str], list[str]]:
    """Names of the regions, sorted, and what is wrong with them; no names without a file."""
    if regions.path is None:
        needless = [key for key in ("field", "layer") if getattr(regions, key) is not None]
        return [], [f"regions.path: missing, but regions.{key} is given" for key in needless]
    if regions.field is None:
        return [], [f"regions.field: missing; name the field of {regions.path} that holds the region's name"]
    return read_region_names(regions.path, regions.layer, regions.field)


def blend_faults(regions: Regions, grids: Mapping[str, Grid]) -> list[str]:
    """A width of the change between regions that the tiles' CRSs cannot measure."""
    for crs in dict.fromkeys(grid.crs for grid in grids.values()):
        try:
            in_units(regions.blend_m, crs)
        except UnitError as error:
            return [f"regions.blend_m: {error}"]
    return []
