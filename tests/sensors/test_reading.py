from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.enums import Resampling
from rasterio.warp import reproject

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window, blocks, whole
from tilefold.plan.grids import output_grid
from tilefold.sensors.errors import BadAcquisitionError
from tilefold.sensors.reading import open_acquisition, read_acquisition

TILE = "T31TCJ"
BANDS = ["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"]
Make = Callable[..., Path]
Write = Callable[..., None]


def read(
    root: Path, definition: dict[str, Any], name: str, grid: Grid, window: Window | None = None
) -> tuple[np.ndarray, np.ndarray]:
    return read_acquisition(root, TILE, definition, name, grid, window or whole(*grid.shape))


def blockwise(
    root: Path, definition: dict[str, Any], name: str, grid: Grid, size: int
) -> tuple[np.ndarray, np.ndarray]:
    bands = np.empty((len(definition["bands"]), *grid.shape), np.int16)
    valid = np.empty(grid.shape, bool)
    for window in blocks(whole(*grid.shape), size):
        rows, cols = (slice(*limits) for limits in window.to_ranges())
        bands[:, rows, cols], valid[rows, cols] = read(root, definition, name, grid, window)
    return bands, valid


def test_fine_bands_are_read_as_they_are(
    tmp_path: Path, theia: dict[str, Any], make_theia: Make, grid: Grid
) -> None:
    folder = make_theia(tmp_path)
    bands, valid = read(tmp_path, theia, folder.name, grid)
    assert bands.dtype == np.int16
    assert bands.shape == (10, *grid.shape)
    assert valid.all()
    for index, band in enumerate(BANDS):
        if theia["resolutions"][band] == 10:
            with rasterio.open(folder / f"{folder.name}_FRE_{band}.tif") as dataset:
                np.testing.assert_array_equal(bands[index], dataset.read(1))


def test_coarse_bands_are_what_gdal_makes_of_them(
    tmp_path: Path, theia: dict[str, Any], make_theia: Make, grid: Grid
) -> None:
    folder = make_theia(tmp_path)
    bands, _ = read(tmp_path, theia, folder.name, grid)
    with rasterio.open(folder / f"{folder.name}_FRE_B11.tif") as dataset:
        coarse = dataset.read(1)
        expected = np.empty(grid.shape, np.int16)
        reproject(
            coarse,
            expected,
            src_transform=dataset.transform,
            src_crs=dataset.crs,
            dst_transform=grid.affine,
            dst_crs=grid.crs,
            resampling=Resampling.cubic,
            tolerance=0,
        )
    np.testing.assert_array_equal(bands[BANDS.index("B11")], expected)


def test_cubic_convolution_by_hand(
    tmp_path: Path, theia: dict[str, Any], make_theia: Make, grid: Grid
) -> None:
    folder = make_theia(tmp_path)
    bands, _ = read(tmp_path, theia, folder.name, grid)
    with rasterio.open(folder / f"{folder.name}_FRE_B5.tif") as dataset:
        coarse = dataset.read(1).astype(float)

    def kernel(distance: np.ndarray) -> np.ndarray:
        d = np.abs(distance)
        near = 1.5 * d**3 - 2.5 * d**2 + 1
        far = -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
        return np.where(d <= 1, near, np.where(d < 2, far, 0))

    # Keys' cubic convolution with a = -1/2, as GDAL's, away from the edges.
    at = (np.arange(60) + 0.5) / 2 - 0.5
    weights = kernel(at[:, None] - np.arange(30)[None, :])
    expected = np.floor(weights @ coarse @ weights.T + 0.5)
    inner = slice(4, -4)
    assert np.abs(bands[BANDS.index("B5")][inner, inner] - expected[inner, inner]).max() <= 1


