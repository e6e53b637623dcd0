"""Merging of chunks: the tile comes back, whatever it was cut into."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from tilefold.grids.grid import Grid
from tilefold.grids.windows import chunk_window
from tilefold.inference.merge import ChunkError, merge_chunks
from tilefold.storage.rasters import create_raster

GRID = Grid("EPSG:32631", (10.0, 0.0, 500000.0, 0.0, -10.0, 4800000.0), 613, 301)


def settings(number: int) -> dict:
    return {"tile": "T31TCJ", "grid": GRID.to_dict(), "number_of_chunks": number, "product": "classification"}


def write_chunks(folder: Path, values: np.ndarray, number: int, nodata: int = 0) -> list[Path]:
    paths = []
    for chunk in range(number):
        window = chunk_window(GRID.height, GRID.width, chunk, number)
        path = folder / f"{number}_{chunk}.tif"
        names = [f"band {band}" for band in range(len(values))]
        with create_raster(
            path, GRID.crop(window), dtype=str(values.dtype), nodata=nodata, descriptions=names, tags={}
        ) as raster:
            raster.write(values[:, window.row_start : window.row_stop])
        paths.append(path)
    return paths


@pytest.mark.parametrize("bands", [1, 3])
def test_any_number_of_chunks_gives_the_same_bytes_and_the_tile(tmp_path: Path, bands: int) -> None:
    values = np.random.default_rng(3).integers(0, 1001, (bands, *GRID.shape)).astype(np.uint16)
    results = []
    for number in (1, 2, 7, 613):
        merged = tmp_path / f"merged_{number}.tif"
        merge_chunks(write_chunks(tmp_path, values, number), settings(number), merged=merged)
        results.append(merged.read_bytes())
    assert len(set(results)) == 1
    with rasterio.open(merged) as raster:
        np.testing.assert_array_equal(raster.read(), values)
        assert raster.transform == GRID.affine
        assert raster.crs.to_epsg() == 32631
        assert raster.nodata == 0
        assert raster.dtypes[0] == "uint16"
        assert raster.descriptions == tuple(f"band {band}" for band in range(bands))
        assert "tilefold_settings" in raster.tags()


def test_chunks_in_the_wrong_order_are_refused(tmp_path: Path) -> None:
    paths = write_chunks(tmp_path, np.ones((1, *GRID.shape), np.uint8), 2)
    with pytest.raises(ChunkError, match="T31TCJ"):
        merge_chunks(paths[::-1], settings(2), merged=tmp_path / "merged.tif")
    assert not (tmp_path / "merged.tif").exists()
    assert not list(tmp_path.glob(".merged*"))


def test_a_chunk_of_another_shape_is_refused(tmp_path: Path) -> None:
    values = np.ones((1, *GRID.shape), np.uint8)
    paths = [write_chunks(tmp_path, values, 3)[0], *write_chunks(tmp_path, values, 2)[1:]]
    with pytest.raises(ChunkError, match=r"3_0\.tif"):
        merge_chunks(paths, settings(2), merged=tmp_path / "merged.tif")


def test_a_chunk_with_another_nodata_value_is_refused(tmp_path: Path) -> None:
    values = np.ones((1, *GRID.shape), np.uint8)
    first = write_chunks(tmp_path, values, 2)[0]
    (tmp_path / "other").mkdir()
    second = write_chunks(tmp_path / "other", values, 2, nodata=9)[1]
    with pytest.raises(ChunkError, match="nodata"):
        merge_chunks([first, second], settings(2), merged=tmp_path / "merged.tif")


def test_a_missing_chunk_is_refused(tmp_path: Path) -> None:
    paths = write_chunks(tmp_path, np.ones((1, *GRID.shape), np.uint8), 2)
    with pytest.raises(ChunkError, match="expected 2"):
        merge_chunks(paths[:1], settings(2), merged=tmp_path / "merged.tif")
