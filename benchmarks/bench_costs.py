"""What a whole Sentinel-2 tile costs, in hours of one core and in gigabytes: for plans of large areas.

Processor time, not time on the clock, so that other work on the machine does not count. Workload W has a hundredth of
a tile's pixels; stages are linear in pixels.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import bench_prediction as prediction
import bench_training as training
import rasterio
import torch
from scenes import job_settings, write_workload
from workload import DATES, series_values, statistics

from tilefold.series.preprocess import preprocess_tile
from tilefold.training.database import open_samples

SIZE = 1098
#: Pixels of a whole tile, over those of the workload.
TILES = 100
PIXELS = 10980**2


def bench_tile() -> dict[str, float]:
    """Gap-filling of 70 acquisitions to 37 dates, its file, and reading it once."""
    with tempfile.TemporaryDirectory() as folder:
        root, series = Path(folder) / "products", Path(folder) / "series.tif"
        write_workload(root, SIZE)
        settings = job_settings(root, SIZE, DATES)

        def job() -> None:
            preprocess_tile(
                root,
                settings,
                series=series,
                clear_dates=Path(folder) / "clear.tif",
                skipped=Path(folder) / "skipped.csv",
                threads=1,
            )

        def read() -> None:
            with rasterio.open(series) as dataset:
                dataset.read()

        return {
            "core_hours_preprocess_tile": _core_seconds(job) * TILES / 3600,
            "core_hours_read_tile": _core_seconds(read) * TILES / 3600,
            "gb_series_tile": series.stat().st_size * TILES / 1e9,
        }


def bench_network() -> dict[str, float]:
    """Prediction of a tile by the perceptron, and an epoch over a million samples."""
    torch.set_num_threads(1)
    values = prediction._as_read(series_values(prediction.PIXELS))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        model = prediction._write_model(Path(folder), values[:4096])
        predict = _core_seconds(prediction._prediction(model, values, 1024))
        samples = stack.enter_context(open_samples(training._write_samples(Path(folder)), "full"))
        train = _core_seconds(training._epoch(samples, statistics(series_values(4096))))
    return {
        "core_hours_predict_tile": predict * PIXELS / prediction.PIXELS / 3600,
        "core_hours_epoch_million_samples": train * 1e6 / training.SAMPLES / 3600,
    }


def _core_seconds(run: Callable[[], object]) -> float:
    """Processor time of the better of two runs, after one that is not counted (compilation)."""
    found = []
    for _ in range(3):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found[1:])
