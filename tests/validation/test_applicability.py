"""Applicability as files, against brute force over the tile's own arrays."""

import numpy as np
import pandas as pd
import pytest
import rasterio
from scipy.spatial.distance import cdist, pdist

from tilefold.grids.grid import Grid
from tilefold.storage.rasters import create_raster
from tilefold.validation.applicability import errors_by_dissimilarity, read_space, write_space
from tilefold.validation.applicability_map import mask_applicability, measure_dissimilarity
from tilefold.validation.dissimilarity import SampleSpace
from tilefold.validation.importance import component_importance, feature_weights

DATES = ["2018-01-01", "2018-01-11"]
INPUTS = {
    "s2": {
        **{"kind": "series", "bands": ["B4", "B8"], "dates": DATES, "scale": 1e-4, "offset": 0.0},
        **{"features": [], "aliases": {}, "expressions": {}},
    }
}
GRID = Grid("EPSG:32631", (10.0, 0.0, 500000.0, 0.0, -10.0, 4800000.0), 21, 35)
WEIGHTS = np.array([1.0, 0.5, 2.0, 0.0])


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A tile's series, its clear dates and a space of samples."""
    folder, rng = tmp_path_factory.mktemp("space"), np.random.default_rng(2)
    series = rng.integers(0, 5000, (4, *GRID.shape)).astype(np.int16)
    clear = (rng.random(GRID.shape) < 0.8).astype(np.uint16)
    names = [f"{band}_{date.replace('-', '')}" for date in DATES for band in ("B4", "B8")]
    rasters = {"series": (series, names, -32768), "clear": (clear[None], ["clear_dates"], None)}
    for name, (values, descriptions, nodata) in rasters.items():
        options = {"dtype": str(values.dtype), "nodata": nodata, "descriptions": descriptions, "tags": {}}
        with create_raster(folder / f"{name}.tif", GRID, **options) as raster:
            raster.write(values)
    samples = rng.uniform(0, 0.5, (30, 4)).astype(np.float32)
    write_space(folder / "space.nc", SampleSpace.of_samples(samples, WEIGHTS), INPUTS, 0.25, {})
    placed = [
        (x - samples.mean(axis=0)) / samples.std(axis=0) * WEIGHTS
        for x in (series.T.reshape(-1, 4) * 1e-4, samples)
    ]
    expected = cdist(*placed).min(axis=1).reshape(GRID.shape[::-1]).T / pdist(placed[1]).mean()
    return folder, expected, clear


def test_a_space_is_read_as_it_was_written(world):
    space, inputs, limit = read_space(world[0] / "space.nc")
    assert inputs == INPUTS
    assert limit == 0.25
    assert space.samples.shape == (30, 3)


@pytest.mark.parametrize("step", [1, 4, 5])
def test_raster_of_dissimilarity_by_brute_force(world, tmp_path, step):
    folder, expected, clear = world
    measure_dissimilarity(
        folder / "space.nc",
        {"s2": folder / "series.tif"},
        {"s2": folder / "clear.tif"},
        {},
        {"grid": GRID.to_dict(), "step": step},
        dissimilarity=tmp_path / "d.tif",
    )
    with rasterio.open(tmp_path / "d.tif") as raster:
        found = raster.read(1)
    for row in range(GRID.height):
        for column in range(GRID.width):
            # The pixel in the middle of the square, or the last one of a square that is cut.
            middle = tuple(
                min(i // step * step + step // 2, n - 1)
                for i, n in zip((row, column), GRID.shape, strict=True)
            )
            value = 65535 if clear[middle] == 0 else 100 * expected[middle]
            assert found[row, column] == pytest.approx(value, abs=0.501)


def test_mask_and_shares_by_hand(world, tmp_path):
    far = np.array([[10, 25, 26, 65535], [40, 5, 5, 30]], np.uint16)
    labels = np.array([[2, 2, 2, 2], [7, 7, 0, 7]], np.uint8)
    grid = Grid(GRID.crs, GRID.transform, 2, 4)
    for name, values, nodata in (("far", far, 65535), ("map", labels, 0)):
        options = {"dtype": str(values.dtype), "nodata": nodata, "descriptions": [name], "tags": {}}
        with create_raster(tmp_path / f"{name}.tif", grid, **options) as raster:
            raster.write(values, 1)
    mask_applicability(
        world[0] / "space.nc",
        tmp_path / "far.tif",
        tmp_path / "map.tif",
        {"codes": [2, 7, 9], "nodata": 0},
        applicable=tmp_path / "mask.tif",
        classes=tmp_path / "classes.csv",
    )
    with rasterio.open(tmp_path / "mask.tif") as raster:
        # The threshold is 0.25.
        assert raster.read(1).tolist() == [[1, 1, 0, 255], [0, 1, 1, 0]]
    table = pd.read_csv(tmp_path / "classes.csv")
    assert table["class"].fillna(-1).tolist() == [-1, 2, 7, 9]
    assert table["pixels"].tolist() == [6, 3, 3, 0]
    np.testing.assert_allclose(table["outside"], [3 / 6, 1 / 3, 2 / 3, np.nan])
    np.testing.assert_allclose(table["dissimilarity"], [1.36 / 6, 0.61 / 3, 0.75 / 3, np.nan])


def test_errors_by_hand():
    pixels = pd.DataFrame(
        {
            "fold": ["a", "a", "a", "b", "b", "b"],
            "code": [1, 1, 1, 1, 1, 1],
            "predicted": [1, 2, 1, 2, 1, 1],
            "dissimilarity": [0.1, 0.12, 0.4, 0.4, 1.9, np.nan],
        }
    )
    table = errors_by_dissimilarity(pixels, 0.4)
    assert table["fold"].tolist() == ["a", "a", "b", "b", "pooled", "pooled", "pooled"]
    assert table["from"].tolist() == [0.25, 1.0, 1.0, 2.0, 0.25, 1.0, 2.0]
    assert table["to"].fillna(-1).tolist() == [0.5, 1.5, 1.5, -1, 0.5, 1.5, -1]
    assert table["n_pixels"].tolist() == [2, 1, 1, 1, 2, 2, 1]
    assert table["error"].tolist() == [0.5, 0, 1, 0, 0.5, 0.5, 0]


class Rule:
    """A model that looks at the first component of its first date alone."""

    classes = (1, 2)
    inputs = INPUTS

    def predict(self, tensors):
        second = tensors["s2"][:, 0, 0] > 0.5
        return np.column_stack([~second, second]).astype(float)


def test_importance_of_what_a_model_looks_at():
    rng = np.random.default_rng(1)
    tensors = {"s2": rng.random((400, 2, 2)).astype(np.float32)}
    labels = np.where(tensors["s2"][:, 0, 0] > 0.5, 2, 1)
    kept = tensors["s2"].copy()
    table = component_importance(Rule(), tensors, labels, 0)
    assert table["component"].tolist() == ["B4", "B8"]
    # Of two classes as common as each other, half are right by chance.
    assert table["importance"].tolist() == [pytest.approx(0.5, abs=0.05), 0]
    np.testing.assert_array_equal(tensors["s2"], kept)
    weights = feature_weights(table, INPUTS)
    np.testing.assert_allclose(weights, np.array([1, 0, 1, 0]) * table["importance"][0] / np.sqrt(2))
    nothing = feature_weights(table.assign(importance=0.0), INPUTS)
    np.testing.assert_allclose(nothing, np.full(4, 1 / np.sqrt(2)))
