import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from preprocess_job import job_settings

from tilefold.grids.grid import Grid
from tilefold.sensors.errors import BadAcquisitionError, MissingProductsError
from tilefold.series import preprocess
from tilefold.series.preprocess import preprocess_tile

NAMES = ["20180105", "20180120T1", "20180120T2", "20180211", "20180301"]
CALENDAR = ["2018-01-01", "2018-01-11", "2018-01-21", "2018-01-31", "2018-02-10", "2018-03-10"]
ORDINALS = np.array([0, 10, 20, 30, 40, 68])
MakeProducts = Callable[..., tuple[np.ndarray, np.ndarray]]
MakeGrid = Callable[..., Grid]


def settings_of(grid: Grid, definition: dict[str, Any], root: Path, tile: str = "T1") -> dict[str, Any]:
    return job_settings(root, tile, definition, grid, CALENDAR)


def run(root: Path, settings: dict[str, Any], folder: Path, threads: int = 1) -> tuple[Path, Path]:
    series, clear = folder / "s.tif", folder / "s_clear.tif"
    preprocess_tile(
        root, settings, series=series, clear_dates=clear, skipped=folder / "s_skipped.csv", threads=threads
    )
    return series, clear


def expected_series(values: np.ndarray, clear: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By numpy, with the two acquisitions of 20 January merged by hand."""
    values, clear = merged_by_hand(values, clear)
    days = np.array([4, 19, 41, 59])
    series = np.full((len(ORDINALS), *values.shape[1:]), np.nan)
    for row, col in np.argwhere(clear.any(axis=0)):
        seen = clear[:, row, col]
        for band in range(values.shape[1]):
            series[:, band, row, col] = np.interp(ORDINALS, days[seen], values[seen, band, row, col])
    return series.reshape(-1, *values.shape[2:]), clear.sum(axis=0)


def test_a_series_is_what_numpy_makes_of_the_products(
    tmp_path: Path,
    make_grid: MakeGrid,
    make_products: MakeProducts,
    definition: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    grid = make_grid()
    values, clear = make_products(tmp_path, grid, NAMES)
    caplog.set_level(logging.INFO)
    series, counts = run(tmp_path, settings_of(grid, definition, tmp_path), tmp_path / "out")
    expected, expected_counts = expected_series(values, clear)
    with rasterio.open(series) as dataset:
        found = dataset.read().astype(float)
        assert dataset.descriptions[:3] == ("RED_20180101", "NIR_20180101", "RED_20180111")
        assert dataset.nodata == -32768
        assert dataset.dtypes[0] == "int16"
        assert "tilefold_settings" in dataset.tags()
    with rasterio.open(counts) as dataset:
        np.testing.assert_array_equal(dataset.read(1), expected_counts)
        assert dataset.dtypes[0] == "uint16"
    found[found == -32768] = np.nan
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    assert np.isnan(found[:, 0, 0]).all()
    assert np.nanmax(np.abs(found - expected)) <= 0.5 + 1e-9
    assert "T1 s: block 1 of 1" in caplog.text


def merged_by_hand(values: np.ndarray, clear: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Acquisitions with those of 20 January merged."""
    added = (clear[2] & ~clear[1])[None]
    values, clear = values.copy(), clear.copy()
    values[1] = np.where(added, values[2], values[1])
    clear[1] |= clear[2]
    return values[[0, 1, 3, 4]], clear[[0, 1, 3, 4]]


def test_raw_has_the_observations_and_nothing_else(
    tmp_path: Path, make_grid: MakeGrid, make_products: MakeProducts, definition: dict[str, Any]
) -> None:
    grid = make_grid()
    values, clear = merged_by_hand(*make_products(tmp_path, grid, NAMES))
    settings = {**settings_of(grid, definition, tmp_path), "method": "raw"}
    # 1 February is a date of another tile.
    settings["calendar"] = ["2018-01-05", "2018-01-20", "2018-02-01", "2018-02-11", "2018-03-01"]
    series, counts = run(tmp_path, settings, tmp_path / "out")
    expected = np.full((5, 2, *grid.shape), -32768)
    expected[[0, 1, 3, 4]] = np.where(clear[:, None], values, -32768)
    with rasterio.open(series) as dataset, rasterio.open(counts) as count:
        np.testing.assert_array_equal(dataset.read(), expected.reshape(10, *grid.shape))
        np.testing.assert_array_equal(count.read(1), clear.sum(axis=0))


def test_the_width_reaches_the_gaussian(
    tmp_path: Path, make_grid: MakeGrid, make_products: MakeProducts, definition: dict[str, Any]
) -> None:
    grid = make_grid()
    values, clear = merged_by_hand(*make_products(tmp_path, grid, NAMES))
    settings = settings_of(grid, definition, tmp_path)
    settings |= {"method": "gaussian", "method_parameters": {"gaussian_width": 25.0}}
    series, _ = run(tmp_path, settings, tmp_path / "out")
    apart = ORDINALS[:, None] - np.array([4, 19, 41, 59])
    weights = np.exp(-(apart**2) / (2 * 25.0**2))[:, :, None, None] * clear
    with np.errstate(invalid="ignore"):
        means = np.einsum("tdrc,dbrc->tbrc", weights, values) / weights.sum(axis=1)[:, None]
    expected = np.where(clear.any(axis=0), np.floor(means + 0.5 + 2.0**-20), -32768)
    with rasterio.open(series) as dataset:
        np.testing.assert_array_equal(dataset.read(), expected.reshape(-1, *grid.shape))


def test_blocks_threads_and_open_files_change_nothing(
    tmp_path: Path,
    make_grid: MakeGrid,
    make_products: MakeProducts,
    definition: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grid = make_grid(300, 530)
    make_products(tmp_path, grid, NAMES)
    settings = settings_of(grid, definition, tmp_path)
    series, counts = run(tmp_path, settings, tmp_path / "one")
    again, again_counts = run(tmp_path, settings, tmp_path / "two", threads=3)
    assert series.read_bytes() == again.read_bytes()
    assert counts.read_bytes() == again_counts.read_bytes()
    monkeypatch.setattr(preprocess, "_files_to_keep", lambda: 4)
    settings["products"] = settings["products"][::-1]
    shuffled, _ = run(tmp_path, settings, tmp_path / "three")
    assert shuffled.stat().st_size == series.stat().st_size
    monkeypatch.setattr(preprocess, "MEMORY", 1)
    narrow, narrow_counts = run(tmp_path, settings, tmp_path / "four", threads=2)
    for first, second in ((series, shuffled), (series, narrow), (counts, narrow_counts)):
        with rasterio.open(first) as one, rasterio.open(second) as two:
            np.testing.assert_array_equal(one.read(), two.read())


def test_memory_bounds_the_blocks_of_a_large_tile(make_grid: MakeGrid) -> None:
    grid = make_grid(10980, 10980)
    windows = list(preprocess._blocks(grid, 70, 10, 37))
    pixels = max(window.height * window.width for window in windows)
    assert pixels * (70 * 21 + 370 * 2) <= preprocess.MEMORY
    assert sum(window.height * window.width for window in windows) == 10980**2
    assert all(window.col_start % 256 == 0 and window.row_start % 256 == 0 for window in windows)


def test_a_bad_acquisition_stops_all_and_leaves_nothing(
    tmp_path: Path, make_grid: MakeGrid, make_products: MakeProducts, definition: dict[str, Any]
) -> None:
    grid = make_grid()
    make_products(tmp_path, grid, NAMES)
    settings = settings_of(grid, definition, tmp_path)
    bad = tmp_path / "T1" / "20180211_NIR.tif"
    bad.write_bytes(bad.read_bytes()[:900])
    with pytest.raises(BadAcquisitionError, match=r"product 20180211: .*20180211_NIR\.tif"):
        run(tmp_path, settings, tmp_path / "out", threads=2)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(("key", "value"), [("method", "spline"), ("on_bad_acquisition", "ignore")])
def test_unknown_choices_are_refused(
    tmp_path: Path,
    make_grid: MakeGrid,
    make_products: MakeProducts,
    definition: dict[str, Any],
    key: str,
    value: str,
) -> None:
    make_products(tmp_path, make_grid(), NAMES[:1])
    settings = settings_of(make_grid(), definition, tmp_path)
    with pytest.raises(ValueError, match=f"{key}: found '{value}'"):
        run(tmp_path, {**settings, key: value}, tmp_path / "out")
    with pytest.raises(MissingProductsError, match="tile T1: no product of s"):
        run(tmp_path, {**settings, "products": []}, tmp_path / "out")


def test_a_real_tile(slovenia: Path, definition: dict[str, Any], tmp_path: Path) -> None:
    definition |= {
        "bands": ["NDVI"],
        "band_path": "{tile}/{date}/{tile}_{date}_{band}.tif",
        "mask_path": "{tile}/{date}/{tile}_{date}_CLOUD.tif",
    }
    first = next(slovenia.glob("SI10/*/*_NDVI.tif"))
    with rasterio.open(first) as dataset:
        grid = Grid("EPSG:32633", tuple(dataset.transform)[:6], *dataset.shape)  # type: ignore[arg-type]
    settings = settings_of(grid, definition, slovenia, "SI10")
    settings["calendar"] = ["2016-01-01", "2016-06-01", "2017-07-19"]
    series, counts = run(slovenia, settings, tmp_path)
    row, col = 20, 31
    observed = {}
    for product in settings["products"]:
        stem = slovenia / "SI10" / product["name"] / f"SI10_{product['name']}"
        with rasterio.open(f"{stem}_NDVI.tif") as ndvi, rasterio.open(f"{stem}_CLOUD.tif") as cloud:
            value = ndvi.read(1)[row, col]
            if cloud.read(1)[row, col] == 0 and value != -10000:
                observed.setdefault(np.datetime64(product["date"]).astype(int), int(value))
    wanted = np.array(settings["calendar"], "datetime64[D]").astype(int)
    expected = np.interp(wanted, list(observed), list(observed.values()))
    with rasterio.open(series) as dataset, rasterio.open(counts) as clear:
        np.testing.assert_allclose(dataset.read()[:, row, col], expected, atol=0.5)
        assert clear.read(1)[row, col] == len(observed)
