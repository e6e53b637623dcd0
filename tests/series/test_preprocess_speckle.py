"""Sentinel-1 through the speckle filter to a series."""

import numpy as np
import pytest
import rasterio
from preprocess_job import job_settings

from tilefold.grids.grid import Grid
from tilefold.sensors.catalogue import SENSORS
from tilefold.series import preprocess
from tilefold.series.preprocess import preprocess_tile

GRID = Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -10.0, 4800000.0), 270, 530)
DAYS = ["20180105", "20180111", "20180117", "20180123"]


def write_images(root, raster_writer, shape=GRID.shape, transform=GRID.affine):
    """Linear power, with borders of zeros that differ."""
    power = np.random.default_rng(0).gamma(4, 0.02, (len(DAYS), *shape)).astype(np.float32)
    for number, day in enumerate(DAYS):
        power[number, :, : 5 * number] = 0
        raster_writer(
            root / "T31TCJ" / f"s1a_31TCJ_vh_ASC_132_{day}t174602.tif", power[number], transform, nodata=0
        )
    return power


def run(root, folder, threads=1, size=7, grid=GRID):
    definition = dict(SENSORS["sentinel1_ascvh"])
    if size:
        definition["speckle_window"] = size
    calendar = [f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in DAYS]
    settings = job_settings(root, "T31TCJ", definition, grid, calendar, method="raw")
    paths = {"series": folder / "s.tif", "clear_dates": folder / "c.tif", "skipped": folder / "skipped.csv"}
    preprocess_tile(root, settings, **paths, threads=threads)
    with rasterio.open(paths["series"]) as dataset:
        return dataset.read()


@pytest.mark.parametrize("size", [3, 9])
def test_neither_blocks_nor_threads_nor_open_files_matter(tmp_path, raster_writer, monkeypatch, size):
    write_images(tmp_path, raster_writer)
    whole = run(tmp_path, tmp_path / "whole", size=size)
    np.testing.assert_array_equal(run(tmp_path, tmp_path / "threads", 3, size), whole)
    monkeypatch.setattr(preprocess, "MEMORY", 1)
    monkeypatch.setattr(preprocess, "BLOCK", 64)
    monkeypatch.setattr(preprocess, "_files_to_keep", lambda: 2)
    np.testing.assert_array_equal(run(tmp_path, tmp_path / "blocks", 2, size), whole)


def test_the_series_is_the_filters_by_numpy(tmp_path, raster_writer):
    power = write_images(tmp_path, raster_writer)
    found = run(tmp_path, tmp_path / "out")
    clear = power > 0
    np.testing.assert_array_equal(found == -32768, ~clear)
    seen = np.where(clear, power.astype(np.float64), np.nan)
    for row, col in [(0, 0), (3, 14), (100, 16), (255, 256), (269, 529), (130, 300)]:
        around = seen[:, max(row - 3, 0) : row + 4, max(col - 3, 0) : col + 4]
        own = clear[:, row, col]
        means = np.array([np.nanmean(image) for image in around[own]])
        expected = means * np.mean(seen[own, row, col] / means)
        assert np.abs(found[own, row, col] * 0.01 - 10 * np.log10(expected)).max() <= 0.0051


def test_without_the_filter_the_images_are_kept(tmp_path, raster_writer):
    power = write_images(tmp_path, raster_writer)
    found = run(tmp_path, tmp_path / "out", size=None)
    clear = power > 0
    assert np.abs(found[clear] * 0.01 - 10 * np.log10(power[clear].astype(np.float64))).max() <= 0.0051


def test_on_another_grid_blocks_do_not_matter_either(tmp_path, raster_writer, monkeypatch):
    write_images(tmp_path, raster_writer)
    grid = Grid("EPSG:32631", (20.0, 0.0, 300005.0, 0.0, -20.0, 4799995.0), 130, 250)
    whole = run(tmp_path, tmp_path / "whole", grid=grid)
    monkeypatch.setattr(preprocess, "MEMORY", 1)
    monkeypatch.setattr(preprocess, "BLOCK", 32)
    np.testing.assert_array_equal(run(tmp_path, tmp_path / "blocks", grid=grid), whole)
    assert 0.9 < (whole[0] != -32768).mean() <= 1
