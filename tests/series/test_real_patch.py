"""Preprocessing of a real patch: monthly Sentinel-2 and Sentinel-1 of one place, against plain numpy."""

import netCDF4
import numpy as np
import pytest
import rasterio
from affine import Affine
from preprocess_job import job_settings

from tilefold.grids.grid import Grid
from tilefold.sensors.catalogue import SENSORS
from tilefold.series.preprocess import preprocess_tile

TILE = "31TAA"
CALENDAR = ["2020-11-01", "2021-01-15", "2021-04-30", "2021-08-07", "2021-12-31"]
OPTICAL = ["B02", "B04", "B08", "B11"]
MISSING = 65535


@pytest.fixture(scope="module")
def patch(real_data):
    """Values of the patch as they are stored, days, transform."""
    path = real_data("multisensor_patch/patch.nc")
    with netCDF4.Dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        times = netCDF4.num2date(dataset["t"][:], dataset["t"].units)
        names = [*(f"S2-L2A-{band}" for band in OPTICAL), "S1-SIGMA0-VV"]
        values = {name: dataset[name][:].view(np.uint16) for name in names}
        x, y = dataset["x"][:], dataset["y"][:]
    transform = Affine(x[1] - x[0], 0, x[0] - 5, 0, y[1] - y[0], y[0] + 5)
    return values, [f"{time:%Y-%m-%d}" for time in times], transform


@pytest.fixture(scope="module")
def grid(patch):
    transform = patch[2]
    assert (transform.a, transform.e) == (10, -10)
    return Grid("EPSG:32631", tuple(transform)[:6], 100, 100)


def write(path, values, grid, nodata):
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=100,
        width=100,
        count=1,
        dtype=values.dtype.name,
        crs=grid.crs,
        transform=grid.affine,
        nodata=nodata,
    ) as dataset:
        dataset.write(values, 1)


def series(folder, definition, grid):
    """Dates x bands x rows x columns of the series, and the clear dates."""
    paths = folder / "series.tif", folder / "clear.tif"
    settings = job_settings(folder, TILE, definition, grid, CALENDAR)
    preprocess_tile(
        folder, settings, series=paths[0], clear_dates=paths[1], skipped=folder / "skipped.csv", threads=2
    )
    with rasterio.open(paths[0]) as dataset:
        values = dataset.read().reshape(len(CALENDAR), len(definition["bands"]), 100, 100)
    with rasterio.open(paths[1]) as dataset:
        return values, dataset.read(1)


def interpolated(values, clear, days):
    """By numpy, pixel by pixel, rounded half up: values and clear are months x rows x columns."""
    observed = np.array(days, "datetime64[D]").astype(int)
    wanted = np.array(CALENDAR, "datetime64[D]").astype(int)
    result = np.full((len(CALENDAR), 100, 100), -32768)
    for row, col in np.argwhere(clear.any(axis=0)):
        seen = clear[:, row, col]
        filled = np.interp(wanted, observed[seen], values[seen, row, col])
        result[:, row, col] = np.floor(filled + 0.5 + 1e-9)
    return result


def test_optical_series_are_numpys(patch, grid, tmp_path):
    values, days, _ = patch
    for month, day in enumerate(days):
        for band in OPTICAL:
            path = tmp_path / TILE / f"{day.replace('-', '')}_{band}.tif"
            write(path, values[f"S2-L2A-{band}"][month], grid, MISSING)
    definition = {
        "reader": "generic",
        "bands": OPTICAL,
        "band_path": "{tile}/{date}_{band}.tif",
        "mask_path": None,
        "mask_valid": [0],
        "date_format": "%Y%m%d",
        "nodata": MISSING,
        "resampling": "cubic",
    }
    found, clear = series(tmp_path, definition, grid)
    # A pixel counts on a date when all of its bands are there.
    usable = np.logical_and.reduce([values[f"S2-L2A-{band}"] != MISSING for band in OPTICAL])
    assert 0.1 < 1 - usable.mean() < 0.5
    np.testing.assert_array_equal(clear, usable.sum(axis=0))
    for index, band in enumerate(OPTICAL):
        expected = interpolated(values[f"S2-L2A-{band}"].astype(float), usable, days)
        np.testing.assert_array_equal(found[:, index], expected)


def test_backscatter_is_stored_to_a_hundredth_of_a_decibel(patch, grid, tmp_path):
    values, days, _ = patch
    # The patch holds amplitudes: decibels are 20 log10(number) - 83.
    decibels = 20 * np.log10(values["S1-SIGMA0-VV"].astype(float)) - 83
    for month, day in enumerate(days):
        name = f"s1a_{TILE}_vv_DES_110_{day.replace('-', '')}t055946.tif"
        write(tmp_path / TILE / name, (10 ** (decibels[month] / 10)).astype(np.float32), grid, 0)
    found, clear = series(tmp_path, SENSORS["sentinel1_desvv"], grid)
    assert (clear == len(days)).all()
    observed = np.array(days, "datetime64[D]").astype(int)
    wanted = np.array(CALENDAR, "datetime64[D]").astype(int)
    flat = decibels.reshape(len(days), -1)
    expected = np.stack([np.interp(wanted, observed, pixel) for pixel in flat.T], axis=1)
    # Half a hundredth from storing, half a hundredth from rounding what is interpolated.
    assert np.abs(found[:, 0].reshape(len(CALENDAR), -1) / 100 - expected).max() < 0.0101