@pytest.mark.parametrize("mask", ["CLM", "SAT", "EDG"])
def test_any_bit_of_any_mask_makes_a_pixel_unusable(
    tmp_path: Path, theia: dict[str, Any], make_theia: Make, raster_writer: Write, grid: Grid, mask: str
) -> None:
    folder = make_theia(tmp_path)
    values = np.zeros(grid.shape, np.uint8)
    values[3, 4], values[50, 9] = 1, 128
    raster_writer(folder / "MASKS" / f"{folder.name}_{mask}_R1.tif", values, 10)
    _, valid = read(tmp_path, theia, folder.name, grid)
    np.testing.assert_array_equal(valid, values == 0)


def test_nodata_in_any_band_makes_a_pixel_unusable(
    tmp_path: Path, theia: dict[str, Any], make_theia: Make, raster_writer: Write, grid: Grid
) -> None:
    folder = make_theia(tmp_path)
    fine, coarse = np.full((60, 60), 500, np.int16), np.full((30, 30), 500, np.int16)
    fine[7, 8] = coarse[20, 10] = -10000
    raster_writer(folder / f"{folder.name}_FRE_B3.tif", fine, 10)
    raster_writer(folder / f"{folder.name}_FRE_B12.tif", coarse, 20)
    bands, valid = read(tmp_path, theia, folder.name, grid)
    expected = np.ones(grid.shape, bool)
    expected[7, 8] = False
    expected[40:42, 20:22] = False
    np.testing.assert_array_equal(valid, expected)
    # The nodata value has no weight in its neighbours.
    assert (bands[BANDS.index("B12")][expected] == 500).all()


@pytest.mark.parametrize("size", [17, 33])
@pytest.mark.parametrize("crs", ["EPSG:32631", "EPSG:2154"])
@pytest.mark.parametrize("resolution", [10.0, 13.0, 30.0])
def test_a_whole_read_is_its_blocks(
    tmp_path: Path,
    theia: dict[str, Any],
    make_theia: Make,
    raster_writer: Write,
    grid: Grid,
    size: int,
    crs: str,
    resolution: float,
) -> None:
    folder = make_theia(tmp_path)
    mask = (np.random.default_rng(2).random(grid.shape) < 0.05).astype(np.uint8)
    raster_writer(folder / "MASKS" / f"{folder.name}_CLM_R1.tif", mask, 10)
    target = output_grid(grid, crs, resolution)
    bands, valid = read(tmp_path, theia, folder.name, target)
    found_bands, found_valid = blockwise(tmp_path, theia, folder.name, target, size)
    np.testing.assert_array_equal(found_valid, valid)
    np.testing.assert_array_equal(found_bands, bands)
    assert valid.any()
    assert not valid.all()


def test_outside_the_product_is_not_valid(
    tmp_path: Path, theia: dict[str, Any], make_theia: Make, grid: Grid
) -> None:
    folder = make_theia(tmp_path)
    wider = Grid(grid.crs, (10.0, 0.0, 299950.0, 0.0, -10.0, 4800030.0), 80, 90)
    bands, valid = read(tmp_path, theia, folder.name, wider)
    expected = np.zeros(wider.shape, bool)
    expected[3:63, 5:65] = True
    np.testing.assert_array_equal(valid, expected)
    inside, _ = read(tmp_path, theia, folder.name, grid)
    np.testing.assert_array_equal(bands[:, 3:63, 5:65], inside)


def test_an_acquisition_may_be_opened_read_and_closed_by_different_threads(
    tmp_path: Path, theia: dict[str, Any], make_theia: Make, grid: Grid
) -> None:
    folder = make_theia(tmp_path)
    expected, _ = read(tmp_path, theia, folder.name, grid)
    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:
        opened = first.submit(open_acquisition, tmp_path, TILE, theia, folder.name, grid).result()
        bands, _ = second.submit(opened.read, whole(*grid.shape)).result()
        opened.close()
        again, _ = first.submit(read, tmp_path, theia, folder.name, grid).result()
    np.testing.assert_array_equal(bands, expected)
    np.testing.assert_array_equal(again, expected)


