"""The readers read every layout; what they find is the surface that was simulated."""

import numpy as np
import pytest
import rasterio
from scipy.ndimage import uniform_filter

from tilefold.grids.windows import whole
from tilefold.sensors.catalogue import SENSORS as READ
from tilefold.sensors.listing import find_products
from tilefold.sensors.reading import read_acquisition
from tilefold.simulation.decoder import decoders
from tilefold.simulation.dials import SENSORS, small
from tilefold.simulation.ground import make_ground
from tilefold.simulation.layout import tile_grids, tile_windows
from tilefold.simulation.parcels import make_parcels
from tilefold.simulation.scene import simulate_scene
from tilefold.simulation.sentinel1 import backscatter
from tilefold.simulation.statistics import BANDS

# Tiles of the old form of Landsat have names of their own.
OLD = ("landsat8old", "landsat5old")
CALM = {
    "cloud_fraction": 0.0, "mask_overcall": 0.0, "sensor_noise": 0.0, "edge_share": 0.2, "always_flagged": 0,
    "shift": 0.0, "overlap": 0,
}  # fmt: skip
# Bands of Sentinel-2 behind an alias: at 10 or 20 m, and, last, the one that Landsat's is taken from.
LIKE = {"red": ("B4",), "nir": ("B8", "B8A"), "swir2": ("B12",)}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """Scenes without clouds and noise, of one tile each."""
    found = {}
    for tile, sensors in (("T31TCJ", [s for s in SENSORS if s not in OLD]), ("D0005H0002", OLD)):
        dials = small(**CALM, sensors=tuple(sensors), tiles=(tile,))
        folder = tmp_path_factory.mktemp("simulated") / tile
        simulate_scene(folder, dials)
        ground = make_ground(dials, make_parcels(dials), tile_windows(dials)[tile])
        found[tile] = folder, dials, ground
    return found


def folder_of(sensor):
    return "sentinel1" if sensor.startswith("sentinel1") else sensor


def seen(scenes, sensor):
    """Product, stored bands and usable pixels of each product, and the scene."""
    tile = "D0005H0002" if sensor in OLD else "T31TCJ"
    folder, dials, ground = scenes[tile]
    grid, definition = tile_grids(dials)[tile], READ[sensor]
    found = find_products(folder / folder_of(sensor), tile, definition)
    assert not found.refused
    read = [
        (p, *read_acquisition(folder / folder_of(sensor), tile, definition, p.name, grid, whole(*grid.shape)))
        for p in found.products
    ]
    return read, dials, ground, decoders(dials)[tile]


def day(product):
    return float((np.datetime64(product.date) - np.datetime64("2018-01-01")).astype(int) + 1)


def test_every_sensor_of_the_readers_has_a_layout():
    assert {folder_of(sensor) for sensor in READ} == set(SENSORS)


def reflectance(ground, decoder, days, band):
    """Reflectance x 10000 of the ground, (rows, columns, days), within what products can hold."""
    index = BANDS.index(band)
    surface = ground.latents @ decoder.loadings(days)[:, :, index].T + decoder.levels(days)[:, index]
    return np.clip(surface, 20, 12000)


@pytest.mark.parametrize("sensor", [s for s in READ if not s.startswith("sentinel1") and s != "sentinel2l3a"])
def test_reflectances_are_those_of_the_ground(scenes, sensor):
    read, _, ground, decoder = seen(scenes, sensor)
    definition = READ[sensor]
    partly = 0
    assert len(read) >= 8
    for product, values, usable in read:
        partly += not usable.all()
        for alias, bands in LIKE.items():
            name = definition["aliases"][alias]
            step = definition["resolutions"][name]
            found = values[definition["bands"].index(name)] * definition["scale"] + definition["offset"]
            band = bands[0 if step == 10 else -1]
            wanted = reflectance(ground, decoder, np.array([day(product)]), band)[..., 0] / 10000
            # A pixel of 20 or 30 m is the mean of an area, and half of one away from it at most once resampled.
            wanted = uniform_filter(wanted, 1 if step == 10 else 3)[usable]
            away = np.abs(found[usable] - wanted).mean()
            assert away < (0.0001 if step == 10 else 0.3 * wanted.std())
            assert abs(found[usable].mean() - wanted.mean()) < 0.01
    assert partly > 0, "some see only part of the tile"


def test_syntheses_lie_between_the_dates_that_they_are_made_of(scenes):
    read, dials, ground, decoder = seen(scenes, "sentinel2l3a")
    assert [product.date for product, _, _ in read] == [f"2018-{month:02d}-15" for month in range(1, 13)]
    days = np.array([day(product) for product, _, _ in read])
    for (product, values, usable), middle in zip(read, days, strict=True):
        near = np.arange(max(1, middle - 23), min(365, middle + 23) + 1)
        surface = reflectance(ground, decoder, near, "B8")
        found = values[READ["sentinel2l3a"]["bands"].index("B8")][usable]
        assert (found >= surface[usable].min(axis=1) - 1).all(), product.name
        assert (found <= surface[usable].max(axis=1) + 1).all(), product.name
    assert dials.year == 2018


@pytest.mark.parametrize("sensor", [s for s in READ if s.startswith("sentinel1")])
def test_backscatter_is_that_of_the_ground(scenes, sensor):
    read, _, ground, decoder = seen(scenes, sensor)
    direction, polarisation = sensor[-5:-2], sensor[-2:]
    assert len(read) >= 30
    differences, partly = [], 0
    for product, values, usable in read:
        assert direction.upper() in product.name
        level = backscatter(polarisation, decoder, ground.latents, day(product))
        partly += not usable.all()
        # Stored are hundredths of a decibel; speckle has mean 1 in power.
        power = 10 ** (values[0][usable] * READ[sensor]["scale"] / 10)
        differences.append(10 * np.log10(np.mean(power / 10 ** (level[usable] / 10))))
    assert np.abs(differences).max() < 0.8
    assert np.mean(differences) == pytest.approx(-0.4 if direction == "asc" else 0.0, abs=0.02)
    assert partly > 0


def test_files_of_the_mask_agree_with_what_is_nodata(scenes):
    folder, dials, _ = scenes["T31TCJ"]
    for path in sorted((folder / "landsat_c2" / "T31TCJ").rglob("*_QA_PIXEL.TIF")):
        with rasterio.open(path) as quality, rasterio.open(str(path).replace("QA_PIXEL", "SR_B4")) as band:
            np.testing.assert_array_equal(quality.read(1) == 1, band.read(1) == 0)
    assert dials.size == 56
