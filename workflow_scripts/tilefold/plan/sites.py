"""Where the sites of the report lie: which tile's series, and which window of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from tilefold.config.products import Site
from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership
from tilefold.grids.windows import Window, overlap, whole


def place_sites(
    sites: Sequence[Site], grids: Mapping[str, Grid], ownership: Ownership
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Tile and window of each site by name, and faults.

    A site is cut from the series of the tile that owns its centre, as far as that tile reaches.

    Parameters
    ----------
    sites
        Name, centre and size of each.
    grids, ownership
        Of the tiles whose series there are.
    """
    placed: dict[str, dict[str, Any]] = {}
    faults = []
    for site in sites:
        crs = site.crs or ownership.crs
        try:
            x, y = Transformer.from_crs(crs, ownership.crs, always_xy=True).transform(site.x, site.y)
        except CRSError:
            faults.append(f"report.sites: {site.name}: found crs {crs!r}, which is no CRS")
            continue
        owner = int(ownership.owners(np.array([x]), np.array([y]))[0])
        if owner < 0:
            faults.append(
                f"report.sites: {site.name}: {site.x:g}, {site.y:g} ({crs}) lies in none of the tiles "
                f"{', '.join(ownership.names)}; give x (east) and y (north) in that CRS, or another crs"
            )
            continue
        tile = ownership.names[owner]
        window = site_window(grids[tile], x, y, ownership.crs, site.size)
        if window is None:
            faults.append(
                f"report.sites: {site.name}: its window holds no pixel of {tile}; give a larger size"
            )
            continue
        placed[site.name] = {"tile": tile, "window": list(sum(window.to_ranges(), ()))}
    return placed, faults


def site_window(grid: Grid, x: float, y: float, crs: str, size: float) -> Window | None:
    """Square window around a place, cut at the grid's edge; None where nothing is left of it.

    Parameters
    ----------
    grid
        The tile's grid.
    x, y, crs
        The centre.
    size
        Side of the square, in units of the grid's CRS; rounded to whole pixels, at least one.
    """
    if CRS.from_user_input(crs) != CRS.from_user_input(grid.crs):
        x, y = Transformer.from_crs(crs, grid.crs, always_xy=True).transform(x, y)
    left, _, _, top = grid.bounds
    ranges = []
    for place, resolution in zip((top - y, x - left), reversed(grid.resolution), strict=True):
        number = max(1, round(size / resolution))
        first = round(place / resolution - number / 2)
        ranges += [first, first + number]
    return overlap(Window(*ranges), whole(*grid.shape))