def test_bands_of_choice_in_order_of_choice(
    tmp_path: Path, theia: dict[str, Any], make_theia: Make, grid: Grid
) -> None:
    folder = make_theia(tmp_path)
    every, _ = read(tmp_path, theia, folder.name, grid)
    theia["bands"] = ["B8", "B3"]
    bands, _ = read(tmp_path, theia, folder.name, grid)
    np.testing.assert_array_equal(bands, every[[6, 1]])


def test_a_truncated_file_is_named(
    tmp_path: Path, theia: dict[str, Any], make_theia: Make, grid: Grid
) -> None:
    folder = make_theia(tmp_path)
    for band in ("B4", "B5"):
        path = folder / f"{folder.name}_FRE_{band}.tif"
        whole_file = path.read_bytes()
        path.write_bytes(whole_file[: len(whole_file) // 2])
        with pytest.raises(BadAcquisitionError, match=rf"{folder.name}: .*FRE_{band}\.tif: cannot be read"):
            read(tmp_path, theia, folder.name, grid)
        path.write_bytes(whole_file)


def test_an_empty_file_is_named(tmp_path: Path, theia: dict[str, Any], make_theia: Make, grid: Grid) -> None:
    folder = make_theia(tmp_path)
    path = folder / "MASKS" / f"{folder.name}_SAT_R1.tif"
    path.write_bytes(b"")
    with pytest.raises(BadAcquisitionError, match=r"SAT_R1\.tif: cannot be read") as caught:
        read(tmp_path, theia, folder.name, grid)
    assert caught.value.file == path


def test_a_missing_band_is_named(tmp_path: Path, theia: dict[str, Any], make_theia: Make, grid: Grid) -> None:
    folder = make_theia(tmp_path)
    (folder / f"{folder.name}_FRE_B7.tif").unlink()
    with pytest.raises(BadAcquisitionError, match=r"FRE_B7\.tif: the file is missing"):
        read(tmp_path, theia, folder.name, grid)


@pytest.mark.parametrize("side", [59, 61, 30])
def test_a_mask_of_another_size_is_named(
    tmp_path: Path, theia: dict[str, Any], make_theia: Make, raster_writer: Write, grid: Grid, side: int
) -> None:
    folder = make_theia(tmp_path)
    path = folder / "MASKS" / f"{folder.name}_CLM_R1.tif"
    raster_writer(path, np.zeros((side, 60), np.uint8), 10)
    with pytest.raises(
        BadAcquisitionError, match=rf"CLM_R1\.tif: .*found {side} x 60 .*first band has 60 x 60"
    ):
        read(tmp_path, theia, folder.name, grid)


def test_a_file_of_another_crs_is_named(
    tmp_path: Path, theia: dict[str, Any], make_theia: Make, raster_writer: Write, grid: Grid
) -> None:
    folder = make_theia(tmp_path)
    path = folder / f"{folder.name}_FRE_B8.tif"
    raster_writer(path, np.zeros((60, 60), np.int16), 10, crs="EPSG:32632")
    with pytest.raises(BadAcquisitionError, match=r"FRE_B8\.tif: .*found the CRS"):
        read(tmp_path, theia, folder.name, grid)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([0, 40000, 65535], np.uint16), [0, 32767, 32767]),
        (np.array([-32768, -5, 5], np.int16), [-32767, -5, 5]),
        (np.array([-(10**6), 7, 10**6], np.int32), [-32767, 7, 32767]),
        (np.array([0.5, -0.5, 2.4999], np.float32), [1, 0, 2]),
        (np.array([0, 1, 255], np.uint8), [0, 1, 255]),
    ],
)
def test_values_are_rounded_and_clipped_to_int16(
    tmp_path: Path,
    generic: dict[str, Any],
    raster_writer: Write,
    values: np.ndarray,
    expected: list[int],
) -> None:
    generic |= {"band_path": "{tile}/{date}_{band}.tif", "mask_path": None, "nodata": 100}
    raster_writer(tmp_path / TILE / "20180101_NDVI.tif", values[None], 10)
    line = Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -10.0, 4800000.0), 1, 3)
    bands, valid = read(tmp_path, generic, "20180101", line)
    assert bands[0, 0].tolist() == expected
    assert valid.all()


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_other_types_are_resampled_too(
    tmp_path: Path, generic: dict[str, Any], raster_writer: Write, grid: Grid, dtype: str
) -> None:
    generic |= {"band_path": "{tile}/{date}_{band}.tif", "mask_path": None, "nodata": 0}
    values = np.random.default_rng(0).integers(4000, 9000, (30, 30))
    values[4, 5] = 0
    raster_writer(tmp_path / TILE / "20180101_NDVI.tif", values.astype(dtype), 20)
    raster_writer(tmp_path / TILE / "20180102_NDVI.tif", values.astype(np.int16), 20)
    bands, valid = read(tmp_path, generic, "20180101", grid)
    expected, expected_valid = read(tmp_path, generic, "20180102", grid)
    np.testing.assert_array_equal(valid, expected_valid)
    assert np.abs(bands.astype(int) - expected)[:, valid].max() <= 1
    found, found_valid = blockwise(tmp_path, generic, "20180101", grid, 17)
    np.testing.assert_array_equal(found_valid, valid)
    np.testing.assert_array_equal(found[:, valid], bands[:, valid])


