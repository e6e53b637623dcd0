from dataclasses import replace
from datetime import timedelta

import numpy as np

from tilefold.simulation.layouts.landsat_c2 import write

BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7")
NAME = "LC08_L2SP_198030_20180511_20180527_02_T1"


def written(tmp_path, wide, given):
    made = given(wide, BANDS)
    made.bands["B2"][9, 2] = 12000
    write(tmp_path, wide, made.acquisition, made.bands, made.sky)
    return made, tmp_path / NAME


def test_numbers_are_scaled_as_collection_2_is(tmp_path, wide, given, read):
    made, home = written(tmp_path, wide, given)
    for band in BANDS:
        found = read(home / f"{NAME}_SR_{band}.TIF", wide, "uint16", 0)
        np.testing.assert_array_equal(found == 0, made.outside)
        reflectance = found[~made.outside] * 0.0000275 - 0.2
        assert np.abs(reflectance - made.bands[band][~made.outside] / 10000).max() <= 0.0000275 / 2 + 1e-12


def test_quality_values_are_those_of_the_product_guide(tmp_path, wide, given, read):
    made, home = written(tmp_path, wide, given)
    quality = read(home / f"{NAME}_QA_PIXEL.TIF", wide, "uint16", 1)
    assert set(np.unique(quality[made.outside])) == {1}
    # Over land, low confidence of all else: clear, dilated cloud, cloud, cloud shadow.
    assert set(np.unique(quality[made.cloud])) == {22280}
    assert set(np.unique(quality[made.shadow])) == {23888}
    rest = ~made.outside & ~made.cloud & ~made.shadow
    assert set(np.unique(quality[rest])) == {21824, 21762}
    assert (quality[3, 4:10] == 21762).all()
    assert quality[20, 10] == 21824
    saturated = read(home / f"{NAME}_QA_RADSAT.TIF", wide, "uint16")
    assert (saturated[0, 0], saturated[9, 2], np.count_nonzero(saturated)) == (0b1111111, 0b10, 2)


def test_the_text_file_names_the_factors(tmp_path, wide, given):
    _, home = written(tmp_path, wide, given)
    text = (home / f"{NAME}_MTL.txt").read_text()
    pairs = dict(
        line.strip().split(" = ") for line in text.splitlines() if " = " in line and "GROUP" not in line
    )
    assert pairs["DATE_ACQUIRED"] == "2018-05-11"
    assert float(pairs["REFLECTANCE_MULT_BAND_4"]) == 0.0000275
    assert float(pairs["REFLECTANCE_ADD_BAND_7"]) == -0.2
    assert len(list(home.iterdir())) == 7 + 2 + 1


def test_landsat_7_has_other_numbers_of_bands_and_no_cirrus(tmp_path, wide, given, read):
    made = given(wide, BANDS)
    made.bands["B7"][9, 2] = 12000
    later = replace(made.acquisition, time=made.acquisition.time + timedelta(days=16))
    write(tmp_path, wide, later, made.bands, made.sky)
    name = "LE07_L2SP_198030_20180527_20180612_02_T1"
    # Blue, green, red, near infrared, and two of the short-wave infrared.
    for band, like in {"B1": "B2", "B2": "B3", "B3": "B4", "B4": "B5", "B5": "B6", "B7": "B7"}.items():
        found = read(tmp_path / name / f"{name}_SR_{band}.TIF", wide, "uint16", 0)
        reflectance = found[~made.outside] * 0.0000275 - 0.2
        assert np.abs(reflectance - made.bands[like][~made.outside] / 10000).max() <= 0.0000275 / 2 + 1e-12
    assert not (tmp_path / name / f"{name}_SR_B6.TIF").exists()
    quality = read(tmp_path / name / f"{name}_QA_PIXEL.TIF", wide, "uint16", 1)
    # As for Landsat 8, without the bit that says that cirrus is unlikely; fill.
    assert set(np.unique(quality)) == {5440, 5378, 5896, 7504, 1}
    saturated = read(tmp_path / name / f"{name}_QA_RADSAT.TIF", wide, "uint16")
    assert (saturated[0, 0], saturated[9, 2]) == (0b1011111, 0b1000000)
    assert 'SPACECRAFT_ID = "LANDSAT_7"' in (tmp_path / name / f"{name}_MTL.txt").read_text()
