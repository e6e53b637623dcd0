"""Scenes with clouds in all optical layouts: what the readers give, beside what plain rasterio finds in the files."""

import numpy as np
import pytest
import rasterio
from rasterio.enums import Resampling
from rasterio.warp import reproject

from tilefold.grids.windows import whole
from tilefold.sensors.catalogue import SENSORS as READ
from tilefold.sensors.listing import list_products, reader_of
from tilefold.sensors.reading import read_acquisition
from tilefold.simulation.dials import SENSORS, small
from tilefold.simulation.layout import tile_grids
from tilefold.simulation.scene import simulate_scene
from tilefold.storage.rasters import grid_of

# Tiles of the old form of Landsat have names of their own.
OLD = ("landsat8old", "landsat5old")
TILES = {"T31TCJ": tuple(s for s in SENSORS if s not in (*OLD, "sentinel1")), "D0005H0002": OLD}
OPTICAL = [sensor for sensors in TILES.values() for sensor in sensors]
THIRTY = [sensor for sensor in OPTICAL if not sensor.startswith("sentinel2")]


def any_of(*places):
    return np.any(places, axis=0)


# Files of masks, and which of their pixels cannot be used, from the producers' guides.
MASKS = {
    "sentinel2": (("_CLM_R1.tif", "_SAT_R1.tif", "_EDG_R1.tif"), lambda v: v > 0),
    "sentinel2s2c": (("_SCL_20m.jp2",), lambda v: np.isin(v, (0, 1, 3, 8, 9, 10))),
    "sentinel2l3a": (("_FLG_R1.tif",), lambda v: v < 2),
    "landsat8": (("_CLM_XS.tif", "_SAT_XS.tif", "_EDG_XS.tif"), lambda v: v > 0),
    "landsat8old": (("_NUA.TIF", "_SAT.TIF", "_DIV.TIF"), lambda v: v > 0),
    "landsat5old": (("_NUA.TIF", "_SAT.TIF", "_DIV.TIF"), lambda v: v > 0),
    "landsat_c2": (("_QA_PIXEL.TIF",), lambda v: v & 0b11111 > 0),
    "hls": ((".Fmask.tif",), lambda v: any_of(v == 255, v & 0b1110 > 0)),
}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """Folder and dials of a scene for each of the two kinds of names."""
    found = {}
    for tile, sensors in TILES.items():
        dials = small(sensors=sensors, tiles=(tile,))
        folder = tmp_path_factory.mktemp("simulated") / tile
        simulate_scene(folder, dials)
        found[tile] = folder, dials
    return found


def products(scenes, sensor):
    """Root, tile, name and the tile's grid for each product of a sensor."""
    tile = "D0005H0002" if sensor in OLD else "T31TCJ"
    folder, dials = scenes[tile]
    grid = tile_grids(dials)[tile]
    return [
        (folder / sensor, tile, product.name, grid)
        for product in list_products(folder / sensor, tile, READ[sensor])
    ]


def files(sensor, root, tile, name):
    return reader_of(READ[sensor]).acquisition_files(root, tile, READ[sensor], name)


def touching(bad, native, grid):
    """Pixels of a grid of 10 m that hold a part of a bad pixel, by squares of 5 m; beyond the file all is bad."""
    side = round(native.transform[0] / 5)
    fine = np.kron(bad, np.ones((side, side), bool))
    top = round((native.transform[5] - grid.transform[5]) / 5)
    left = round((grid.transform[2] - native.transform[2]) / 5)
    assert min(top, left) >= 0
    result = np.ones((2 * grid.height, 2 * grid.width), bool)
    part = fine[top : top + 2 * grid.height, left : left + 2 * grid.width]
    result[: part.shape[0], : part.shape[1]] = part
    return result.reshape(grid.height, 2, grid.width, 2).any(axis=(1, 3))


@pytest.mark.parametrize("sensor", OPTICAL)
def test_usable_pixels_touch_nothing_that_the_masks_call_bad(scenes, sensor):
    usable, endings, shares = [], *MASKS[sensor][:1], []
    for root, tile, name, grid in products(scenes, sensor):
        bad = np.zeros(grid.shape, bool)
        for ending in endings:
            (path,) = (root / tile / name).rglob(f"*{ending}")
            with rasterio.open(path) as dataset:
                bad |= touching(MASKS[sensor][1](dataset.read(1)), grid_of(dataset), grid)
        _, valid = read_acquisition(root, tile, READ[sensor], name, grid, whole(*grid.shape))
        np.testing.assert_array_equal(valid, ~bad)
        usable.append(valid.any())
        shares.append(valid.mean())
    assert sum(usable) > len(usable) / 2
    assert 0.05 < np.mean(shares) < 0.9


