"""Entropy of the labels of several maps, against scipy and hand computation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from rio_cogeo.cogeo import cog_validate
from scipy.stats import entropy

from tilefold.grids.grid import Grid
from tilefold.inference.mosaic import TileRasterError
from tilefold.inference.vote_entropy import measure_votes, vote_entropy
from tilefold.storage.rasters import create_raster

GRID = Grid("EPSG:32631", (10.0, 0.0, 500000.0, 0.0, -10.0, 4800000.0), 300, 270)
CODES = [2, 7, 11]


def test_entropy_by_hand() -> None:
    labels = np.array([[1, 1, 1, 1, 0, 0], [1, 1, 2, 2, 0, 1], [1, 2, 3, 0, 1, 0]])
    two_to_one = -(2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3)) / np.log(3)
    # Two of two maps differ: the largest possible entropy of two votes. One vote or none says nothing.
    expected = [0, two_to_one, 1, 1, np.nan, np.nan]
    np.testing.assert_allclose(vote_entropy(labels, 0), expected)


def test_entropy_is_that_of_scipy() -> None:
    labels = np.random.default_rng(1).integers(0, 5, (6, 40))
    expected = []
    for votes in labels.T:
        shares = np.bincount(votes[votes > 0], minlength=5)[1:]
        expected.append(entropy(shares) / np.log(shares.sum()) if shares.sum() > 1 else np.nan)
    np.testing.assert_allclose(vote_entropy(labels, 0), expected, atol=1e-11)


def write(path: Path, values: np.ndarray, grid: Grid = GRID) -> Path:
    with create_raster(path, grid, dtype="uint8", nodata=0, descriptions=["c"], tags={}) as raster:
        raster.write(values.astype("uint8"), 1)
    return path


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    rng = np.random.default_rng(4)
    return rng.choice([0, *CODES], (3, *GRID.shape), p=[0.2, 0.6, 0.2, 0.0])


def test_raster_and_means_by_class(tmp_path: Path, labels: np.ndarray) -> None:
    maps = [write(tmp_path / f"{n}.tif", values) for n, values in enumerate(labels)]
    target, table = tmp_path / "entropy.tif", tmp_path / "entropy.csv"
    measure_votes(maps, {"codes": CODES, "nodata": 0}, entropy=target, classes=table)
    expected = vote_entropy(labels, 0)
    with rasterio.open(target) as raster:
        found = raster.read(1, masked=True)
        assert raster.descriptions == ("vote_entropy",)
        known = ~np.isnan(expected)
        assert float(raster.tags(1)["STATISTICS_MEAN"]) == pytest.approx(
            np.rint(100 * expected[known]).mean(), rel=1e-4
        )
    np.testing.assert_array_equal(~found.mask, known)
    np.testing.assert_array_equal(found[known], np.rint(100 * expected[known]))
    assert cog_validate(target, quiet=True)[0]
    rows = pd.read_csv(table)
    assert rows["class"].fillna(-1).tolist() == [-1, *CODES]
    assert rows["pixels"].iloc[0] == rows["pixels"].iloc[1:].sum() == known.sum()
    assert rows["entropy"].iloc[0] == pytest.approx(expected[known].mean())
    assert rows["differing"].iloc[0] == pytest.approx((expected[known] > 0).mean())
    votes = np.stack([(labels == code).sum(axis=0) for code in CODES])
    clear = known & (votes[1] > np.maximum(votes[0], votes[2]))
    tied = known & (votes[0] == votes[1]) & (votes[0] > 0)
    first = np.where(labels[0] > 0, labels[0], np.where(labels[1] > 0, labels[1], labels[2]))
    own = clear | (tied & (first == CODES[1]))
    assert rows["pixels"].iloc[2] == own.sum()
    assert rows["entropy"].iloc[2] == pytest.approx(expected[own].mean())
    assert rows.iloc[3][["entropy", "differing"]].isna().all()


def test_maps_of_other_tiles_are_refused(tmp_path: Path, labels: np.ndarray) -> None:
    other = Grid(GRID.crs, (10.0, 0.0, 500010.0, 0.0, -10.0, 4800000.0), *GRID.shape)
    maps = [write(tmp_path / "a.tif", labels[0]), write(tmp_path / "b.tif", labels[1], other)]
    with pytest.raises(TileRasterError, match="same tiles"):
        measure_votes(
            maps, {"codes": CODES, "nodata": 0}, entropy=tmp_path / "e.tif", classes=tmp_path / "e.csv"
        )
    assert not (tmp_path / "e.tif").exists()
