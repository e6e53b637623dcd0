"""A million parcels cleaned and split over four whole tiles: minutes and peak memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from parcels import CLASSES, CRS, tile_grids, write_parcels

from tilefold.grids.ownership import Ownership, footprint_ring

#: Parcels along each side of the square that they fill.
SIDE = 1000


def bench_cleaning() -> dict[str, float]:
    """Minutes of cleaning and one split, and the peak memory, in GB, of the process that does both."""
    grids = tile_grids()
    clean = {
        "class_field": "code",
        "fields": {},
        "codes": list(range(1, CLASSES + 1)),
        "crs": CRS,
        "pixel": [10.0, 10.0],
        "overlaps": "clip",
        "min_width": 2.0,
    }
    rings = {tile: footprint_ring(grid, CRS) for tile, grid in grids.items()}
    split = {
        "seed": 0,
        "ratio": 0.75,
        "validation_ratio": 0.2,
        "imposed": "none",
        "field_values": None,
        "singletons": "learn",
        "fusion_holdout_ratio": 0.1,
        "regions": [],
        "grids": {tile: grid.to_dict() for tile, grid in grids.items()},
        "ownership": Ownership(CRS, rings).to_dict(),
    }
    with tempfile.TemporaryDirectory() as folder:
        write_parcels(Path(folder) / "parcels.gpkg", SIDE, seed=0)
        settings = json.dumps({"clean": clean, "split": split})
        done = subprocess.run(
            [sys.executable, Path(__file__).parent / "clean_and_split.py", folder, settings],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    cleaning, splitting, busy, busy_splitting, first_peak, peak = json.loads(done.stdout)
    print(
        f"    {SIDE**2:,} polygons: cleaned in {cleaning:.0f} s ({busy:.0f} s of processor time) with "
        f"{first_peak * 1024 / 1e9:.1f} GB, split in {splitting:.0f} s ({busy_splitting:.0f} s)",
        flush=True,
    )
    return {
        "clean_and_split_million_minutes": (cleaning + splitting) / 60,
        "peak_rss_clean_and_split": peak * 1024 / 1e9,
    }
