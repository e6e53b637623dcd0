"""Training on a GPU: what bfloat16, compiling and streaming gain or cost; skipped where there is none."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bench_training import BATCH_SIZE, SAMPLES, write_samples
from workload import CLASSES, INPUTS, series_values, statistics

from tilefold.networks.registry import build_network
from tilefold.training.compute import reproducible
from tilefold.training.database import SampleDatabase, open_samples
from tilefold.training.loop import Recipe, fit
from tilefold.training.state import TrainingState

NETWORKS = ("MLPClassifier", "LTAEClassifier", "TempCNN")
#: The first of these epochs compiles, fills caches and starts the library.
EPOCHS = 3


def bench_gpu() -> dict[str, float]:
    """Ratios of samples a second, for each network, against full memory in fp32 without compiling."""
    if not torch.cuda.is_available():
        print("    SKIPPED: there is no GPU", flush=True)
        return {}
    return compare(torch.device("cuda"), SAMPLES)


def compare(device: torch.device, number: int) -> dict[str, float]:
    """Train each network in four ways on a device."""
    ratios: dict[str, float] = {}
    about = statistics(series_values(4096))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path = write_samples(Path(folder), number)
        full, stream = (
            stack.enter_context(open_samples(path, mode, 2, device)) for mode in ("full", "stream")
        )
        for network in NETWORKS:
            plain = _best_epoch(network, full, about, device)
            ways = {
                "bf16": _best_epoch(network, full, about, device, bf16=True),
                "compiled": _best_epoch(network, full, about, device, compiled=True),
                "stream": _best_epoch(network, stream, about, device),
            }
            for way, seconds in {"fp32": plain, **ways}.items():
                print(f"    {network}, {way}: {number / seconds:,.0f} samples/s", flush=True)
            ratios |= {f"gpu_{network}_{way}_vs_fp32": plain / seconds for way, seconds in ways.items()}
    return ratios


def _best_epoch(
    name: str,
    samples: SampleDatabase,
    about: dict[str, Any],
    device: torch.device,
    *,
    bf16: bool = False,
    compiled: bool = False,
) -> float:
    """Seconds of the fastest of some epochs."""
    torch.manual_seed(0)
    classes = len(CLASSES)
    with reproducible(1, device):
        network = build_network(name, None, {}, inputs=INPUTS, classes=CLASSES, statistics=about).to(device)
        if compiled:
            network.compile()
        state = TrainingState(network, torch.optim.Adam(network.parameters(), lr=1e-4))
        recipe = Recipe(BATCH_SIZE, 0, 0, np.ones(classes), np.full(classes, 1 / classes), device, bf16=bf16)
        times = []
        for _ in range(EPOCHS):
            start = time.perf_counter()
            fit(state, samples, replace(recipe, epochs=state.epoch + 1), lambda _state, _rate: None)
            times.append(time.perf_counter() - start)
    return min(times)
