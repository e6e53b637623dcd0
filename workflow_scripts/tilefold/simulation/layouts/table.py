"""Every layout that a scene can be written in: what is seen, and how it is written."""

from __future__ import annotations

from tilefold.simulation.layouts import (
    hls,
    landsat8,
    landsat_c2,
    landsat_n2a,
    sen2cor,
    sentinel1,
    sentinel2,
    sentinel2l3a,
)
from tilefold.simulation.layouts.writer import Writer

#: What a tile is seen by: Sentinel-2 at 10 and 20 m; its monthly syntheses; a Landsat on its own 30 m grid; the same
#: on the grid of Sentinel-2's tiles; the radar of Sentinel-1.
SENTINEL2, SYNTHESIS, LANDSAT, LANDSAT_HARMONISED, RADAR = (
    "sentinel2",
    "synthesis",
    "landsat",
    "landsat_harmonised",
    "radar",
)

#: For each sensor, named as the readers name it, its writers by what they write.
LAYOUTS: dict[str, dict[str, Writer]] = {
    "sentinel2": {SENTINEL2: sentinel2.write},
    "sentinel2s2c": {SENTINEL2: sen2cor.write},
    "sentinel2l3a": {SYNTHESIS: sentinel2l3a.write},
    "landsat8": {LANDSAT: landsat8.write},
    "landsat8old": {LANDSAT: landsat_n2a.write_landsat8},
    "landsat5old": {LANDSAT: landsat_n2a.write_landsat5},
    "landsat_c2": {LANDSAT: landsat_c2.write},
    "hls": {SENTINEL2: hls.write_s30, LANDSAT_HARMONISED: hls.write_l30},
    # All four series of the radar (two directions, two polarisations) lie in one folder.
    "sentinel1": {RADAR: sentinel1.write},
}
