"""Regularised maps, against Orfeo ToolBox, GDAL and loops over pixels."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import rasterio
from scipy import ndimage

from tilefold.grids.grid import Grid
from tilefold.inference.regularising import logits, majority, regularise_map, smooth_logits
from tilefold.storage.rasters import create_raster

CODES = [1, 2, 3, 9]
GRID = Grid("EPSG:32631", (10.0, 0.0, 500000.0, 0.0, -10.0, 4800000.0), 270, 290)
CLASSES = [{"code": code, "label": f"class {code}", "colour": [code, 0, 9]} for code in CODES]


def settings(method: str, **more) -> dict:
    return {
        "method": method,
        "radius": 1,
        "min_pixels": 6,
        "smoothness": 10.0,
        "codes": CODES,
        "nodata": 0,
        "classes": CLASSES,
    } | more


def write(path: Path, values: np.ndarray, dtype: str = "uint8", nodata: int = 0) -> Path:
    grid = Grid(GRID.crs, GRID.transform, *values.shape[1:])
    names = [f"band {band}" for band in range(len(values))]
    with create_raster(path, grid, dtype=dtype, nodata=nodata, descriptions=names, tags={}) as raster:
        raster.write(values.astype(dtype))
    return path


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as raster:
        return raster.read(1)


@pytest.fixture(scope="module")
def patchy() -> np.ndarray:
    """Labels in small patches with single pixels and holes without data."""
    rng = np.random.default_rng(5)
    patches = np.kron(rng.integers(0, 4, (27, 29)), np.ones((10, 10), int))
    labels = np.where(rng.random(GRID.shape) < 0.3, rng.integers(0, 4, GRID.shape), patches)
    return np.where(rng.random(GRID.shape) < 0.05, 0, np.array(CODES)[labels])


def command(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name}")
    return found


def run(*words: str) -> None:
    environment = {**os.environ, "OTB_LOGGER_LEVEL": "ERROR"}
    done = subprocess.run(words, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("radius", [1, 2, 3])
def test_majority_equals_orfeo_toolbox(tmp_path: Path, patchy: np.ndarray, radius: int) -> None:
    source = write(tmp_path / "map.tif", patchy[None])
    regularise_map(source, settings("majority", radius=radius), regularised=tmp_path / "ours.tif")
    program = command("otbcli_ClassificationMapRegularization")
    run(
        *(program, "-io.in", str(source), "-io.out", str(tmp_path / "otb.tif"), "uint8"),
        *("-ip.radius", str(radius), "-ip.suvbool", "false", "-ip.nodatalabel", "0"),
    )
    ours, theirs = read(tmp_path / "ours.tif"), read(tmp_path / "otb.tif")
    inner = slice(radius, -radius), slice(radius, -radius)
    np.testing.assert_array_equal(ours[inner], theirs[inner])
    assert (ours != patchy).mean() > 0.1


def test_majority_by_hand_with_a_tie_and_the_border() -> None:
    """As measured with Orfeo ToolBox; beyond the border nothing votes."""
    labels = np.array([[1, 1, 1, 2], [1, 3, 1, 2], [1, 1, 2, 2]])
    expected = np.array([[1, 1, 1, 2], [1, 1, 1, 2], [1, 1, 2, 2]])
    np.testing.assert_array_equal(majority(np.pad(labels, 1), 1, [1, 2, 3], 0), expected)


def test_the_sieve_is_gdals(tmp_path: Path, patchy: np.ndarray) -> None:
    source = write(tmp_path / "map.tif", patchy[None])
    regularise_map(source, settings("sieve", min_pixels=6), regularised=tmp_path / "ours.tif")
    run(command("gdal_sieve.py"), "-q", "-st", "6", "-4", str(source), str(tmp_path / "gdal.tif"))
    np.testing.assert_array_equal(read(tmp_path / "ours.tif"), read(tmp_path / "gdal.tif"))
    np.testing.assert_array_equal(read(tmp_path / "ours.tif") == 0, patchy == 0)
    small = [
        sum((np.bincount(ndimage.label(labels == code)[0].ravel())[1:] < 6).sum() for code in CODES)
        for labels in (patchy, read(tmp_path / "ours.tif"))
    ]
    assert small[1] < small[0] / 4


def bayes_by_loops(values: np.ndarray, radius: int, smoothness: float) -> np.ndarray:
    """Posterior mean of a normal mean with a normal prior, pixel by pixel."""
    classes, rows, cols = values.shape
    result = np.full(values.shape, -np.inf)
    for one, row, col in np.ndindex(classes, rows, cols):
        if np.isnan(values[one, row, col]):
            continue
        square = values[one, max(row - radius, 0) : row + radius + 1, max(col - radius, 0) : col + radius + 1]
        known = sorted(square[~np.isnan(square)], reverse=True)
        kept = known[: int(np.ceil(len(known) / 2))]
        variance = np.var(kept, ddof=1) if len(kept) > 1 else 0.0
        weight = variance / (variance + smoothness)
        result[one, row, col] = weight * values[one, row, col] + (1 - weight) * np.mean(kept)
    return result


def test_bayes_equals_loops_over_pixels() -> None:
    rng = np.random.default_rng(7)
    values = rng.normal(0, 3, (3, 14, 17))
    values[:, rng.random((14, 17)) < 0.1] = np.nan
    padded = np.pad(values, ((0, 0), (2, 2), (2, 2)), constant_values=np.nan)
    np.testing.assert_allclose(smooth_logits(padded, 2, 4.0), bayes_by_loops(values, 2, 4.0))


def test_logits_of_stored_probabilities() -> None:
    found = logits(np.array([[0, 500, 750, 1000, 65535]], np.uint16))
    np.testing.assert_allclose(found[0, :4], [-np.log(1999), 0, np.log(3), np.log(1999)])
    assert np.isnan(found[0, 4])


def test_bayes_of_files_removes_noise_and_keeps_edges(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    truth = np.kron(rng.integers(0, 4, (9, 10)), np.ones((30, 29), int))
    scores = 1.2 * (truth == np.arange(4)[:, None, None]) + rng.normal(size=(4, *GRID.shape))
    likely = np.exp(scores) / np.exp(scores).sum(axis=0)
    empty = rng.random(GRID.shape) < 0.05
    labels = np.where(empty, 0, np.array(CODES)[likely.argmax(axis=0)])
    source = write(tmp_path / "map.tif", labels[None])
    stored = np.where(empty, 65535, np.rint(likely * 1000))
    chances = write(tmp_path / "p.tif", stored, "uint16", 65535)
    chosen = settings("bayes", radius=3)
    regularise_map(source, chosen, regularised=tmp_path / "ours.tif", probabilities=chances)
    found = read(tmp_path / "ours.tif")
    np.testing.assert_array_equal(found == 0, empty)
    right = np.array(CODES)[truth]
    assert (labels == right)[~empty].mean() < 0.7
    assert (found == right)[~empty].mean() > 0.9
    # Blocks of the file leave no trace.
    whole = smooth_logits(
        np.pad(logits(stored.astype(np.uint16)), ((0, 0), (3, 3), (3, 3)), constant_values=np.nan), 3, 10.0
    )
    expected = np.where(empty, 0, np.array(CODES)[whole.argmax(axis=0)])
    np.testing.assert_array_equal(found, expected)
