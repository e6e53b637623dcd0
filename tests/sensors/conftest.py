"""Small products made in code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.enums import Resampling
from rasterio.warp import reproject

from tilefold.grids.grid import Grid
from tilefold.sensors.alignment import source_steps
from tilefold.sensors.catalogue import SENSORS

TILE = "T31TCJ"
NAME = "SENTINEL2A_20180511-105031-461_L2A_T31TCJ_C_V1-0"
ORIGIN = (300000.0, 4800000.0)
SIDE = 60


def write_raster(
    path: Path, values: np.ndarray, size: float, *, origin: tuple[float, float] = ORIGIN, **options: Any
) -> None:
    """Write (rows, columns) or (bands, rows, columns)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = values if values.ndim == 3 else values[None]
    profile = {
        "driver": "GTiff",
        "crs": "EPSG:32631",
        "transform": Affine(size, 0, origin[0], 0, -size, origin[1]),
        **options,
    }
    with rasterio.open(
        path,
        "w",
        count=values.shape[0],
        height=values.shape[1],
        width=values.shape[2],
        dtype=values.dtype,
        **profile,
    ) as dataset:
        dataset.write(values)


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
def by_gdal() -> Callable[..., np.ndarray]:
    """Function that puts an array on a grid by GDAL's warper."""

    def warp(
        values: np.ndarray,
        size: float,
        grid: Grid,
        *,
        nodata: float | None,
        resampling: str = "cubic",
        origin: tuple[float, float] = ORIGIN,
        crs: str = "EPSG:32631",
    ) -> np.ndarray:
        out = np.full(grid.shape, 0 if nodata is None else nodata, values.dtype)
        source = Grid(crs, (size, 0.0, origin[0], 0.0, -size, origin[1]), *values.shape)
        scales = [min(1 / step, 1) for step in source_steps(source, grid)]
        reproject(
            values,
            out,
            src_transform=Affine(size, 0, origin[0], 0, -size, origin[1]),
            src_crs=crs,
            src_nodata=nodata,
            dst_transform=grid.affine,
            dst_crs=grid.crs,
            dst_nodata=nodata,
            resampling=Resampling[resampling],
            tolerance=0,
            XSCALE=scales[0],
            YSCALE=scales[1],
        )
        return out

    return warp


@pytest.fixture
def untouched() -> Callable[..., np.ndarray]:
    """Function that says which pixels of a grid touch usable source pixels alone, by areas of overlap."""

    def find(usable: np.ndarray, size: float, grid: Grid, origin: tuple[float, float] = ORIGIN) -> np.ndarray:
        left, _, _, top = grid.bounds
        step = grid.resolution[0]
        found = np.zeros(grid.shape, bool)
        for row in range(grid.height):
            first_row = int((origin[1] - top + row * step) // size)
            last_row = int(-(-(origin[1] - top + (row + 1) * step) // size))
            for col in range(grid.width):
                first_col = int((left - origin[0] + col * step) // size)
                last_col = int(-(-(left - origin[0] + (col + 1) * step) // size))
                inside = first_row >= 0 and first_col >= 0
                inside &= last_row <= usable.shape[0] and last_col <= usable.shape[1]
                found[row, col] = inside and usable[first_row:last_row, first_col:last_col].all()
        return found

    return find


@pytest.fixture
def slovenia(real_data: Callable[[str], Path]) -> Path:
    """Folder of the real tiles."""
    return real_data("slovenia_s2/tiles")


@pytest.fixture
def theia_landsat8(real_data: Callable[[str], Path]) -> Path:
    """Folder of the real Landsat 8 tiles."""
    return real_data("theia_landsat8")


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
