import re
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import numpy as np
import pytest
import rasterio

from tilefold.sensors.catalogue import SENSORS
from tilefold.sensors.listing import list_products
from tilefold.sensors.safe import acquisition_files
from tilefold.simulation.layouts.sen2cor import write
from tilefold.simulation.statistics import BANDS, COARSE_BANDS


@pytest.mark.parametrize(("later", "baseline", "offset"), [(0, "0500", -1000), (1, "0211", 0)])
def test_numbers_and_offset_give_the_reflectances_again(tmp_path, fine, given, read, later, baseline, offset):
    made = given(fine, BANDS, COARSE_BANDS)
    acquisition = replace(made.acquisition, time=made.acquisition.time + timedelta(days=later))
    write(tmp_path, fine, acquisition, made.bands, made.sky)
    (home,) = tmp_path.iterdir()
    match = re.fullmatch(
        r"S2A_MSIL2A_2018051\dT105031_N(\d{4})_R051_T31TCJ_2018051\dT135031\.SAFE", home.name
    )
    assert match[1] == baseline
    metadata = ElementTree.parse(home / "MTD_MSIL2A.xml")
    assert metadata.findtext(".//PROCESSING_BASELINE") == f"{baseline[:2]}.{baseline[2:]}"
    assert metadata.findtext(".//PRODUCT_START_TIME").startswith(f"2018-05-{11 + later}T10:50:31.461")
    quantification = float(metadata.findtext(".//BOA_QUANTIFICATION_VALUE"))
    offsets = {int(o.attrib["band_id"]): int(o.text) for o in metadata.iter("BOA_ADD_OFFSET")}
    assert offsets == (dict.fromkeys(range(13), -1000) if offset else {})
    (granule,) = (home / "GRANULE").iterdir()
    stamp = f"T31TCJ_2018{acquisition.time:%m%dT%H%M%S}"
    for band in BANDS:
        step = 20 if band in COARSE_BANDS else 10
        long = band if band in ("B8A", "B11", "B12") else f"B0{band[1]}"
        path = granule / "IMG_DATA" / f"R{step}m" / f"{stamp}_{long}_{step}m.jp2"
        found = read(path, fine, "uint16", None, step)
        wanted = made.bands[band]
        np.testing.assert_array_equal(found == 0, wanted == -10000)
        reflectance = (found[found > 0].astype(int) + offset) / quantification
        np.testing.assert_allclose(reflectance, wanted[wanted != -10000] / 10000, rtol=1e-12)


@pytest.mark.parametrize("tile", ["31TCJ", "D0005H0002"])
def test_names_of_tiles_begin_with_t(tmp_path, fine, given, tile):
    made = given(fine, BANDS, COARSE_BANDS)
    write(tmp_path / tile, fine, replace(made.acquisition, tile=tile), made.bands, made.sky)
    (product,) = list_products(tmp_path, tile, SENSORS["sentinel2s2c"])
    assert f"_T{tile}_" in product.name
    files = acquisition_files(tmp_path, tile, SENSORS["sentinel2s2c"], product.name)
    assert all(file.path.name.startswith(f"T{tile}_") for file in files.bands)


def test_scene_classes_call_clouds_shadows_and_the_edge(tmp_path, fine, given, read):
    made = given(fine, BANDS, COARSE_BANDS)
    write(tmp_path, fine, made.acquisition, made.bands, made.sky)
    (path,) = tmp_path.rglob("*_SCL_20m.jp2")
    classes = read(path, fine, "uint8", None, 20)
    np.testing.assert_array_equal(classes == 9, made.cloud[::2, ::2])
    np.testing.assert_array_equal(classes == 3, made.shadow[::2, ::2])
    np.testing.assert_array_equal(classes == 0, made.outside[::2, ::2])
    assert classes[0, 0] == 1
    assert set(np.unique(classes)) <= {0, 1, 3, 4, 5, 6, 9}
    assert len(list(path.parents[1].rglob("*.jp2"))) == 11


def test_the_driver_is_openjpeg_and_loses_nothing(tmp_path, fine, given):
    made = given(fine, BANDS, COARSE_BANDS)
    write(tmp_path, fine, made.acquisition, made.bands, made.sky)
    with rasterio.open(next(tmp_path.rglob("*_B04_10m.jp2"))) as dataset:
        assert dataset.driver == "JP2OpenJPEG"
        assert dataset.tags(ns="IMAGE_STRUCTURE")["COMPRESSION_REVERSIBILITY"].startswith("LOSSLESS")
