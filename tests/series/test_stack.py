from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.warp import reproject

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window, blocks, whole
from tilefold.sensors.alignment import source_steps
from tilefold.series.layout import CLEAR_DATES, series_descriptions
from tilefold.series.stack import StackError, open_inputs
from tilefold.storage.rasters import create_raster

SPEC: dict[str, Any] = {"kind": "series", "bands": ["RED", "NIR"], "dates": ["2018-01-01", "2018-01-11"]}
Write = Callable[..., None]
MakeGrid = Callable[..., Grid]


def write_series(path: Path, grid: Grid, spec: dict[str, Any] = SPEC, seed: int = 0) -> np.ndarray:
    descriptions = series_descriptions(spec["bands"], spec["dates"])
    values = np.random.default_rng(seed).integers(0, 9000, (len(descriptions), *grid.shape)).astype(np.int16)
    with create_raster(
        path, grid, dtype="int16", nodata=-32768, descriptions=descriptions, tags={}
    ) as dataset:
        dataset.write(values)
    return values


def write_clear(path: Path, grid: Grid, seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).integers(0, 60, grid.shape).astype(np.uint16)
    with create_raster(
        path, grid, dtype="uint16", nodata=None, descriptions=[CLEAR_DATES], tags={}
    ) as dataset:
        dataset.write(values, 1)
    return values


def test_pixels_run_row_by_row(tmp_path: Path, make_grid: MakeGrid) -> None:
    grid = make_grid()
    values = write_series(tmp_path / "s.tif", grid)
    with open_inputs({"s": tmp_path / "s.tif"}, {}, {"s": SPEC}) as stack:
        found = stack.read(Window(3, 10, 5, 9))["s"]
        assert stack.grid == grid
    assert found.shape == (28, 2, 2)
    assert found.dtype == np.int16
    for pixel, (row, col) in enumerate((row, col) for row in range(3, 10) for col in range(5, 9)):
        # Date by date, band by band.
        assert found[pixel].ravel().tolist() == values[:, row, col].tolist()


def test_inputs_come_in_their_own_order(tmp_path: Path, make_grid: MakeGrid, raster_writer: Write) -> None:
    grid = make_grid()
    write_series(tmp_path / "a.tif", grid)
    write_series(tmp_path / "b.tif", grid, seed=1)
    raster_writer(tmp_path / "dem.tif", np.ones(grid.shape, np.float32), grid.affine)
    inputs = {"b": SPEC, "dem": {"kind": "static", "bands": 1}, "a": SPEC}
    series = {"a": tmp_path / "a.tif", "b": tmp_path / "b.tif"}
    with open_inputs(series, {"dem": tmp_path / "dem.tif"}, inputs) as stack:
        assert list(stack.read(Window(0, 1, 0, 1))) == ["b", "dem", "a"]


def test_clear_dates_are_the_fewest_of_the_sensors(tmp_path: Path, make_grid: MakeGrid) -> None:
    grid = make_grid()
    write_series(tmp_path / "s.tif", grid)
    first, second = write_clear(tmp_path / "a.tif", grid, 1), write_clear(tmp_path / "b.tif", grid, 2)
    clear = {"a": tmp_path / "a.tif", "b": tmp_path / "b.tif"}
    with open_inputs({"s": tmp_path / "s.tif"}, {}, {"s": SPEC}, clear) as stack:
        found = stack.clear_dates(Window(2, 9, 1, 30))
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, np.minimum(first, second)[2:9, 1:30].ravel())


def test_no_clear_dates_without_their_rasters(tmp_path: Path, make_grid: MakeGrid) -> None:
    write_series(tmp_path / "s.tif", make_grid())
    with (
        open_inputs({"s": tmp_path / "s.tif"}, {}, {"s": SPEC}) as stack,
        pytest.raises(ValueError, match="without rasters of clear dates"),
    ):
        stack.clear_dates(Window(0, 1, 0, 1))


def read_static(tmp_path: Path, grid: Grid, static: Path, spec: dict[str, Any], size: int = 99) -> np.ndarray:
    write_series(tmp_path / "s.tif", grid)
    found = np.empty((*grid.shape, spec["bands"]), np.float32)
    with open_inputs({"s": tmp_path / "s.tif"}, {"dem": static}, {"s": SPEC, "dem": spec}) as stack:
        for window in blocks(whole(*grid.shape), size):
            rows, cols = (slice(*limits) for limits in window.to_ranges())
            values = stack.read(window)["dem"]
            assert values.dtype == np.float32
            found[rows, cols] = values.reshape(*window.shape, spec["bands"])
    return found


def test_a_static_raster_on_the_grid_is_read_as_it_is(
    tmp_path: Path, make_grid: MakeGrid, raster_writer: Write
) -> None:
    grid = make_grid()
    values = np.random.default_rng(0).normal(300, 50, (2, *grid.shape)).astype(np.float32)
    values[0, 4, 5] = -9999
    raster_writer(tmp_path / "dem.tif", values, grid.affine, nodata=-9999)
    found = read_static(tmp_path, grid, tmp_path / "dem.tif", {"kind": "static", "bands": 2})
    expected = values.transpose(1, 2, 0).copy()
    expected[4, 5, 0] = np.nan
    np.testing.assert_array_equal(found, expected)


def test_only_the_first_bands_are_used(tmp_path: Path, make_grid: MakeGrid, raster_writer: Write) -> None:
    grid = make_grid()
    values = np.stack([np.full(grid.shape, band, np.int16) for band in range(3)])
    raster_writer(tmp_path / "dem.tif", values, grid.affine)
    assert (read_static(tmp_path, grid, tmp_path / "dem.tif", {"kind": "static", "bands": 1}) == 0).all()


