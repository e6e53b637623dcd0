"""Classification of a tile from file to file, against what bounds it, against random forests, and its memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import rasterio
import torch
from numpy.typing import NDArray
from rounds import interleave
from sklearn.ensemble import RandomForestClassifier
from tile_job import WHOLE_SIZE, settings, tile_grid
from workload import BANDS, CLASSES, DATES, INPUTS, phenology, statistics

from tilefold.grids.windows import blocks, whole
from tilefold.inference.chunks import classify_chunk
from tilefold.inference.model import load_network
from tilefold.networks.registry import build_network
from tilefold.series.features import tensor
from tilefold.series.layout import CLEAR_DATES, series_descriptions
from tilefold.storage.rasters import BLOCK, create_raster
from tilefold.training.model_file import write_model_file

SIZE, PARCEL = 1024, 16
#: Rows and columns that OTB classifies besides, for the time that it takes to start.
SMALL = 64
SAMPLES, TREES, DEPTH = 10_000, 100, 25
LAYERS = (481, 240, 69, 69, 23)
BOUND_ROWS = (1024, 4096)
ROUNDS = 4


def bench_classification() -> dict[str, float]:
    """Pixels a second of the job over the slower of decoding and multiplying, and over random forests'."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        scene = Scene(Path(name))
        candidates: dict[str, Callable[[], object]] = {
            "decoding": scene.decode,
            **{f"multiplying, {rows} rows": _products(rows) for rows in BOUND_ROWS},
            "classification": scene.classify,
            "scikit-learn": scene.forest(),
        }
        otb = scene.otb()
        if otb:
            candidates |= {"OTB": lambda: otb(scene.series), "OTB, starting": lambda: otb(scene.small)}
        else:
            print("    SKIPPED classify_vs_otb_rf: no otbcli_ImageClassifier; install otb-bin", flush=True)
        times = {name: found.best for name, found in interleave(candidates, ROUNDS).items()}
        print(f"    right: {', '.join(f'{k} {v:.3f}' for k, v in scene.accuracies().items())}", flush=True)
    multiplying = min(seconds for name, seconds in times.items() if name.startswith("multiplying"))
    ours = times["classification"]
    forest = times["scikit-learn"] * SIZE**2 / SAMPLES
    results = {
        "classify_vs_bound": max(multiplying, times["decoding"]) / ours,
        "classify_vs_sklearn_rf": forest / ours,
    }
    if otb:
        results["classify_vs_otb_rf"] = (times["OTB"] - times["OTB, starting"]) / ours
    return results


def bench_classification_memory() -> dict[str, float]:
    """Peak memory, in GB, of a process that classifies a whole tile with all products."""
    with tempfile.TemporaryDirectory() as folder:
        write_sparse(Path(folder))
        start = time.perf_counter()
        peak = subprocess.run(
            [sys.executable, Path(__file__).parent / "classify_peak.py", folder],
            check=True,
            capture_output=True,
            text=True,
        )
        print(f"    {WHOLE_SIZE} x {WHOLE_SIZE} pixels in {time.perf_counter() - start:.0f} s", flush=True)
    return {"peak_rss_classify": int(peak.stdout.splitlines()[-1]) * 1024 / 1e9}


