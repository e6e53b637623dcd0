"""The job that classifies a tile, for `bench_classification.py` and the process whose memory is measured."""

from __future__ import annotations

from typing import Any

from workload import CLASSES

from tilefold.grids.grid import Grid

#: A whole Sentinel-2 tile.
WHOLE_SIZE = 10980


def tile_grid(size: int) -> Grid:
    """Grid of a tile."""
    return Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -10.0, 4900000.0), size, size)


def settings(size: int) -> dict[str, Any]:
    """Settings of the job that classifies a tile as one chunk."""
    return {
        "fold": "all",
        "seed": 0,
        "tile": "T",
        "grid": tile_grid(size).to_dict(),
        "chunk": 0,
        "number_of_chunks": 1,
        "codes": CLASSES,
        "nodata": 0,
        "fallback": None,
        "dtype": "uint8",
        "confidence_type": "uint8",
        "batch_rows": 4096,
        "compute_threads": 1,
        "device": "cpu",
    }
