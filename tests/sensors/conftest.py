"""Small products made in code."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from tilefold.grids.grid import Grid
from tilefold.sensors.catalogue import SENSORS

TILE = "T31TCJ"
NAME = "SENTINEL2A_20180511-105031-461_L2A_T31TCJ_C_V1-0"
ORIGIN = (300000.0, 4800000.0)
SIDE = 60


def write_raster(
    path: Path, values: np.ndarray, size: float, *, origin: tuple[float, float] = ORIGIN, **options: Any
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {"crs": "EPSG:32631", "transform": Affine(size, 0, origin[0], 0, -size, origin[1]), **options}
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype=values.dtype,
        **profile,
    ) as dataset:
        dataset.write(values, 1)


@pytest.fixture
def raster_writer() -> Callable[..., None]:
    return write_raster


@pytest.fixture
def grid() -> Grid:
    """Grid of the 10 m bands of the Theia product."""
    return Grid("EPSG:32631", (10.0, 0.0, ORIGIN[0], 0.0, -10.0, ORIGIN[1]), SIDE, SIDE)


@pytest.fixture
def theia() -> dict[str, Any]:
    """Description of the sensor."""
    return dict(SENSORS["sentinel2"])


@pytest.fixture
def make_theia() -> Callable[..., Path]:
    """Function that writes a product into a sensor's folder: smooth bands, all pixels clear."""

    def make(root: Path, name: str = NAME, seed: int = 0) -> Path:
        folder = root / TILE / name
        rng = np.random.default_rng(seed)
        for band, size in SENSORS["sentinel2"]["resolutions"].items():
            side = SIDE * 10 // size
            y, x = np.mgrid[:side, :side] / side
            values = (
                1500 + 1000 * np.sin(5 * x + rng.random()) * np.cos(4 * y) + rng.normal(0, 60, (side, side))
            )
            write_raster(folder / f"{name}_FRE_{band}.tif", values.astype(np.int16), size)
        for mask in ("CLM", "SAT", "EDG"):
            write_raster(folder / "MASKS" / f"{name}_{mask}_R1.tif", np.zeros((SIDE, SIDE), np.uint8), 10)
        (folder / f"{name}_MTD_ALL.xml").write_text("<metadata/>")
        return folder

    return make


@pytest.fixture
def slovenia() -> Path:
    """Folder of the real tiles."""
    default = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("TILEFOLD_TEST_DATA", default)) / "slovenia_s2" / "tiles"
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; set TILEFOLD_TEST_DATA")
    return folder


@pytest.fixture
def generic() -> dict[str, Any]:
    """Description of the real tiles' sensor, as the configuration gives it."""
    return {
        "reader": "generic",
        "bands": ["NDVI"],
        "band_path": "{tile}/{date}/{tile}_{date}_{band}.tif",
        "mask_path": "{tile}/{date}/{tile}_{date}_CLOUD.tif",
        "mask_valid": [0],
        "date_format": "%Y%m%d",
        "nodata": -10000,
        "scale": 1e-4,
        "offset": 0.0,
        "aliases": {},
        "features": [],
    }
