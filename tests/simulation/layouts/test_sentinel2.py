from dataclasses import replace
from xml.etree import ElementTree

import numpy as np

from tilefold.simulation.layouts.sentinel2 import write
from tilefold.simulation.statistics import BANDS, COARSE_BANDS


def test_files_hold_what_is_given(tmp_path, fine, given, read):
    made = given(fine, BANDS, COARSE_BANDS)
    name = "SENTINEL2A_20180511-105031-461_L2A_T31TCJ_C_V1-0"
    write(tmp_path, fine, replace(made.acquisition, name=name), made.bands, made.sky)
    home = tmp_path / name
    for band in BANDS:
        found = read(
            home / f"{name}_FRE_{band}.tif", fine, "int16", -10000, 20 if band in COARSE_BANDS else 10
        )
        np.testing.assert_array_equal(found, made.bands[band])
    clouds = read(home / "MASKS" / f"{name}_CLM_R1.tif", fine, "uint8")
    np.testing.assert_array_equal(clouds > 0, made.cloud | made.shadow)
    assert (clouds[made.cloud] & 2).all()
    assert (clouds[made.shadow] & 32).all()
    np.testing.assert_array_equal(
        read(home / "MASKS" / f"{name}_EDG_R1.tif", fine, "uint8") == 1, made.outside
    )
    saturated = read(home / "MASKS" / f"{name}_SAT_R1.tif", fine, "uint8")
    assert np.argwhere(saturated).tolist() == [[0, 0]]
    half = read(home / "MASKS" / f"{name}_CLM_R2.tif", fine, "uint8", step=20)
    np.testing.assert_array_equal(half, clouds.reshape(12, 2, 12, 2).max(axis=(1, 3)))
    metadata = ElementTree.parse(home / f"{name}_MTD_ALL.xml")
    assert metadata.findtext(".//ACQUISITION_DATE") == "2018-05-11T10:50:31.461Z"
    assert metadata.findtext(".//HORIZONTAL_CS_CODE") == "32631"
    inside = ~made.outside
    percent = 100 * ((clouds > 0) & inside).sum() / inside.sum()
    assert int(metadata.findtext(".//QUALITY_INDEX[@name='CloudPercent']")) == round(percent)
