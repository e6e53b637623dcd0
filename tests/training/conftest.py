"""Sample databases made in code, in the format that the folds' stage writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netCDF4 import Dataset

from tilefold.series.features import tensor
from tilefold.storage.samples import SAMPLE, define_inputs

INPUTS: dict[str, dict[str, Any]] = {
    "sentinel2": {
        "kind": "series",
        "bands": ["B4", "B8", "B11"],
        "dates": ["2018-01-01", "2018-01-11", "2018-01-21", "2018-01-31"],
        "scale": 1e-4,
        "offset": 0.0,
        "features": ["ndvi", "brightness"],
        "aliases": {"red": "B4", "nir": "B8", "swir": "B11"},
    },
    "dem": {"kind": "static", "bands": 2},
}
CLASSES = [1, 3, 7, 9]
#: Pixels of each class in the reference.
AVAILABLE = [100, 200, 700, 0]
FILES = {
    "weights": "weights.safetensors",
    "history": "history.csv",
    "class_scores": "class_scores.csv",
    "confusion": "confusion.csv",
    "loss": "loss.png",
    "confusion_metrics": "confusion_metrics.png",
    "class_fscores": "class_fscores.png",
}


def simulate(samples: int, seed: int, noise: float) -> dict[str, Any]:
    """Samples of the classes 1, 3 and 7 (9 is not learnt), in polygons of 25; every fifth is validation."""
    rng = np.random.default_rng(seed)
    polygon = np.arange(samples) // 25
    label = np.array(CLASSES)[rng.integers(0, 3, polygon.max() + 1)][polygon]
    role = (polygon % 5 == 4).astype(np.int8)
    spectra = np.random.default_rng(7).uniform(500, 4000, (10, 4, 3))
    series = spectra[label] + rng.normal(0, noise, (samples, 4, 3))
    values = np.clip(np.round(series), 0, 10000).astype(np.int16)
    values[rng.random((samples, 4)) < 0.02] = -32768
    dem = rng.normal(300, 50, (samples, 2)).astype(np.float32)
    dem[rng.random((samples, 2)) < 0.05] = np.nan
    return {"sentinel2": values, "dem": dem, "label": label.astype(np.int32), "role": role}


def write_database(folder: Path, content: dict[str, Any]) -> tuple[Path, Path]:
    """Write samples.nc and statistics.json; return both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    path, statistics = folder / "samples.nc", folder / "statistics.json"
    write_rates(folder)
    with Dataset(path, "w") as dataset:
        dataset.setncatts({"inputs": json.dumps(INPUTS), "classes": json.dumps(CLASSES)})
        variables = define_inputs(dataset, INPUTS, len(content["label"]))
        for name in ("label", "role"):
            variables[name] = dataset.createVariable(name, content[name].dtype, (SAMPLE,), fill_value=False)
        for name, values in content.items():
            variables[name][:] = values
    learn = (content["role"] == 0) | (content["role"] != 0).all()
    statistics.write_text(
        json.dumps({name: known(tensor(content[name][learn], INPUTS[name])) for name in INPUTS})
    )
    return path, statistics


def write_rates(folder: Path) -> None:
    """Write the table of classes of the regions `all` and `north`."""
    lines = [
        f"{region},{code},{count}\n"
        for region in ("all", "north")
        for code, count in zip(CLASSES, AVAILABLE, strict=True)
    ]
    (folder / "rates.csv").write_text("region,code,available\n" + "".join(lines))


def known(tensors: np.ndarray) -> dict[str, list[float]]:
    """Flat date-major statistics, NaN ignored."""
    flat = tensors.reshape(len(tensors), -1).astype(np.float64)
    functions = {"mean": np.nanmean, "var": np.nanvar, "min": np.nanmin, "max": np.nanmax}
    return {name: function(flat, axis=0).tolist() for name, function in functions.items()}


@pytest.fixture
def make_database(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """Return a function that writes a simulated database into a folder of its own."""

    def make(samples: int = 3000, seed: int = 0, noise: float = 300.0, **changes: Any) -> tuple[Path, Path]:
        name = f"database_{samples}_{seed}_{len(list(tmp_path.iterdir()))}"
        return write_database(tmp_path / name, simulate(samples, seed, noise) | changes)

    return make


@pytest.fixture
def make_empty_database(tmp_path: Path) -> Callable[[], tuple[Path, Path]]:
    """Return a function that writes a database without a sample, as a region may have it."""

    def make() -> tuple[Path, Path]:
        path, statistics = tmp_path / "empty.nc", tmp_path / "empty.json"
        with Dataset(path, "w") as dataset:
            dataset.setncatts({"inputs": json.dumps(INPUTS), "classes": json.dumps(CLASSES)})
            define_inputs(dataset, INPUTS, 0)
            for name, dtype in (("label", "i4"), ("role", "i1")):
                dataset.createVariable(name, dtype, (SAMPLE,), fill_value=False)
        statistics.write_text("{}")
        write_rates(tmp_path)
        return path, statistics

    return make


@pytest.fixture
def make_settings() -> Callable[..., dict[str, Any]]:
    """Return a function that gives the settings of a training, with changes."""

    def make(**changes: Any) -> dict[str, Any]:
        return {
            "fold": "all",
            "seed": 0,
            "region": "all",
            "batch_size": 128,
            "learning_rate": 1e-3,
            "epochs": 3,
            "network": {"name": "MLPClassifier", "module": None, "parameters": {}},
            "weighted_labels": False,
            "restart_from_checkpoint": True,
            "compute_threads": 1,
            "dataloader_mode": "full",
            "num_workers": 1,
            "device": "cpu",
            "precision": "auto",
            "compile": "auto",
            "tensorboard": False,
            "optimiser": "adam",
            "label_smoothing": 0.0,
            "gradient_clipping": None,
            "adaptive_lr": None,
            "early_stop": None,
            "augmentation": None,
            "code": "0123456789abcdef",
        } | changes

    return make


@pytest.fixture
def train(tmp_path: Path) -> Callable[..., dict[str, Path]]:
    """Return a function that trains into a folder and gives the outputs' paths."""
    from tilefold.training.files import TrainingFiles
    from tilefold.training.training import train_candidate

    def run(database: tuple[Path, Path], settings: dict[str, Any], folder: str) -> dict[str, Path]:
        outputs = {name: tmp_path / folder / file for name, file in FILES.items()}
        rates, checkpoints = database[0].with_name("rates.csv"), tmp_path / folder / "checkpoints"
        files, events = TrainingFiles(**outputs), tmp_path / folder / "events"
        train_candidate(*database, rates, settings, files=files, checkpoints=checkpoints, events=events)
        return outputs

    return run
