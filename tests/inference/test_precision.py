"""Prediction with bfloat16: what it changes, and who decides on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
import torch
from netCDF4 import Dataset

from tilefold.inference import precision
from tilefold.inference.chunks import classify_chunk
from tilefold.inference.merge import merge_chunks
from tilefold.inference.model import load_model
from tilefold.inference.precision import compare_precisions, has_bf16, read_precisions
from tilefold.networks.inputs import shapes
from tilefold.training.database import LEARN, VALIDATION
from tilefold.training.model_file import read_model_description, write_model_file


@pytest.fixture(scope="module")
def samples(tile: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half of the tile's first pixels to learn, half to validate."""
    path = tmp_path_factory.mktemp("samples") / "samples.nc"
    series, dem = tile.series.reshape(-1, 4, 3)[:4000], tile.dem.reshape(-1, 1)[:4000]
    with Dataset(path, "w") as dataset:
        for name, size in (("sample", 4000), ("date", 4), ("band", 3), ("one", 1)):
            dataset.createDimension(name, size)
        dataset.createVariable("sentinel2", "i2", ("sample", "date", "band"))[:] = series
        dataset.createVariable("dem", "f4", ("sample", "one"))[:] = dem
        dataset.createVariable("role", "i1", ("sample",))[:] = np.where(
            np.arange(4000) % 2, LEARN, VALIDATION
        )
        dataset.createVariable("label", "i4", ("sample",))[:] = 3
    return path


def tensors(model: Path) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    found = shapes(read_model_description(model)["inputs"])
    return {name: rng.uniform(0.05, 1, (3000, *shape)).astype(np.float32) for name, shape in found.items()}


def test_probabilities_move_a_little_and_sum_to_1(tile: Any) -> None:
    given = tensors(tile.paths["model"])
    exact, fast = (
        load_model(tile.paths["model"], device="cpu", batch_rows=512, precision=name).predict(given)
        for name in ("fp32", "bf16")
    )
    assert fast.dtype == np.float32
    np.testing.assert_allclose(fast.sum(axis=1), 1, rtol=1e-5)
    assert 1e-4 < np.abs(exact - fast).max() < 0.1
    assert (exact.argmax(axis=1) == fast.argmax(axis=1)).mean() > 0.98


@pytest.mark.parametrize(
    ("able", "limit", "chosen"), [(True, 0.9, "bf16"), (True, 1.0, "fp32"), (False, 0.9, "fp32")]
)
def test_labels_of_validation_samples_decide(
    tile: Any,
    samples: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    able: bool,
    limit: float,
    chosen: str,
) -> None:
    monkeypatch.setattr(precision, "has_bf16", lambda _: able)
    monkeypatch.setattr(precision, "AGREEMENT", limit)
    nothing = tmp_path / "nothing.safetensors"
    write_model_file(
        nothing, {}, {**read_model_description(tile.paths["model"]), "untrained": "no learn sample"}
    )
    compare_precisions(
        {"east": tile.paths["model"], "west": nothing},
        {"east": samples, "west": samples},
        tile.settings(),
        compared=tmp_path / "precision.csv",
    )
    table = pd.read_csv(tmp_path / "precision.csv").set_index("region")
    assert table.loc["east", "samples"] == (2000 if able else 0)
    assert table.loc["west", "samples"] == 0
    assert read_precisions(tmp_path / "precision.csv") == {"east": chosen, "west": "fp32"}
    if able:
        assert 0.9 < table.loc["east", "agreement"] <= 1
    assert read_precisions(None) == {}


def test_the_limit_is_what_the_docs_say() -> None:
    assert precision.AGREEMENT == 0.999


def classify(tile: Any, folder: Path, chunks: int, table: Path | None = None, **changes: Any) -> bytes:
    parts = []
    for chunk in range(chunks):
        parts.append(folder / f"{chunk}_{chunks}.tif")
        settings = tile.settings(chunk=chunk, number_of_chunks=chunks, **changes)
        classify_chunk(*tile.inputs, settings, precision=table, probabilities=parts[-1])
    target = folder / f"merged_{chunks}.tif"
    merge_chunks(parts, tile.settings(number_of_chunks=chunks), merged=target)
    with rasterio.open(target) as raster:
        return raster.read().tobytes()


def test_chunks_take_the_precision_of_the_table(tile: Any, tmp_path: Path) -> None:
    table = tmp_path / "precision.csv"
    table.write_text("region,samples,agreement,device_has_bf16,precision\nall,9,1.0,True,bf16\n")
    exact = classify(tile, tmp_path, 1)
    fast = classify(tile, tmp_path, 1, precision="bf16")
    assert exact != fast
    assert classify(tile, tmp_path, 1, table, precision="auto") == fast
    assert classify(tile, tmp_path, 7, table, precision="auto") == fast


def test_a_processor_says_what_it_has() -> None:
    flags = Path("/proc/cpuinfo")
    if not flags.exists():
        pytest.skip("no /proc/cpuinfo")
    assert has_bf16(torch.device("cpu")) == ("avx512_bf16" in flags.read_text())
