"""Prediction, from int16 in memory to labels, against the rate of the network's matrix products alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from rounds import interleave
from workload import CLASSES, INPUTS, series_values, statistics

from tilefold.inference.model import load_model
from tilefold.inference.pixels import classify_pixels
from tilefold.networks.registry import build_network
from tilefold.series.features import tensor
from tilefold.training.model_file import write_model_file

PIXELS = 65536
PIXELS_LTAE = 4096
#: Widths of the network of workload W.
LAYERS = (481, 240, 69, 69, 23)
#: The bound is the best over these: none is known beforehand to be the fastest.
BOUND_ROWS = (512, 1024, 2048, 4096)
BATCH_ROWS = (2048, 4096)
ROUNDS = 21


def bench_prediction() -> dict[str, float]:
    """Pixels a second over the bound, for the better of two batch sizes."""
    torch.set_num_threads(1)
    values = _as_read(series_values(PIXELS))
    candidates = {f"bound, {rows} rows": _products(rows) for rows in BOUND_ROWS}
    with tempfile.TemporaryDirectory() as folder:
        model = _write_model(Path(folder), values[:4096])
        candidates |= {f"prediction, {rows} rows": _prediction(model, values, rows) for rows in BATCH_ROWS}
        times = interleave(candidates, ROUNDS)
    bound = min(found.best for name, found in times.items() if name.startswith("bound"))
    ours = min(found.best for name, found in times.items() if name.startswith("prediction"))
    print(
        f"    bound {PIXELS / bound / 1000:.0f} k pixels/s, prediction {PIXELS / ours / 1000:.0f} k pixels/s"
    )
    return {"predict_vs_bound": bound / ours}


def bench_ltae() -> dict[str, float]:
    """Speed of the L-TAE in the form that predicts, over the network as it is trained, on the same samples."""
    torch.set_num_threads(1)
    values = _as_read(series_values(PIXELS_LTAE))
    network = build_network(
        "LTAEClassifier", None, {}, inputs=INPUTS, classes=CLASSES, statistics=statistics(values)
    ).eval()
    folded = network.for_prediction()
    plain = torch.from_numpy(tensor(values, INPUTS["sentinel2"]))
    by_component = plain.movedim(0, -1).contiguous().movedim(-1, 0)
    with torch.inference_mode():
        same = network(sentinel2=plain).argmax(1) == folded(sentinel2=by_component).argmax(1)
        if same.double().mean() < 0.999:
            raise ValueError(f"labels agree on {same.double().mean():.4%} of the samples, expected 99.9 %")
        times = interleave(
            {"plain": lambda: network(sentinel2=plain), "folded": lambda: folded(sentinel2=by_component)},
            ROUNDS,
        )
    return {"ltae_vs_plain": times["plain"].best / times["folded"].best}


def _as_read(values: np.ndarray) -> np.ndarray:
    """Series (pixels, dates, bands) in the layout that rasters are read in: each band of a date by itself."""
    return np.ascontiguousarray(values.transpose(1, 2, 0)).transpose(2, 0, 1)


def _products(rows: int) -> Callable[[], None]:
    generator = torch.Generator().manual_seed(0)
    weights = [torch.randn(out, into, generator=generator) for into, out in pairwise(LAYERS)]
    first = torch.randn(rows, LAYERS[0], generator=generator)
    buffers = [torch.empty(rows, width) for width in LAYERS[1:]]

    def run() -> None:
        for _ in range(PIXELS // rows):
            hidden = first
            for weight, buffer in zip(weights, buffers, strict=True):
                torch.mm(hidden, weight.T, out=buffer)
                hidden = buffer

    return run


def _prediction(model: Path, values: np.ndarray, rows: int) -> Callable[[], object]:
    predictor = load_model(model, device="cpu", batch_rows=rows, compute_threads=1)
    clear = np.ones(PIXELS, np.uint16)

    def run() -> object:
        return classify_pixels(
            predictor, {"sentinel2": values}, clear, nodata=0, rows=rows, place="benchmark"
        )

    return run


def _write_model(folder: Path, values: np.ndarray) -> Path:
    torch.manual_seed(0)
    about = statistics(values)
    network = build_network("MLPClassifier", None, {}, inputs=INPUTS, classes=CLASSES, statistics=about)
    path = folder / "model.safetensors"
    description = {
        "network": {"name": "MLPClassifier", "module": None, "parameters": {}},
        "inputs": INPUTS,
        "classes": CLASSES,
        "not_learnt": [],
        "statistics": about,
    }
    write_model_file(path, {name: value.numpy() for name, value in network.state_dict().items()}, description)
    return path
