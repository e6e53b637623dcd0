from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import rasterio

from tilefold.simulation.dials import small
from tilefold.simulation.layouts.sentinel2l3a import write
from tilefold.simulation.scene import simulate_scene
from tilefold.simulation.statistics import BANDS, COARSE_BANDS


def test_files_hold_what_is_given(tmp_path, fine, given, read):
    made = given(fine, BANDS, COARSE_BANDS)
    made.bands["B3"][20, 3], made.bands["B8"][20, 3] = 900, 300
    made.bands["B3"][21, 3], made.bands["B8"][21, 3] = 900, 3000
    name = "SENTINEL2X_20180515-000000-000_L3A_T31TCJ_C_V1-0"
    write(tmp_path, fine, replace(made.acquisition, name=name), made.bands, made.sky)
    for band in BANDS:
        path = tmp_path / name / f"{name}_FRC_{band}.tif"
        found = read(path, fine, "int16", -10000, 20 if band in COARSE_BANDS else 10)
        np.testing.assert_array_equal(found, made.bands[band])
    flags = read(tmp_path / name / "MASKS" / f"{name}_FLG_R1.tif", fine, "uint8")
    np.testing.assert_array_equal(flags == 0, made.outside)
    np.testing.assert_array_equal(flags == 1, made.cloud | made.shadow)
    assert (flags[20, 3], flags[21, 3]) == (3, 4)
    half = read(tmp_path / name / "MASKS" / f"{name}_FLG_R2.tif", fine, "uint8", step=20)
    np.testing.assert_array_equal(half, flags.reshape(12, 2, 12, 2).min(axis=(1, 3)))
    metadata = ElementTree.parse(tmp_path / name / f"{name}_MTD_ALL.xml")
    assert metadata.findtext(".//PRODUCT_LEVEL") == "L3A"


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated") / "scene"
    simulate_scene(
        folder, small(sensors=("sentinel2", "sentinel2l3a"), tiles=("T31TCJ", "T31TCK"), acquisitions=20)
    )
    return folder


def days_from(path, middle):
    with_date = np.datetime64(f"{path.name[11:15]}-{path.name[15:17]}-{path.name[17:19]}")
    return int((with_date - np.datetime64(middle)).astype(int))


def test_each_month_has_one_synthesis_and_all_tiles_the_same_dates(scene):
    names = [
        sorted(p.name.replace(t, "") for p in (scene / "sentinel2l3a" / t).iterdir())
        for t in ("T31TCJ", "T31TCK")
    ]
    assert names[0] == names[1]
    assert [name[11:19] for name in names[0]] == [f"2018{month:02d}15" for month in range(1, 13)]


@pytest.mark.parametrize("month", [2, 6, 9])
def test_a_synthesis_is_the_weighted_mean_of_the_clear_dates_around_it(scene, month):
    # From the files of level 2A, pixel by pixel at 20 m, with plain loops.
    tile, rng = "T31TCK", np.random.default_rng(month)
    middle = f"2018-{month:02d}-15"
    (synthesis,) = (scene / "sentinel2l3a" / tile).glob(f"*_2018{month:02d}15-*")
    near = [p for p in sorted((scene / "sentinel2" / tile).iterdir()) if abs(days_from(p, middle)) <= 23]
    found = rasterio.open(synthesis / f"{synthesis.name}_FRC_B11.tif").read(1)
    flags = rasterio.open(synthesis / "MASKS" / f"{synthesis.name}_FLG_R2.tif").read(1)
    stacks = []
    for product in near:
        band = rasterio.open(product / f"{product.name}_FRE_B11.tif").read(1)
        cloud = rasterio.open(product / "MASKS" / f"{product.name}_CLM_R2.tif").read(1)
        stacks.append((1 - abs(days_from(product, middle)) / 24, band, cloud))
    for row, col in rng.integers(0, 28, (40, 2)):
        inside = [(w, int(b[row, col]), c[row, col] == 0) for w, b, c in stacks if b[row, col] != -10000]
        used = [(w, value) for w, value, clear in inside if clear] or [(w, value) for w, value, _ in inside]
        if not inside:
            assert (found[row, col], flags[row, col]) == (-10000, 0)
            continue
        mean = sum(w * value for w, value in used) / sum(w for w, _ in used)
        assert abs(found[row, col] - mean) <= 0.5 + 1e-9
        assert (flags[row, col] in (3, 4)) == any(clear for _, _, clear in inside)
