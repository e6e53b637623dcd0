import hashlib
import json
import re
from xml.etree import ElementTree

import geopandas
import numpy as np
import pytest
import rasterio
from pyproj import Transformer

from tilefold.sensors.catalogue import SENSORS
from tilefold.simulation.acquisitions import tile_acquisitions
from tilefold.simulation.classes import CODES
from tilefold.simulation.decoder import decoders, tile_differences, year_difference
from tilefold.simulation.dials import small
from tilefold.simulation.layout import tile_grids
from tilefold.simulation.parcels import make_parcels
from tilefold.simulation.scene import simulate_scene

TILES = small().tiles


@pytest.fixture
def scene(small_scene):
    return small_scene


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def truth(scene, tile):
    with rasterio.open(scene / "truth" / f"{tile}.tif") as dataset:
        return dataset.read(1), dataset.transform


def test_the_same_seed_gives_the_same_bytes_and_another_one_another_scene(scene, tmp_path):
    simulate_scene(tmp_path / "again", small())
    assert digests(tmp_path / "again") == digests(scene)
    simulate_scene(tmp_path / "other", small(seed=2))
    assert not np.array_equal(truth(tmp_path / "other", TILES[0])[0], truth(scene, TILES[0])[0])


def test_products_have_the_names_and_headers_of_theia(scene):
    sensor = SENSORS["sentinel2"]
    for tile in TILES:
        products = sorted((scene / "sentinel2" / tile).iterdir())
        assert len(products) >= 8
        for product in products:
            name = product.name
            assert re.fullmatch(sensor["product"], name)
            for band in sensor["bands"]:
                with rasterio.open(product / sensor["band_path"].format(name=name, band=band)) as dataset:
                    step = sensor["resolutions"][band]
                    assert (dataset.dtypes[0], dataset.nodata, dataset.res) == ("int16", -10000, (step, step))
                    assert dataset.shape == (56 * 10 // step, 56 * 10 // step)
            for mask in sensor["masks"]:
                with rasterio.open(product / mask["path"].format(name=name)) as dataset:
                    assert dataset.dtypes[0] == "uint8"
                    assert dataset.shape == (56, 56)
            metadata = ElementTree.parse(product / sensor["stamped"].format(name=name))
            date = metadata.find(".//ACQUISITION_DATE").text
            assert date[:10].replace("-", "") == re.fullmatch(sensor["product"], name)["date"]


def test_tiles_show_the_same_truth_where_they_overlap(scene):
    compared = 0
    for first in TILES:
        for second in TILES:
            a, at = truth(scene, first)
            b, bt = truth(scene, second)
            col, row = round((bt.c - at.c) / 10), round((at.f - bt.f) / 10)
            if first == second or not (0 <= col < 56 and 0 <= row < 56):
                continue
            np.testing.assert_array_equal(a[row:, col:], b[: 56 - row, : 56 - col])
            compared += a[row:, col:].size
    assert compared > 500


def test_clouds_edges_and_overlapping_dates(scene):
    flagged, dates = [], {}
    for tile in TILES:
        products = sorted((scene / "sentinel2" / tile).iterdir())
        dates[tile] = [re.search(r"_(\d{8})-", product.name)[1] for product in products]
        for product in products:
            with rasterio.open(product / "MASKS" / f"{product.name}_CLM_R1.tif") as dataset:
                flagged.append((dataset.read(1) > 0).mean())
    assert 0.2 < np.mean(flagged) < 0.7
    assert len({tuple(days) for days in dates.values()}) > 1
    assert any(len(set(days)) < len(days) for days in dates.values()), "a day with two acquisitions"


def test_reference_has_the_faults_that_real_ones_have(scene):
    features = geopandas.read_file(scene / "reference.gpkg")
    known = set(geopandas.pd.read_csv(scene / "nomenclature.csv")["code"])
    geometry = features.geometry
    assert geometry.isna().any()
    assert geometry.dropna().is_empty.any()
    assert (~geometry.dropna().is_valid).any()
    assert (geometry.geom_type == "MultiPolygon").any()
    assert geometry.dropna().to_wkb().duplicated().any()
    assert not set(features["code"]) <= known
    assert (geometry.dropna().area < 100).any()


def test_truth_says_what_the_best_possible_accuracy_is(scene):
    said = json.loads((scene / "truth" / "truth.json").read_text())
    best = said["best_possible"]
    assert 0.5 < best["truth"]["oa"] <= best["pure"]["oa"] < 1
    assert said["dials"]["size"] == 56


def test_a_class_lives_in_one_tile_only(scene):
    present = {tile: set(np.unique(truth(scene, tile)[0])) for tile in TILES}
    everywhere = set.intersection(*present.values())
    assert len(everywhere) >= 6
    assert 15 in present[TILES[0]]


def test_without_clouds_masks_flag_nothing_but_errors(tmp_path):
    simulate_scene(tmp_path, small(cloud_fraction=0.0, mask_overcall=0.0, always_flagged=0, tiles=TILES[:1]))
    for product in (tmp_path / "sentinel2" / TILES[0]).iterdir():
        with rasterio.open(product / "MASKS" / f"{product.name}_CLM_R1.tif") as dataset:
            assert not dataset.read(1).any()


@pytest.mark.parametrize(
    "changes",
    [
        {"sensor_noise": 0.0},
        {"parcel_effect": 0.0},
        {"parcel_effect": 1.0},
        {"shift": 0.0, "spatial_effect": 0.0, "class_effect": 0.0},
        {"cloud_fraction": 1.0},
        {"mixed_border": 0.0, "label_noise": 0.0, "faults": 0, "size_bias": 0.0},
    ],
)
def test_dials_go_down_to_0(tmp_path, changes):
    simulate_scene(tmp_path / "scene", small(**{"tiles": TILES[:1], "acquisitions": 3, **changes}))
    best = json.loads((tmp_path / "scene" / "truth" / "truth.json").read_text())["best_possible"]["truth"]
    assert 0 < best["oa"] <= 1


def test_tiles_of_two_zones_show_the_same_ground(tmp_path):
    dials = small(second_crs="EPSG:32632", dem=True)
    paths = simulate_scene(tmp_path / "scene", dials)
    grids = tile_grids(dials)
    assert [grid.crs[-2:] for grid in grids.values()] == ["31", "31", "32", "32"]
    found = {}
    for tile in dials.tiles:
        with rasterio.open(paths.truth_map(tile)) as truth, rasterio.open(paths.dem / f"{tile}.tif") as dem:
            assert truth.crs.to_string() == grids[tile].crs
            found[tile] = truth.read(1), dem.read(1), truth.transform
        product = next((paths.products("sentinel2") / tile).iterdir())
        with rasterio.open(next(product.glob("*_FRE_B2.tif"))) as band:
            assert (band.crs.to_string(), band.transform) == (grids[tile].crs, found[tile][2])
    for east, west in (("T31TDJ", "T31TCJ"), ("T31TDK", "T31TCK")):
        rows, cols = np.mgrid[: dials.size, : dials.size]
        x, y = found[east][2] * (cols + 0.5, rows + 0.5)
        x, y = Transformer.from_crs("EPSG:32632", "EPSG:32631", always_xy=True).transform(x, y)
        col, row = (np.floor(place).astype(int) for place in ~found[west][2] * (x, y))
        both = (row >= 0) & (row < dials.size) & (col >= 0) & (col < dials.size)
        assert both.sum() > 200
        for one, other in zip(found[east][:2], found[west][:2], strict=True):
            np.testing.assert_array_equal(one[both], other[row[both], col[both]])


def test_landsat_has_no_second_zone():
    with pytest.raises(ValueError, match="second_crs: found EPSG:32632, but not for landsat8, hls"):
        small(second_crs="EPSG:32632", sensors=("sentinel2", "landsat8", "hls"))


def test_a_later_year_has_the_same_parcels_and_other_crops_and_weather():
    first, later = small(), small(year=2019, years_on=1)
    before, after = make_parcels(first), make_parcels(later)
    for name in ("row", "col", "direction", "length", "width", "effects"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))
    codes = np.array(CODES)
    one, other = codes[before.class_index], codes[after.class_index]
    changed = one != other
    crops = np.isin(one, [5, 6, 8, 9, 10])
    assert not (changed & ~crops).any()
    np.testing.assert_array_equal(np.bincount(one), np.bincount(other))
    # 0.6 of the fields are drawn anew, of which those stay that get the same crop again.
    share = np.bincount(one[crops]) / crops.sum()
    assert changed[crops].mean() == pytest.approx(0.6 * (1 - (share**2).sum()), abs=0.05)
    for tile in first.tiles:
        days = [{item.day for item in tile_acquisitions(dials, tile)} for dials in (first, later)]
        assert days[0] != days[1]
        assert all(item.time.year == 2019 for item in tile_acquisitions(later, tile))
    # The same in all tiles, as far from the first year as tiles are from their mean.
    assert np.linalg.norm(year_difference(later)) == pytest.approx(np.linalg.norm(tile_differences(first)[0]))
    assert not year_difference(first).any()
    delays = [np.array([item.delay for item in decoders(dials).values()]) for dials in (first, later)]
    assert not np.allclose(delays[0], delays[1])
    still = [decoders(small(shift=0.0, years_on=number))["T31TCJ"] for number in (0, 1)]
    assert (still[0].delay, still[0].vigour) == (still[1].delay, still[1].vigour)
