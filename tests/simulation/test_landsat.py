"""Landsat on its own grid, against areas computed by hand from the same ground."""

import numpy as np
import pytest
import rasterio

from tilefold.grids.windows import Window
from tilefold.simulation.decoder import decoders
from tilefold.simulation.dials import small
from tilefold.simulation.ground import make_ground
from tilefold.simulation.landsat import harmonised_grid, landsat_grid
from tilefold.simulation.layout import scene_grid, tile_grids, tile_windows
from tilefold.simulation.parcels import make_parcels
from tilefold.simulation.scene import simulate_scene
from tilefold.simulation.statistics import BANDS

DIALS = small(
    sensors=("landsat8", "hls"), cloud_fraction=0.0, mask_overcall=0.0, sensor_noise=0.0, edge_share=0.0,
    always_flagged=0, tiles=("T31TCJ", "T31TCK"),
)  # fmt: skip
LIKE = {"B1": "B2", "B4": "B4", "B5": "B8A", "B7": "B12"}


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """A scene without clouds and noise."""
    folder = tmp_path_factory.mktemp("simulated") / "scene"
    simulate_scene(folder, DIALS)
    return folder


def expected(tile, band, day, grid):
    """Mean reflectance over each pixel of a grid, by overlaps of its edges with those of 10 m pixels."""
    window = tile_windows(DIALS)[tile]
    wide = Window(window.row_start - 6, window.row_stop + 6, window.col_start - 6, window.col_stop + 6)
    ground = make_ground(DIALS, make_parcels(DIALS), wide)
    fine = scene_grid(DIALS).crop(wide)
    decoder = decoders(DIALS)[tile]
    days, place = np.array([day]), BANDS.index(LIKE[band])
    surface = ground.latents @ decoder.loadings(days)[0][:, place] + decoder.levels(days)[0][place]

    def shares(start, size, count, fine_start, fine_count):
        edges = start + size * np.arange(count + 1)
        left = fine_start + 10 * np.arange(fine_count)
        overlap = np.minimum(edges[1:, None], left + 10) - np.maximum(edges[:-1, None], left)
        return np.clip(overlap, 0, None) / size

    top, left = grid.bounds[3], grid.bounds[0]
    rows = shares(-top, 30, grid.height, -fine.bounds[3], fine.height)
    cols = shares(left, 30, grid.width, fine.bounds[0], fine.width)
    assert np.allclose(rows.sum(axis=1), 1)
    return rows @ surface @ cols.T


def day_of_year(product):
    return (
        np.datetime64(f"{product[20:24]}-{product[24:26]}-{product[26:28]}") - np.datetime64("2018-01-01")
    ).astype(int) + 1


@pytest.mark.parametrize("band", LIKE)
def test_values_are_means_over_the_area_of_a_pixel(calm, band):
    for tile in DIALS.tiles:
        grid = landsat_grid(tile_grids(DIALS)[tile])
        products = sorted((calm / "landsat8" / tile).iterdir())
        for product in (products[3], products[9]):
            with rasterio.open(product / f"{product.name}_FRE_{band}.tif") as dataset:
                assert tuple(dataset.transform)[:6] == grid.affine[:6]
                found = dataset.read(1)
            wanted = expected(tile, band, float(day_of_year(product.name)), grid)
            np.testing.assert_allclose(found, np.clip(wanted, 20, 12000), atol=0.51)


def test_harmonised_products_see_the_same_on_the_tiles_own_corner(calm):
    tile = "T31TCK"
    grid = harmonised_grid(tile_grids(DIALS)[tile])
    (product,) = (calm / "hls" / tile).glob(
        f"HLS.L30.*.2018{day_of_year(sorted(p.name for p in (calm / 'landsat8' / tile).iterdir())[9]):03d}T*"
    )
    with rasterio.open(product / f"{product.name}.B05.tif") as dataset:
        assert tuple(dataset.transform)[:6] == grid.affine[:6]
        assert dataset.bounds[0] == tile_grids(DIALS)[tile].bounds[0]
        found = dataset.read(1)
    wanted = expected(tile, "B5", float(product.name.split(".")[3][4:7]), grid)
    np.testing.assert_allclose(found, np.clip(wanted, 20, 12000), atol=0.51)


def test_landsat_has_its_own_corners_and_covers_the_tile():
    for tile in tile_grids(DIALS).values():
        own = landsat_grid(tile)
        assert own.bounds[0] % 30 == own.bounds[3] % 30 == 15
        assert tile.bounds[0] % 30 in (0, 10, 20)
        for a, b in zip(own.bounds[:2], tile.bounds[:2], strict=True):
            assert b - 30 < a <= b
        for a, b in zip(own.bounds[2:], tile.bounds[2:], strict=True):
            assert b <= a < b + 30


def test_passes_are_sixteen_days_apart_and_none_is_in_the_gap(calm):
    for tile in DIALS.tiles:
        days = np.array([day_of_year(p.name) for p in sorted((calm / "landsat8" / tile).iterdir())])
        assert set(np.diff(days) % 16) == {0}
        assert not ((days >= DIALS.gap_start) & (days < DIALS.gap_start + DIALS.gap_days)).any()
        assert len(days) > 15