def test_nan_is_not_valid(tmp_path: Path, generic: dict[str, Any], raster_writer: Write) -> None:
    generic |= {"band_path": "{tile}/{date}_{band}.tif", "mask_path": None}
    raster_writer(tmp_path / TILE / "20180101_NDVI.tif", np.array([[1, np.nan, -10000]], np.float32), 10)
    line = Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -10.0, 4800000.0), 1, 3)
    _, valid = read(tmp_path, generic, "20180101", line)
    assert valid.tolist() == [[True, False, False]]


def test_a_type_that_cannot_hold_nodata_is_named(
    tmp_path: Path, generic: dict[str, Any], raster_writer: Write, grid: Grid
) -> None:
    generic |= {"band_path": "{tile}/{date}_{band}.tif", "mask_path": None}
    raster_writer(tmp_path / TILE / "20180101_NDVI.tif", np.zeros((60, 60), np.uint8), 10)
    with pytest.raises(BadAcquisitionError, match="uint8 cannot hold the sensor's nodata value -10000"):
        read(tmp_path, generic, "20180101", grid)


def test_masks_with_a_list_of_valid_values(
    tmp_path: Path, generic: dict[str, Any], raster_writer: Write, grid: Grid
) -> None:
    generic |= {
        "band_path": "{tile}/{date}_{band}.tif",
        "mask_path": "{tile}/{date}_SCL.tif",
        "mask_valid": [4, 5],
    }
    raster_writer(tmp_path / TILE / "20180101_NDVI.tif", np.zeros((60, 60), np.int16), 10)
    classes = np.random.default_rng(0).choice([3, 4, 5], (30, 30), p=[0.2, 0.4, 0.4]).astype(np.uint8)
    raster_writer(tmp_path / TILE / "20180101_SCL.tif", classes, 20)
    _, valid = read(tmp_path, generic, "20180101", grid)
    np.testing.assert_array_equal(valid, np.kron(classes != 3, np.ones((2, 2))).astype(bool))


def test_a_real_acquisition(slovenia: Path, generic: dict[str, Any]) -> None:
    name = "20160317T100659"
    folder = slovenia / "SI01" / name
    with rasterio.open(folder / f"SI01_{name}_NDVI.tif") as dataset:
        ndvi, transform = dataset.read(1), dataset.transform
    with rasterio.open(folder / f"SI01_{name}_CLOUD.tif") as dataset:
        cloud = dataset.read(1)
    grid = Grid("EPSG:32633", tuple(transform)[:6], *ndvi.shape)  # type: ignore[arg-type]
    bands, valid = read_acquisition(slovenia, "SI01", generic, name, grid, whole(*grid.shape))
    np.testing.assert_array_equal(valid, (cloud == 0) & (ndvi != -10000))
    np.testing.assert_array_equal(bands[0], ndvi)