@pytest.mark.parametrize("resampling", ["bilinear", "nearest", "cubic", "average", "mode", "min", "max"])
@pytest.mark.parametrize("crs", ["EPSG:32631", "EPSG:2154"])
@pytest.mark.parametrize("pixel", [25, 4])
def test_another_grid_is_warped_as_gdal_does(
    tmp_path: Path, make_grid: MakeGrid, raster_writer: Write, resampling: str, crs: str, pixel: int
) -> None:
    grid = make_grid()
    rows, cols = np.mgrid[:90, :90]
    values = (300 + cols + 2 * rows + 20 * np.sin(cols / 5)).astype(np.float32)
    x, y = Transformer.from_crs(grid.crs, crs, always_xy=True).transform(300000, 4800000)
    transform = Affine(pixel, 0, x - 200, 0, -pixel, y + 200)
    raster_writer(tmp_path / "dem.tif", values, transform, crs=crs)
    spec = {"kind": "static", "bands": 1, "resampling": resampling}
    found = read_static(tmp_path, grid, tmp_path / "dem.tif", spec)[:, :, 0]
    expected = np.full(grid.shape, np.nan, np.float32)
    source = Grid(crs, tuple(transform)[:6], *values.shape)  # type: ignore[arg-type]
    scales = [min(1 / step, 1) for step in source_steps(source, grid)]
    reproject(
        values,
        expected,
        src_transform=transform,
        src_crs=crs,
        dst_transform=grid.affine,
        dst_crs=grid.crs,
        dst_nodata=np.nan,
        resampling=Resampling[resampling],
        tolerance=0,
        XSCALE=scales[0],
        YSCALE=scales[1],
    )
    assert np.isfinite(found).any()
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    blockwise = read_static(tmp_path, grid, tmp_path / "dem.tif", spec, size=7)[:, :, 0]
    np.testing.assert_array_equal(blockwise, found)


@pytest.mark.parametrize("nodata", [None, -999])
def test_no_data_of_a_warped_raster_is_nan(
    tmp_path: Path, make_grid: MakeGrid, raster_writer: Write, nodata: int | None
) -> None:
    grid = make_grid()
    values = np.full((10, 15), 7, np.int16)
    values[3, 3] = -999 if nodata else 7
    # Covers the left 300 m and the upper 200 m of 300 x 400.
    raster_writer(tmp_path / "dem.tif", values, Affine(20, 0, 300000, 0, -20, 4800000), nodata=nodata)
    found = read_static(tmp_path, grid, tmp_path / "dem.tif", {"kind": "static", "bands": 1})[:, :, 0]
    expected = np.full(grid.shape, np.nan)
    expected[:20] = 7
    if nodata:
        expected[6:8, 6:8] = np.nan
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"dates": ["2018-01-01", "2018-01-21"]},
            r"s\.tif: band 3 is RED_20180111, but input s has RED_20180121",
        ),
        ({"bands": ["NIR", "RED"]}, r"band 1 is RED_20180101, but input s has NIR_20180101"),
        ({"bands": ["RED"]}, r"4 bands in the file, 2 expected"),
        (
            {"dates": ["2018-01-01", "2018-01-11", "2018-01-21"]},
            "band 5 is nothing, but input s has RED_2018",
        ),
    ],
)
def test_a_series_of_other_bands_or_dates_is_refused(
    tmp_path: Path, make_grid: MakeGrid, change: dict[str, Any], message: str
) -> None:
    write_series(tmp_path / "s.tif", make_grid())
    with pytest.raises(StackError, match=message):
        open_inputs({"s": tmp_path / "s.tif"}, {}, {"s": {**SPEC, **change}})


def test_files_that_do_not_fit_the_inputs_are_refused(
    tmp_path: Path, make_grid: MakeGrid, raster_writer: Write
) -> None:
    series = {"s": tmp_path / "s.tif"}
    write_series(tmp_path / "s.tif", make_grid())
    write_series(tmp_path / "other.tif", make_grid(41))
    with pytest.raises(StackError, match=r"series inputs are \['s', 't'\]"):
        open_inputs(series, {}, {"s": SPEC, "t": SPEC})
    with pytest.raises(StackError, match=r"other\.tif: found Grid.*height=41"):
        open_inputs({**series, "t": tmp_path / "other.tif"}, {}, {"s": SPEC, "t": SPEC})
    with pytest.raises(StackError, match="no series"):
        open_inputs({}, {}, {})
    with pytest.raises(StackError, match="expected clear_dates"):
        open_inputs(series, {}, {"s": SPEC}, {"s": tmp_path / "s.tif"})
    raster_writer(tmp_path / "dem.tif", np.zeros((4, 4), np.float32), make_grid().affine)
    inputs = {"s": SPEC, "dem": {"kind": "static", "bands": 2}}
    with pytest.raises(StackError, match=r"dem\.tif: found 1 bands, input dem needs 2"):
        open_inputs(series, {"dem": tmp_path / "dem.tif"}, inputs)


def test_closed_files_cannot_be_read(tmp_path: Path, make_grid: MakeGrid) -> None:
    write_series(tmp_path / "s.tif", make_grid())
    stack = open_inputs({"s": tmp_path / "s.tif"}, {}, {"s": SPEC})
    stack.read(Window(0, 1, 0, 1))
    stack.close()
    with pytest.raises(rasterio.errors.RasterioIOError):
        stack.read(Window(0, 1, 0, 1))
