from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.sensors.alignment import pixel_offset, read_shifted, same_crs, source_grid


def at(size: float, left: float, top: float, side: int = 60, crs: str = "EPSG:32631") -> Grid:
    return Grid(crs, (size, 0.0, left, 0.0, -size, top), side, side)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (at(10, 300000, 4800000), (0, 0)),
        (at(10, 299980, 4800030), (3, 2)),
        (at(10, 300000.0001, 4800000), (0, 0)),
        (at(10, 300005, 4800000), None),
        (at(20, 300000, 4800000), None),
        (at(10.001, 300000, 4800000), None),
        (at(10, 300000, 4800000, crs="EPSG:32632"), None),
    ],
)
def test_offset(source: Grid, expected: tuple[int, int] | None) -> None:
    assert pixel_offset(source, at(10, 300000, 4800000)) == expected


def test_one_crs_by_code_and_by_text() -> None:
    assert same_crs("EPSG:32631", rasterio.CRS.from_epsg(32631).to_wkt())
    assert not same_crs("EPSG:32631", "EPSG:2154")


@pytest.mark.parametrize("window", [Window(0, 5, 0, 5), Window(2, 8, 3, 9), Window(20, 25, 20, 25)])
def test_what_lies_outside_is_filled(
    tmp_path: Path, raster_writer: Callable[..., None], window: Window
) -> None:
    values = np.arange(48, dtype=np.int16).reshape(6, 8)
    raster_writer(tmp_path / "a.tif", values, 10)
    padded = np.full((40, 40), -1, np.int16)
    padded[3:9, 1:9] = values
    with rasterio.open(tmp_path / "a.tif") as dataset:
        found = read_shifted(dataset, window, (-3, -1), indexes=[1], fill=-1)
    rows, cols = window.to_ranges()
    np.testing.assert_array_equal(found[0], padded[slice(*rows), slice(*cols)])


def test_a_raster_without_crs(tmp_path: Path, raster_writer: Callable[..., None]) -> None:
    raster_writer(tmp_path / "a.tif", np.zeros((2, 2), np.uint8), 10, crs=None)
    with (
        rasterio.open(tmp_path / "a.tif") as dataset,
        pytest.raises(ValueError, match="no coordinate reference system"),
    ):
        source_grid(dataset)
