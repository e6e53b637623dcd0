"""Fused maps as files: labels, ties that are counted, mean probabilities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from rio_cogeo.cogeo import cog_validate

from tilefold.grids.grid import Grid
from tilefold.inference.fusing import fuse_maps
from tilefold.inference.mosaic import TileRasterError
from tilefold.storage.rasters import create_raster

GRID = Grid("EPSG:32631", (10.0, 0.0, 500000.0, 0.0, -10.0, 4800000.0), 300, 270)
CODES = [2, 7, 11]
CLASSES = [{"code": code, "label": f"class {code}", "colour": [code, 0, 9]} for code in CODES]


def settings(method: str) -> dict:
    return {"method": method, "codes": CODES, "nodata": 0, "classes": CLASSES}


def write(path: Path, values: np.ndarray, dtype: str, nodata: int, grid: Grid = GRID) -> Path:
    names = [f"band {band}" for band in range(len(values))]
    with create_raster(path, grid, dtype=dtype, nodata=nodata, descriptions=names, tags={}) as raster:
        raster.write(values.astype(dtype))
    return path


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as raster:
        return raster.read(1)


@pytest.fixture(scope="module")
def maps(tmp_path_factory) -> tuple[list[Path], np.ndarray, list[Path], np.ndarray]:
    """Three maps: files, labels, files of probabilities, probabilities."""
    folder, rng = tmp_path_factory.mktemp("maps"), np.random.default_rng(6)
    likely = rng.dirichlet(np.ones(3), (3, *GRID.shape)).transpose(0, 3, 1, 2)
    likely = np.rint(likely * 1000)
    empty = rng.random((3, *GRID.shape)) < 0.2
    labels = np.where(empty, 0, np.array(CODES)[likely.argmax(axis=1)])
    likely = np.where(empty[:, None], 65535, likely)
    paths = [write(folder / f"{n}.tif", labels[n][None], "uint8", 0) for n in range(3)]
    files = [write(folder / f"{n}_p.tif", likely[n], "uint16", 65535) for n in range(3)]
    return paths, labels, files, likely


def test_majority_of_files_with_its_ties(tmp_path: Path, maps) -> None:
    paths, labels, _, _ = maps
    target, table = tmp_path / "fused.tif", tmp_path / "ties.csv"
    fuse_maps(paths, settings("majority"), fused=target, ties=table)
    votes = np.stack([(labels == code).sum(axis=0) for code in CODES])
    found, most = read(target), votes.max(axis=0)
    tied = ((votes == most).sum(axis=0) > 1) & (most > 0)
    clear = ~tied & (most > 0)
    np.testing.assert_array_equal(found[clear], np.array(CODES)[votes.argmax(axis=0)][clear])
    assert (found[most == 0] == 0).all()
    row = pd.read_csv(table).iloc[0]
    assert (row["runs"], row["pixels"], row["tied"]) == (3, (most > 0).sum(), tied.sum())
    assert row["differing"] == ((votes > 0).sum(axis=0) > 1).sum()
    with rasterio.open(target) as raster:
        assert raster.colormap(1)[7] == (7, 0, 9, 255)
        assert raster.tags(1)["class_7"] == "class 7"
    assert cog_validate(target, quiet=True)[0]


def test_largest_mean_probability(tmp_path: Path, maps) -> None:
    paths, _, files, likely = maps
    target = tmp_path / "fused.tif"
    fuse_maps(paths, settings("probability"), fused=target, ties=tmp_path / "t.csv", probabilities=files)
    mean = np.nanmean(np.where(likely == 65535, np.nan, likely), axis=0)
    known = ~np.isnan(mean[0])
    expected = np.where(known, np.array(CODES)[np.nan_to_num(mean).argmax(axis=0)], 0)
    ordered = np.sort(mean, axis=0)
    clear = ~known | (ordered[2] - ordered[1] > 1e-6)
    np.testing.assert_array_equal(read(target)[clear], expected[clear])
    assert pd.read_csv(tmp_path / "t.csv")["tied"][0] == (~clear).sum()


def test_maps_of_other_tiles_are_refused(tmp_path: Path, maps) -> None:
    other = Grid(GRID.crs, (10.0, 0.0, 500010.0, 0.0, -10.0, 4800000.0), 300, 270)
    path = write(tmp_path / "other.tif", np.ones((1, *other.shape)), "uint8", 0, other)
    with pytest.raises(TileRasterError, match="only maps of the same tiles"):
        fuse_maps([maps[0][0], path], settings("majority"), fused=tmp_path / "f.tif", ties=tmp_path / "t.csv")
    assert not (tmp_path / "f.tif").exists()
