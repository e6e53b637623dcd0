"""A small tile of a generic sensor and small rasters, made in code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from tilefold.grids.grid import Grid

BANDS = ["RED", "NIR"]


def write_raster(path: Path, values: np.ndarray, transform: Affine, **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = values if values.ndim == 3 else values[None]
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=values.shape[0],
        height=values.shape[1],
        width=values.shape[2],
        dtype=values.dtype,
        transform=transform,
        **{"crs": "EPSG:32631", **options},
    ) as dataset:
        dataset.write(values)


@pytest.fixture
def raster_writer() -> Callable[..., None]:
    return write_raster


@pytest.fixture
def make_grid() -> Callable[..., Grid]:
    def make(height: int = 40, width: int = 30) -> Grid:
        return Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -10.0, 4800000.0), height, width)

    return make


@pytest.fixture
def definition() -> dict[str, Any]:
    return {
        "reader": "generic",
        "bands": BANDS,
        "band_path": "{tile}/{date}_{band}.tif",
        "mask_path": "{tile}/{date}_MASK.tif",
        "mask_valid": [0],
        "date_format": "%Y%m%d",
        "nodata": -10000,
    }


@pytest.fixture
def make_products() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Function that writes acquisitions (named by the text of their dates) and returns values and clear pixels."""

    def make(root: Path, grid: Grid, names: list[str], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        values = rng.integers(-200, 9000, (len(names), len(BANDS), *grid.shape)).astype(np.int16)
        clear = rng.random((len(names), *grid.shape)) < 0.5
        clear[:, 0, 0] = False
        for name, bands, valid in zip(names, values, clear, strict=True):
            for band, content in zip(BANDS, bands, strict=True):
                write_raster(root / "T1" / f"{name}_{band}.tif", content, grid.affine)
            write_raster(root / "T1" / f"{name}_MASK.tif", (~valid).astype(np.uint8), grid.affine)
        return values, clear

    return make


@pytest.fixture
def slovenia(real_data: Callable[[str], Path]) -> Path:
    """Folder of the real tiles."""
    return real_data("slovenia_s2/tiles")