class Scene:
    """A tile of parcels in a file, a network and forests that were trained on the same of its pixels."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.series, self.clear, self.small = (
            folder / f"{name}.tif" for name in ("series", "clear", "small")
        )
        rng = np.random.default_rng(0)
        side = SIZE // PARCEL
        parcels = rng.choice(CLASSES, (side, side)).astype(np.uint8)
        self.truth = parcels.repeat(PARCEL, 0).repeat(PARCEL, 1)
        looks = phenology(rng, 10 * np.arange(len(DATES)), len(CLASSES)).reshape(-1, len(CLASSES))
        own = rng.normal(0, 250, (len(looks), side * side)).astype(np.float32)
        where = np.arange(side * side).reshape(side, side).repeat(PARCEL, 0).repeat(PARCEL, 1)
        names = series_descriptions(BANDS, DATES)
        values = np.empty((len(looks), SIZE, SIZE), np.int16)
        for band, look in enumerate(looks):
            values[band] = look[self.truth - 1] + own[band][where] + rng.normal(0, 300, self.truth.shape)
        for path, content, nodata, described in (
            (self.series, values, -32768, names),
            (self.small, values[:, :SMALL, :SMALL], -32768, names),
            (self.clear, np.full((1, SIZE, SIZE), 9, np.uint16), None, [CLEAR_DATES]),
        ):
            with create_raster(
                path,
                tile_grid(content.shape[1]),
                dtype=content.dtype.name,
                nodata=nodata,
                descriptions=described,
                tags={},
            ) as raster:
                raster.write(content)
        chosen = rng.choice(SIZE * SIZE, 2 * SAMPLES, replace=False)
        taken = values.reshape(len(looks), -1)[:, chosen].T.reshape(-1, len(DATES), len(BANDS))
        codes = self.truth.ravel()[chosen]
        self.learn, self.test = (taken[:SAMPLES], codes[:SAMPLES]), (taken[SAMPLES:], codes[SAMPLES:])
        self.model = train(folder / "model.safetensors", *self.learn)

    def decode(self) -> None:
        """Read the series block by block, as they are stored."""
        with rasterio.open(self.series) as raster:
            for block in blocks(whole(SIZE, SIZE), BLOCK):
                raster.read(window=block.to_ranges())

    def classify(self) -> None:
        """Classify the tile as the workflow does, labels and confidence."""
        classify_chunk(
            {"all": self.model},
            {"sentinel2": self.series},
            {"sentinel2": self.clear},
            {},
            settings(SIZE),
            labels=self.folder / "labels.tif",
            confidence=self.folder / "confidence.tif",
        )

    def forest(self) -> Callable[[], object]:
        """Prediction of as many test pixels as there are samples, features included."""
        inputs = INPUTS["sentinel2"]
        model = RandomForestClassifier(TREES, max_depth=DEPTH, n_jobs=1, random_state=0)
        model.fit(tensor(self.learn[0], inputs).reshape(SAMPLES, -1), self.learn[1])

        def predict() -> None:
            self.by_forest = model.predict(tensor(self.test[0], inputs).reshape(SAMPLES, -1))

        return predict

    def otb(self) -> Callable[[Path], object] | None:
        """Classification by OTB's forest, trained on the same pixels' bands; None without OTB."""
        if shutil.which("otbcli_ImageClassifier") is None:
            return None
        fields = {f"b{place}": column for place, column in enumerate(self.learn[0].reshape(SAMPLES, -1).T)}
        samples = self.folder / "samples.sqlite"
        points = geopandas.points_from_xy(np.arange(SAMPLES), np.zeros(SAMPLES), crs="EPSG:32631")
        frame = geopandas.GeoDataFrame({"code": self.learn[1].astype(int), **fields}, geometry=points)
        frame.to_file(samples, driver="SQLite", layer="samples")
        model = self.folder / "model.rf"
        run_otb(
            *("TrainVectorClassifier", "-io.vd", samples, "-io.out", model, "-cfield", "code"),
            *("-feat", *fields, "-classifier", "rf", "-classifier.rf.nbtrees", TREES),
            *("-classifier.rf.max", DEPTH, "-classifier.rf.acc", 0),
        )

        def classify(source: Path) -> None:
            target = self.folder / f"{source.stem}_otb.tif"
            run_otb("ImageClassifier", "-in", source, "-model", model, "-out", target, "uint8", "-ram", 1000)

        return classify

    def accuracies(self) -> dict[str, float]:
        """Share of right pixels: of the tile, of the test pixels for scikit-learn."""
        found = {"scikit-learn": float((self.by_forest == self.test[1]).mean())}
        for name, path in (("network", "labels.tif"), ("OTB", "series_otb.tif")):
            if (self.folder / path).exists():
                with rasterio.open(self.folder / path) as raster:
                    found[name] = float((raster.read(1) == self.truth).mean())
        return found


def run_otb(application: str, *words: object) -> None:
    """Run an application of OTB with one thread."""
    environment = {**os.environ, "OTB_LOGGER_LEVEL": "ERROR", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1"}
    command = [f"otbcli_{application}", *map(str, words)]
    subprocess.run(command, check=True, capture_output=True, env=environment)


def train(path: Path, values: NDArray[np.int16], codes: NDArray[Any], epochs: int = 10) -> Path:
    """Train the MLP of workload W on a few samples and write its model file."""
    torch.manual_seed(0)
    about = statistics(values)
    network = build_network("MLPClassifier", None, {}, inputs=INPUTS, classes=CLASSES, statistics=about)
    tensors = torch.from_numpy(tensor(values, INPUTS["sentinel2"]))
    target = torch.from_numpy(codes.astype(np.int64) - 1)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(epochs):
        for part in torch.randperm(len(codes)).split(256):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(network(sentinel2=tensors[part]), target[part]).backward()
            optimiser.step()
    description = {
        "network": {"name": "MLPClassifier", "module": None, "parameters": {}},
        "inputs": INPUTS,
        "classes": CLASSES,
        "not_learnt": [],
        "statistics": about,
    }
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    write_model_file(path, weights, description)
    load_network(path)
    return path


def _products(rows: int) -> Callable[[], None]:
    """Matrix products of the network alone, for all pixels of the tile."""
    generator = torch.Generator().manual_seed(0)
    weights = [torch.randn(out, into, generator=generator) for into, out in pairwise(LAYERS)]
    first = torch.randn(rows, LAYERS[0], generator=generator)
    buffers = [torch.empty(rows, width) for width in LAYERS[1:]]

    def run() -> None:
        for _ in range(SIZE * SIZE // rows):
            hidden = first
            for weight, buffer in zip(weights, buffers, strict=True):
                torch.mm(hidden, weight.T, out=buffer)
                hidden = buffer

    return run


def write_sparse(folder: Path) -> None:
    """Write a whole tile whose series has no blocks, clear in one corner, and a model."""
    values = np.random.default_rng(0).integers(100, 4000, (2048, len(DATES), len(BANDS))).astype(np.int16)
    train(folder / "model.safetensors", values, np.arange(2048) % len(CLASSES) + 1, epochs=1)
    for name, dtype, nodata, described in (
        ("series", "int16", -32768, series_descriptions(BANDS, DATES)),
        ("clear", "uint16", None, [CLEAR_DATES]),
    ):
        grid = tile_grid(WHOLE_SIZE)
        with rasterio.open(
            folder / f"{name}.tif",
            "w",
            driver="GTiff",
            height=grid.height,
            width=grid.width,
            count=len(described),
            dtype=dtype,
            nodata=nodata,
            crs=grid.crs,
            transform=grid.affine,
            tiled=True,
            blockxsize=BLOCK,
            blockysize=BLOCK,
            interleave="band",
            compress="ZSTD",
            sparse_ok=True,
            BIGTIFF="YES",
        ) as raster:
            raster.descriptions = tuple(described)
            if name == "clear":
                raster.write(np.full((SIZE, SIZE), 9, np.uint16), 1, window=((0, SIZE), (0, SIZE)))