@pytest.mark.parametrize("sensor", OPTICAL)
def test_on_their_own_grid_numbers_are_read_as_they_are(scenes, sensor):
    for root, tile, name, _ in products(scenes, sensor)[::4]:
        opened = files(sensor, root, tile, name)
        with rasterio.open(opened.bands[0].path) as dataset:
            grid = grid_of(dataset)
        values, _ = read_acquisition(root, tile, READ[sensor], name, grid, whole(*grid.shape))
        compared = 0
        for band, stored in zip(opened.bands, values, strict=True):
            with rasterio.open(band.path) as dataset:
                numbers = dataset.read(band.index).astype(int)
            if numbers.shape == grid.shape:
                compared += 1
                nothing = numbers == opened.nodata
                np.testing.assert_array_equal(stored, np.where(nothing, -32768, numbers + band.shift))
        assert compared >= 4


def doubtful(native, grid):
    """Pixels on the edge between GDAL's two rules.

    It convolves where all sixteen pixels around exist and is linear elsewhere; with a centre on a source pixel's
    in one direction alone, the rounding of coordinates decides which pixels are around.
    """
    step = grid.resolution[0] / native.resolution[0]
    down = (native.transform[5] - grid.transform[5]) / native.resolution[1]
    right = (grid.transform[2] - native.transform[2]) / native.resolution[0]
    rows = np.isclose((down + step * (np.arange(grid.height) + 0.5)) % 1, 0.5)
    cols = np.isclose((right + step * (np.arange(grid.width) + 0.5)) % 1, 0.5)
    return rows[:, None] ^ cols[None, :]


@pytest.mark.parametrize("sensor", THIRTY)
def test_on_the_tiles_grid_values_are_what_gdal_makes_of_them(scenes, sensor):
    compared = 0
    for root, tile, name, grid in products(scenes, sensor)[::4]:
        opened = files(sensor, root, tile, name)
        values, valid = read_acquisition(root, tile, READ[sensor], name, grid, whole(*grid.shape))
        for band, stored in zip(opened.bands, values, strict=True):
            expected = np.zeros(grid.shape, np.float32)
            with rasterio.open(band.path) as dataset:
                reproject(
                    dataset.read(band.index).astype(np.float32),
                    expected,
                    src_transform=dataset.transform,
                    src_crs=dataset.crs,
                    src_nodata=opened.nodata,
                    dst_transform=grid.affine,
                    dst_crs=grid.crs,
                    dst_nodata=np.nan,
                    resampling=Resampling.cubic,
                )
                sure = valid & ~doubtful(grid_of(dataset), grid)
            assert (np.abs(stored - (expected + band.shift))[sure] <= 0.51).all()
            compared += sure.sum()
    assert compared > 1000


@pytest.mark.parametrize(
    ("sensor", "starts"), [("landsat_c2", {"LC08", "LE07"}), ("hls", {"HLS.S30", "HLS.L30"})]
)
def test_several_satellites_lie_in_one_folder(scenes, sensor, starts):
    names = [name for _, _, name, _ in products(scenes, sensor)]
    assert {name[: len(next(iter(starts)))] for name in names} == starts


def test_masks_of_the_same_acquisition_agree_between_layouts(scenes):
    """Sen2Cor and Theia flag the same pixels of 20 m, HLS all that hold a part of one."""
    folder, dials = scenes["T31TCJ"]
    grid = tile_grids(dials)["T31TCJ"]
    theia = {}
    for product in sorted((folder / "sentinel2" / "T31TCJ").iterdir()):
        bad = np.zeros(grid.shape, bool)
        for mask in ("CLM", "EDG", "SAT"):
            with rasterio.open(product / "MASKS" / f"{product.name}_{mask}_R1.tif") as dataset:
                bad |= dataset.read(1) > 0
        theia[product.name[11:19], product.name[20:26]] = bad
    seen = [path.name for path in (folder / "sentinel2s2c" / "T31TCJ").iterdir()]
    assert sorted((name[11:19], name[20:26]) for name in seen) == sorted(theia)
    assert {name[28:32] for name in seen} == {"0211", "0500"}
    for name in seen:
        (path,) = (folder / "sentinel2s2c" / "T31TCJ" / name).rglob("*_SCL_20m.jp2")
        with rasterio.open(path) as dataset:
            found = MASKS["sentinel2s2c"][1](dataset.read(1))
        bad = theia[name[11:19], name[20:26]]
        np.testing.assert_array_equal(found, bad.reshape(28, 2, 28, 2).any(axis=(1, 3)))
    padded = {
        (np.datetime64(f"{day[:4]}-{day[4:6]}-{day[6:]}"), time): np.pad(bad, (0, 1), mode="edge")
        for (day, time), bad in theia.items()
    }
    harmonised = list((folder / "hls" / "T31TCJ").glob("HLS.S30.*"))
    assert len(harmonised) == len(theia)
    for product in harmonised:
        stamp = product.name.split(".")[3]
        day = np.datetime64(f"{stamp[:4]}-01-01") + int(stamp[4:7]) - 1
        with rasterio.open(product / f"{product.name}.Fmask.tif") as dataset:
            values = dataset.read(1)
        found = any_of(values == 255, values & 0b1010 > 0)
        bad = padded[day, stamp[8:]].reshape(19, 3, 19, 3).any(axis=(1, 3))
        np.testing.assert_array_equal(found, bad)
