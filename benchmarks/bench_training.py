"""Training from memory and from a stream, against training on one batch again and again."""

from __future__ import annotations

import json
import statistics as averages
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rounds import interleave
from workload import CLASSES, INPUTS, series_values, statistics

from tilefold.folds.database import ROLES
from tilefold.networks.registry import build_network
from tilefold.storage.netcdf import create_netcdf
from tilefold.storage.samples import SAMPLE, define_inputs
from tilefold.training.database import Batch, SampleDatabase, open_samples
from tilefold.training.loop import Recipe, fit
from tilefold.training.state import TrainingState

SAMPLES = 262144
MANY_SAMPLES = 10_000_000
VALIDATION = 256
BATCH_SIZE = 1024
ROUNDS = 7


class OneBatch:
    """Gives out the first batch of a database as often as the database has batches."""

    def __init__(self, samples: SampleDatabase) -> None:
        self._samples = samples
        self._batch = next(samples.learn_batches(BATCH_SIZE, seed=0, epoch=1))

    def counts(self, role: int) -> np.ndarray:
        """Samples of each class in a role."""
        return self._samples.counts(role)

    def learn_batches(self, batch_size: int, seed: int, epoch: int) -> Iterator[Batch]:  # noqa: ARG002
        """The same batch again and again."""
        return (self._batch for _ in range((SAMPLES - VALIDATION) // batch_size))

    def validation_batches(self, batch_size: int) -> Iterator[Batch]:
        """All validation samples."""
        return self._samples.validation_batches(batch_size)


def bench_training() -> dict[str, float]:
    """Samples a second, of workload W's network on one thread."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path = write_samples(Path(folder), SAMPLES)
        full = stack.enter_context(open_samples(path, "full"))
        stream = stack.enter_context(open_samples(path, "stream"))
        about = statistics(series_values(4096))
        candidates: dict[str, Any] = {"one batch": OneBatch(full), "full": full, "stream": stream}
        times = interleave({name: one_epoch(samples, about) for name, samples in candidates.items()}, ROUNDS)
    paired = zip(times["full"].seconds, times["stream"].seconds, strict=True)
    return {
        "train_full_vs_onebatch": times["one batch"].best / times["full"].best,
        "train_stream_vs_full": averages.median(in_memory / streamed for in_memory, streamed in paired),
    }


def one_epoch(samples: Any, about: dict[str, Any]) -> Callable[[], None]:
    """One more epoch of a network of its own."""
    torch.manual_seed(0)
    network = build_network("MLPClassifier", None, {}, inputs=INPUTS, classes=CLASSES, statistics=about)
    state = TrainingState(network, torch.optim.Adam(network.parameters(), lr=1e-4))
    recipe = Recipe(
        BATCH_SIZE, 0, 0, np.ones(len(CLASSES)), np.full(len(CLASSES), 1 / len(CLASSES)), torch.device("cpu")
    )

    def run() -> None:
        fit(state, samples, replace(recipe, epochs=state.epoch + 1), lambda _state, _rate: None)

    return run


def bench_memory() -> dict[str, float]:
    """Peak memory, in GB, of a process that trains an epoch on ten million streamed samples."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_samples(Path(folder), MANY_SAMPLES, whole=False)
        start = time.perf_counter()
        peak = subprocess.run(
            [sys.executable, Path(__file__).parent / "training_peak.py", path],
            check=True,
            capture_output=True,
            text=True,
        )
        print(f"    an epoch of {MANY_SAMPLES:,} samples in {time.perf_counter() - start:.0f} s", flush=True)
    return {"peak_rss_train_stream": int(peak.stdout) * 1024 / 1e9}


def write_samples(folder: Path, samples: int, *, whole: bool = True) -> Path:
    """Write a sample database as the workflow does; a learn part and a small validation part.

    If it is not `whole`, values of series stay unwritten; they are read as zeros and take no space on the disk.
    """
    path = folder / "samples.nc"
    rng = np.random.default_rng(0)
    role = np.full(samples, ROLES["learn"])
    role[rng.choice(samples, VALIDATION, replace=False)] = ROLES["validation"]
    attributes = {"inputs": json.dumps(INPUTS), "classes": json.dumps(CLASSES)}
    with create_netcdf(path, attributes) as dataset:
        series = define_inputs(dataset, INPUTS, samples)["sentinel2"]
        if whole:
            series[:] = series_values(samples)
        for name, values in (("label", rng.choice(CLASSES, samples)), ("role", role)):
            dataset.createVariable(name, "i4", (SAMPLE,), fill_value=False)[:] = values
    return path
