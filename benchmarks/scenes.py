"""Theia products on disk: workload W with parcels, phenology, noise and correlated clouds, and a whole tile."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from scipy import ndimage
from workload import ACQUISITIONS

from tilefold.grids.grid import Grid
from tilefold.sensors.catalogue import SENSORS
from tilefold.sensors.listing import list_products, reader_of
from tilefold.simulation.acquisitions import Acquisition, product_name
from tilefold.simulation.clouds import Sky
from tilefold.simulation.layout import coarse
from tilefold.simulation.layouts.sentinel2 import write

TILE = "T31TCJ"
DEFINITION = SENSORS["sentinel2"]
#: Side of a parcel in pixels.
PARCEL = 18


def tile_grid(size: int) -> Grid:
    """Grid of a tile of `size` x `size` pixels of 10 m."""
    return Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -10.0, 4900020.0), size, size)


def acquisitions(number: int) -> list[Acquisition]:
    """Acquisitions spread over 2018, irregularly, in the order of time."""
    days = np.sort(np.random.default_rng(0).choice(365, number, replace=False))
    start = datetime.datetime(2018, 1, 1, 10, 50, 31, 457000, datetime.UTC)
    times = [start + datetime.timedelta(days=int(day)) for day in days]
    platforms = [f"SENTINEL2{'AB'[index % 2]}" for index in range(number)]
    return [
        Acquisition(TILE, product_name(TILE, time, platform), time, platform, 0.5, 0.0)
        for time, platform in zip(times, platforms, strict=True)
    ]


def write_workload(root: Path, size: int) -> None:
    """Write the products of workload W, half of the pixels of each cloudy."""
    rng = np.random.default_rng(1)
    grid = tile_grid(size)
    parcels = -(-size // PARCEL)
    level, swing = (
        rng.uniform(500, 4000, (10, parcels, parcels)),
        rng.uniform(-400, 400, (10, parcels, parcels)),
    )
    delay = rng.uniform(0, 60, (parcels, parcels))
    outside = np.zeros(grid.shape, bool)
    clear_sky = np.zeros(grid.shape)
    for acquisition in acquisitions(ACQUISITIONS):
        season = np.sin(2 * np.pi * (acquisition.day - delay) / 365)
        bands = {
            band: _observed(
                level[index] + swing[index] * season, coarse(grid) if resolution == 20 else grid, rng
            )
            for index, (band, resolution) in enumerate(DEFINITION["resolutions"].items())
        }
        fog = ndimage.gaussian_filter(rng.standard_normal(grid.shape).astype(np.float32), 12)
        flags = (fog > np.median(fog)).astype(np.uint8)
        write(root / TILE, grid, acquisition, bands, Sky(clear_sky, clear_sky, outside, flags))


def _observed(parcels: NDArray[Any], grid: Grid, rng: np.random.Generator) -> NDArray[np.int16]:
    """Values of parcels on a grid of 10 or 20 m, with noise."""
    side = PARCEL * 10 // int(grid.resolution[0])
    spread = np.kron(parcels, np.ones((side, side)))[: grid.height, : grid.width]
    return (spread + rng.normal(0, 40, grid.shape)).astype(np.int16)


def job_settings(root: Path, size: int, dates: list[str]) -> dict[str, Any]:
    """Settings of the job that makes the tile's series."""
    return {
        "tile": TILE,
        "sensor": "sentinel2",
        "grid": tile_grid(size).to_dict(),
        "calendar": dates,
        "products": [product.to_dict() for product in list_products(root, TILE, DEFINITION)],
        "definition": DEFINITION,
        "method": "linear",
        "method_parameters": {},
        "on_bad_acquisition": "stop",
        "code": "benchmark",
    }


def write_sparse(root: Path, size: int, number: int) -> None:
    """Write products whose files hold no blocks: they take no space, and read as clear pixels of value 0."""
    grid = tile_grid(size)
    for acquisition in acquisitions(number):
        home = root / TILE / acquisition.name
        (home / "MASKS").mkdir(parents=True)
        files = reader_of(DEFINITION).acquisition_files(root, TILE, DEFINITION, acquisition.name)
        for band, path in zip(DEFINITION["bands"], files.bands, strict=True):
            _write_empty(path, coarse(grid) if DEFINITION["resolutions"][band] == 20 else grid, "int16")
        for path in files.masks:
            _write_empty(path, grid, "uint8")
        (home / f"{acquisition.name}_MTD_ALL.xml").write_text("<Muscate_Metadata_Document/>\n")


def _write_empty(path: Path, grid: Grid, dtype: str) -> None:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=grid.height,
        width=grid.width,
        count=1,
        dtype=dtype,
        crs=grid.crs,
        transform=grid.affine,
        compress="DEFLATE",
        sparse_ok=True,
    ):
        pass
