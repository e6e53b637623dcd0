from dataclasses import replace
from xml.etree import ElementTree

import numpy as np

from tilefold.simulation.layouts.landsat8 import write

BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7")


def test_files_hold_what_is_given(tmp_path, wide, given, read):
    made = given(wide, BANDS)
    made.bands["B5"][3, 3] = 12000
    name = "LANDSAT8-OLITIRS-XS_20180511-105031-461_L2A_T31TCJ_C_V1-0"
    write(tmp_path, wide, replace(made.acquisition, name=name, platform="LANDSAT8"), made.bands, made.sky)
    home = tmp_path / name
    for band in BANDS:
        found = read(home / f"{name}_FRE_{band}.tif", wide, "int16", -10000)
        np.testing.assert_array_equal(found, made.bands[band])
    masks = {
        kind: read(home / "MASKS" / f"{name}_{kind}_XS.tif", wide, "uint8") for kind in ("CLM", "EDG", "SAT")
    }
    np.testing.assert_array_equal(masks["CLM"] > 0, made.cloud | made.shadow)
    np.testing.assert_array_equal(masks["EDG"] == 1, made.outside)
    assert (masks["SAT"][0, 0], masks["SAT"][3, 3], np.count_nonzero(masks["SAT"])) == (127, 1 << 4, 2)
    metadata = ElementTree.parse(home / f"{name}_MTD_ALL.xml")
    group = metadata.find(".//Group_Geopositioning_Insert")
    assert group.attrib["group_id"] == "XS"
    assert [group.findtext(key) for key in ("ULX", "ULY", "XDIM", "NROWS")] == [
        "359985",
        "4800255",
        "30",
        "24",
    ]
