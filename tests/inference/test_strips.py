"""Strips: rows come out as they went in, in one order of writing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from tilefold.grids.grid import Grid
from tilefold.inference.strips import StripWriter
from tilefold.storage.rasters import create_raster

GRID = Grid("EPSG:32631", (10.0, 0.0, 0.0, 0.0, -10.0, 0.0), 600, 70)


def write(path: Path, values: np.ndarray, cuts: list[int]) -> bytes:
    with (
        create_raster(path, GRID, dtype="uint8", nodata=0, descriptions=["a", "b"], tags={}) as raster,
        StripWriter(raster) as writer,
    ):
        for part in np.split(values, cuts, axis=1):
            writer.append(part)
    return path.read_bytes()


def test_parts_of_any_height_give_the_same_file(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 255, (2, *GRID.shape)).astype(np.uint8)
    whole = write(tmp_path / "a.tif", values, [])
    assert write(tmp_path / "b.tif", values, [1, 2, 255, 256, 257, 599]) == whole
    assert write(tmp_path / "c.tif", values, [256, 512]) == whole
    with rasterio.open(tmp_path / "c.tif") as raster:
        np.testing.assert_array_equal(raster.read(), values)


def test_missing_rows_leave_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="10 rows were given, expected 600"):
        write(tmp_path / "a.tif", np.zeros((2, 10, 70), np.uint8), [])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((2, 601, 70), "uint8"), ((1, 600, 70), "uint8"), ((2, 600, 69), "uint8"), ((2, 600, 70), "int16")],
)
def test_rows_of_another_form_are_refused(tmp_path: Path, shape: tuple[int, ...], dtype: str) -> None:
    with pytest.raises(ValueError, match="given"):
        write(tmp_path / "a.tif", np.zeros(shape, dtype), [])
