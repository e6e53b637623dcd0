"""Preprocessing against plain decoding of the same files, and its memory on a whole Sentinel-2 tile."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import rasterio
from rasterio.windows import Window
from rounds import interleave
from scenes import DEFINITION, TILE, job_settings, tile_grid, write_sparse, write_workload
from workload import DATES

from tilefold.sensors.listing import reader_of
from tilefold.series.layout import series_descriptions
from tilefold.series.preprocess import GDAL_CACHE, preprocess_tile
from tilefold.storage.rasters import BLOCK, create_raster

SIZE = 1098
ROUNDS = 3
#: A whole Sentinel-2 tile. With few acquisitions and dates blocks are wider, and as large as with many.
WHOLE_SIZE, WHOLE_ACQUISITIONS, WHOLE_DATES = 10980, 6, 6


def bench_preprocess() -> dict[str, float]:
    """Time of GDAL alone, to decode all products and write the series, over that of the job; one thread each."""
    with tempfile.TemporaryDirectory() as folder:
        root, series = Path(folder) / "products", Path(folder) / "series.tif"
        write_workload(root, SIZE)
        settings = job_settings(root, SIZE, DATES)

        def job() -> None:
            preprocess_tile(root, settings, series=series, clear_dates=Path(folder) / "clear.tif", threads=1)

        job()
        with rasterio.open(series) as dataset:
            values = dataset.read()
        copy = Path(folder) / "copy.tif"
        times = interleave(
            {
                "decode and write": lambda: _decode_and_write(root, settings, values, copy),
                "preprocess": job,
            },
            ROUNDS,
        )
    return {"preprocess_vs_decode": times["decode and write"].best / times["preprocess"].best}


def bench_memory() -> dict[str, float]:
    """Peak memory, in GB, of a process that preprocesses a whole tile."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "products"
        write_sparse(root, WHOLE_SIZE, WHOLE_ACQUISITIONS)
        settings = job_settings(root, WHOLE_SIZE, DATES[:WHOLE_DATES])
        start = time.perf_counter()
        peak = subprocess.run(
            [sys.executable, Path(__file__).parent / "preprocess_peak.py", folder, json.dumps(settings)],
            check=True,
            capture_output=True,
            text=True,
        )
        print(f"    {WHOLE_SIZE} x {WHOLE_SIZE} pixels in {time.perf_counter() - start:.0f} s", flush=True)
    return {"peak_rss_preprocess": int(peak.stdout) * 1024 / 1e9}


def _decode_and_write(root: Path, settings: dict[str, Any], values: Any, series: Path) -> None:
    """Read every band and mask at its own resolution, whole; write the series, which is in memory."""
    with rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE):
        for product in settings["products"]:
            files = reader_of(DEFINITION).acquisition_files(root, TILE, DEFINITION, product["name"])
            for path in [*files.bands, *files.masks]:
                with rasterio.open(path) as dataset:
                    dataset.read()
        descriptions = series_descriptions(DEFINITION["bands"], DATES)
        with create_raster(
            series, tile_grid(SIZE), dtype="int16", nodata=-32768, descriptions=descriptions, tags={}
        ) as dataset:
            for row in range(0, SIZE, BLOCK):
                rows = min(BLOCK, SIZE - row)
                dataset.write(values[:, row : row + rows], window=Window(0, row, SIZE, rows))
