"""One small tile with a series, a static raster and a model, larger than a block in both directions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tilefold.grids.grid import Grid
from tilefold.networks.registry import build_network
from tilefold.storage.rasters import create_raster
from tilefold.training.model_file import write_model_file

CODES = [3, 5, 11, 40]
INPUTS: dict[str, Any] = {
    "sentinel2": {
        "kind": "series",
        "bands": ["B4", "B8", "B11"],
        "dates": ["2018-01-01", "2018-01-11", "2018-01-21", "2018-01-31"],
        "scale": 1e-4,
        "offset": 0.0,
        "features": ["ndvi", "ndwi", "brightness"],
        "aliases": {"red": "B4", "nir": "B8", "swir": "B11"},
    },
    "dem": {"kind": "static", "bands": 1},
}
GRID = Grid("EPSG:32631", (10.0, 0.0, 500000.0, 0.0, -10.0, 4800000.0), 300, 270)


@dataclass(frozen=True)
class Tile:
    """Arrays of the tile and the files that hold them."""

    series: np.ndarray  # int16 (rows, columns, dates, bands)
    clear: np.ndarray  # uint16 (rows, columns)
    dem: np.ndarray  # float32 (rows, columns)
    paths: dict[str, Path]
    weights: dict[str, np.ndarray]
    statistics: dict[str, Any]

    @property
    def inputs(self) -> list[dict[str, Path]]:
        """Models, series, clear dates and static rasters, as the stage functions take them."""
        return [
            {"all": self.paths["model"]},
            {"sentinel2": self.paths["series"]},
            {"sentinel2": self.paths["clear"]},
            {"dem": self.paths["dem"]},
        ]

    def write_model(self, path: Path, weights: dict[str, np.ndarray]) -> None:
        description = {
            "network": {"name": "MLPClassifier", "module": None, "parameters": {}},
            "inputs": INPUTS,
            "classes": CODES,
            "not_learnt": [11],
            "statistics": self.statistics,
        }
        write_model_file(path, weights, description)

    def settings(self, **changes: Any) -> dict[str, Any]:
        return {
            "fold": "all",
            "seed": 0,
            "tile": "T31TCJ",
            "grid": GRID.to_dict(),
            "chunk": 0,
            "number_of_chunks": 1,
            "codes": CODES,
            "nodata": 0,
            "fallback": None,
            "dtype": "uint8",
            "confidence_type": "uint8",
            "batch_rows": 512,
            "compute_threads": 1,
            "device": "cpu",
            "held_out": [],
            "scheme": {"kind": "tiles"},
            "max_test_pixels": None,
        } | changes


@pytest.fixture(scope="session")
def tile(tmp_path_factory: pytest.TempPathFactory) -> Tile:
    folder = tmp_path_factory.mktemp("tile")
    rng = np.random.default_rng(5)
    series = rng.integers(1, 10001, (*GRID.shape, 4, 3)).astype(np.int16)
    clear = rng.integers(0, 6, GRID.shape).astype(np.uint16)
    series[clear == 0] = -32768
    dem = rng.normal(300, 100, GRID.shape).astype(np.float32)
    dem[10:20, 30:50] = np.nan
    paths = {name: folder / f"{name}.tif" for name in ("series", "clear", "dem")}
    paths["model"] = folder / "model.safetensors"
    spec = INPUTS["sentinel2"]
    names = [f"{band}_{date.replace('-', '')}" for date in spec["dates"] for band in spec["bands"]]
    with create_raster(
        paths["series"], GRID, dtype="int16", nodata=-32768, descriptions=names, tags={}
    ) as raster:
        raster.write(series.transpose(2, 3, 0, 1).reshape(12, *GRID.shape))
    with create_raster(
        paths["clear"], GRID, dtype="uint16", nodata=None, descriptions=["clear_dates"], tags={}
    ) as raster:
        raster.write(clear, 1)
    with create_raster(
        paths["dem"], GRID, dtype="float32", nodata=np.nan, descriptions=["dem"], tags={}
    ) as raster:
        raster.write(dem, 1)

    statistics = {
        "sentinel2": {key: rng.uniform(0.1, 0.9, 24).tolist() for key in ("mean", "var", "min", "max")},
        "dem": {"mean": [300.0], "var": [10000.0], "min": [0.0], "max": [900.0]},
    }
    torch.manual_seed(1)
    network = build_network("MLPClassifier", None, {}, inputs=INPUTS, classes=CODES, statistics=statistics)
    # Larger weights than fresh ones, so that classes and confidences are spread.
    weights = {name: value.numpy() * 3 for name, value in network.state_dict().items()}
    result = Tile(series, clear, dem, paths, weights, statistics)
    result.write_model(paths["model"], weights)
    return result
