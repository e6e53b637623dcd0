"""The comparison with a random forest, against scikit-learn called by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from netCDF4 import Dataset
from sklearn.ensemble import RandomForestClassifier

from tilefold.grids.grid import Grid
from tilefold.storage.rasters import create_raster
from tilefold.validation.demo_comparison import TruthTile, compare_with_forest

INPUTS = {
    "s2": {
        "kind": "series",
        "bands": ["B4", "B8"],
        "dates": ["2020-01-01", "2020-01-11"],
        "scale": 1e-4,
        "offset": 0.0,
        "features": [],
        "aliases": {},
    }
}
#: Two tiles of 40 x 40 pixels that overlap by 20 columns: each owns the outer 20 and half of the overlap.
GRIDS = {
    "A": Grid("EPSG:32631", (10.0, 0.0, 0.0, 0.0, -10.0, 400.0), 40, 40),
    "B": Grid("EPSG:32631", (10.0, 0.0, 200.0, 0.0, -10.0, 400.0), 40, 40),
}


def signal(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Stored values (n, 2, 2) around a level that belongs to the class; a few series have lost a date."""
    values = (codes * 1000)[:, None, None] + rng.normal(0, 900, (codes.size, 2, 2))
    values = values.astype(np.int16)
    values[rng.random(codes.size) < 0.05, 1] = -32768
    return values


def write_samples(path: Path, values: np.ndarray, labels: np.ndarray | None) -> None:
    with Dataset(path, "w") as dataset:
        for name, size in (("sample", len(values)), ("s2_date", 2), ("s2_band", 2)):
            dataset.createDimension(name, size)
        dataset.createVariable("s2", "i2", ("sample", "s2_date", "s2_band"), fill_value=False)[:] = values
        if labels is not None:
            dataset.inputs = json.dumps(INPUTS)
            dataset.createVariable("label", "i4", ("sample",), fill_value=False)[:] = labels


def features(values: np.ndarray, means: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    flat = np.where(values == -32768, np.nan, values.astype(np.float32) * np.float32(1e-4)).reshape(-1, 4)
    means = np.nanmean(flat.astype(np.float64), axis=0) if means is None else means
    return np.where(np.isnan(flat), means, flat).astype(np.float32), means


@pytest.fixture
def run(tmp_path: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    labels = rng.choice([1, 2, 5], 600)
    values = signal(labels, rng)
    write_samples(tmp_path / "samples.nc", values, labels)
    by_hand = RandomForestClassifier(100, random_state=0)
    training, means = features(values)
    by_hand.fit(training, labels)
    return {"folder": tmp_path, "forest": by_hand, "means": means, "rng": rng}


def write_pool(run: dict[str, Any], tile: str, pixels: int) -> tuple[pd.DataFrame, np.ndarray]:
    codes = run["rng"].choice([1, 2, 5], pixels)
    values = signal(codes, run["rng"])
    write_samples(run["folder"] / f"{tile}.nc", values, None)
    rows = np.sort(run["rng"].choice(pixels, pixels // 2, replace=False))
    predicted = run["rng"].choice([0, 1, 2, 5], rows.size)
    table = pd.DataFrame({"tile": tile, "pool_row": rows, "code": codes[rows], "predicted": predicted})
    return table, values[rows]


def test_test_pixels_are_scored_as_by_hand(run: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tilefold.storage.samples.SAMPLES_PER_READ", 100)
    parts = [write_pool(run, tile, 350) for tile in ("A", "B")]
    predicted = pd.concat([table for table, _ in parts], ignore_index=True)
    values = np.concatenate([stored for _, stored in parts])
    folder = run["folder"]
    predicted.to_parquet(folder / "predicted.parquet")
    found = compare_with_forest(
        folder / "samples.nc",
        {tile: folder / f"{tile}.nc" for tile in ("A", "B")},
        folder / "predicted.parquet",
        table=folder / "baseline.csv",
        nodata=0,
        best_possible={"test": 0.9},
    )
    known = predicted["predicted"].to_numpy() != 0
    code = predicted["code"].to_numpy()[known]
    forest = run["forest"].predict(features(values[known], run["means"])[0])
    assert found["model"].tolist() == ["network", "random forest", "best rule"]
    assert found["pixels"].tolist() == ["test"] * 3
    assert found["oa"].tolist() == [
        np.mean(predicted["predicted"].to_numpy()[known] == code),
        np.mean(forest == code),
        0.9,
    ]
    assert 0.5 < found["oa"][1] < 1
    assert found["n_pixels"].tolist()[:2] == [known.sum()] * 2
    written = pd.read_csv(folder / "baseline.csv")
    assert written["oa"].tolist() == found["oa"].tolist()


def test_truth_is_scored_on_owned_and_classified_pixels(run: dict[str, Any]) -> None:
    folder, rng = run["folder"], run["rng"]
    table, _ = write_pool(run, "A", 50)
    table.to_parquet(folder / "predicted.parquet")
    tiles, right, total = {}, [0, 0], 0
    for number, (tile, grid) in enumerate(GRIDS.items()):
        codes = rng.choice([1, 2, 5], 1600)
        stored, labels = signal(codes, rng), rng.choice([0, 1, 2, 5], 1600)
        tiles[tile] = write_truth(folder, tile, grid, codes, stored, labels)
        owned = np.zeros((40, 40), bool)
        owned[:, :30] = number == 0
        owned[:, 10:] |= number == 1
        owned = owned.ravel() & (labels != 0)
        forest = run["forest"].predict(features(stored, run["means"])[0])
        right[0] += (labels == codes)[owned].sum()
        right[1] += (forest == codes)[owned].sum()
        total += owned.sum()
    found = compare_with_forest(
        folder / "samples.nc",
        {"A": folder / "A.nc"},
        folder / "predicted.parquet",
        table=folder / "baseline.csv",
        nodata=0,
        tiles=tiles,
        best_possible={"truth": 0.8},
    )
    truth = found[found["pixels"] == "truth"]
    assert truth["model"].tolist() == ["network", "random forest", "best rule"]
    assert truth["oa"].tolist() == [right[0] / total, right[1] / total, 0.8]
    assert truth["n_pixels"].iloc[0] == total


def write_truth(
    folder: Path, tile: str, grid: Grid, codes: np.ndarray, stored: np.ndarray, labels: np.ndarray
) -> TruthTile:
    names = ["B4_20200101", "B8_20200101", "B4_20200111", "B8_20200111"]
    rasters = {
        "truth": (codes.astype(np.uint8)[None], ["class"], 0),
        "classified": (labels.astype(np.uint8)[None], ["classification"], 0),
        "series": (stored.reshape(1600, 4).T, names, -32768),
        "clear": (np.ones((1, 1600), np.uint16), ["clear_dates"], None),
    }
    paths = {}
    for name, (values, descriptions, nodata) in rasters.items():
        paths[name] = folder / f"{tile}_{name}.tif"
        with create_raster(
            paths[name], grid, dtype=str(values.dtype), nodata=nodata, descriptions=descriptions, tags={}
        ) as raster:
            raster.write(values.reshape(-1, 40, 40))
    return TruthTile(paths["truth"], paths["classified"], {"s2": paths["series"]}, {"s2": paths["clear"]}, {})
