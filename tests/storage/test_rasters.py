from pathlib import Path

import numpy as np
import pytest
import rasterio

from tilefold.grids.grid import Grid
from tilefold.storage.rasters import BLOCK, create_raster, grid_of

GRID = Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -10.0, 4800000.0), 300, 520)


def write(path: Path, dtype: str = "int16", cache: int = 2**26) -> np.ndarray:
    values = np.random.default_rng(1).integers(0, 5000, (3, *GRID.shape)).astype(dtype)
    with (
        rasterio.Env(GDAL_CACHEMAX=cache),
        create_raster(
            path, GRID, dtype=dtype, nodata=-1, descriptions=["a", "b", "c"], tags={"key": "value"}
        ) as dataset,
    ):
        for row in range(0, 300, BLOCK):
            for col in range(0, 520, BLOCK):
                part = values[:, row : row + BLOCK, col : col + BLOCK]
                height, width = part.shape[1:]
                dataset.write(part, window=((row, row + height), (col, col + width)))
    return values


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_what_is_written_is_read(tmp_path: Path, dtype: str) -> None:
    values = write(tmp_path / "a.tif", dtype)
    with rasterio.open(tmp_path / "a.tif") as dataset:
        np.testing.assert_array_equal(dataset.read(), values)
        assert dataset.descriptions == ("a", "b", "c")
        assert dataset.tags()["key"] == "value"
        assert dataset.nodata == -1
        assert dataset.block_shapes[0] == (BLOCK, BLOCK)
        assert dataset.profile["interleave"] == "band"
        assert grid_of(dataset) == GRID


def test_equal_content_has_equal_bytes_whatever_the_cache(tmp_path: Path) -> None:
    write(tmp_path / "a.tif", cache=2**26)
    write(tmp_path / "b.tif", cache=2**20)
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_a_failing_write_leaves_no_file(tmp_path: Path) -> None:
    def fail() -> None:
        with create_raster(
            tmp_path / "a.tif", GRID, dtype="uint8", nodata=None, descriptions=["a"], tags={}
        ) as dataset:
            dataset.write(np.ones((1, 256, 256), np.uint8), window=((0, 256), (0, 256)))
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_raster_without_crs_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=2, width=2, count=1, dtype="uint8", transform=GRID.affine
    ):
        pass
    with rasterio.open(path) as dataset, pytest.raises(ValueError, match=r"a\.tif.*no coordinate"):
        grid_of(dataset)
