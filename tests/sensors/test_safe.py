"""Products of Sen2Cor, read from disk."""

import numpy as np
import pytest

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window, whole
from tilefold.sensors.catalogue import SENSORS
from tilefold.sensors.errors import BadAcquisitionError
from tilefold.sensors.listing import find_products, list_products, reference_file
from tilefold.sensors.reading import read_acquisition

NAME = "S2A_MSIL2A_20190501T105039_N0500_R051_T31TCJ_20230501T135702.SAFE"
SENSOR = SENSORS["sentinel2s2c"]
SIDE = 64
GRID = Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -10.0, 4800000.0), SIDE, SIDE)
#: Bands in the order of their ids in the metadata.
IDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"]

METADATA = """<?xml version="1.0" encoding="UTF-8"?>
<n1:Level-2A_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd">
 <n1:General_Info>
  <Product_Info>
   <PRODUCT_START_TIME>2019-05-01T10:50:39.024Z</PRODUCT_START_TIME>
   <PROCESSING_BASELINE>05.00</PROCESSING_BASELINE>
  </Product_Info>
  <Product_Image_Characteristics>
   <QUANTIFICATION_VALUES_LIST>
    <BOA_QUANTIFICATION_VALUE unit="none">{quantification}</BOA_QUANTIFICATION_VALUE>
    <AOT_QUANTIFICATION_VALUE unit="none">1000.0</AOT_QUANTIFICATION_VALUE>
   </QUANTIFICATION_VALUES_LIST>
   {offsets}
  </Product_Image_Characteristics>
 </n1:General_Info>
</n1:Level-2A_User_Product>
"""


def write_metadata(folder, offsets, quantification=10000):
    """Metadata with an offset by band; without any, the list of offsets is missing."""
    entries = "".join(
        f'<BOA_ADD_OFFSET band_id="{IDS.index(band)}">{offset}</BOA_ADD_OFFSET>'
        for band, offset in offsets.items()
    )
    listed = f"<BOA_ADD_OFFSET_VALUES_LIST>{entries}</BOA_ADD_OFFSET_VALUES_LIST>" if offsets else ""
    (folder / "MTD_MSIL2A.xml").write_text(METADATA.format(quantification=quantification, offsets=listed))


@pytest.fixture
def product(tmp_path, raster_writer):
    """A product; its folder, numbers by band, scene classes."""
    folder = tmp_path / "T31TCJ" / NAME
    images = folder / "GRANULE" / "L2A_T31TCJ_A011231_20190501T105819" / "IMG_DATA"
    options = {"driver": "JP2OpenJPEG", "QUALITY": "100", "REVERSIBLE": "YES"}
    rng = np.random.default_rng(0)
    numbers = {}
    for band, size in SENSOR["resolutions"].items():
        side = SIDE * 10 // size
        numbers[band] = rng.integers(1, 20000, (side, side)).astype(np.uint16)
        numbers[band][1, 1] = 0
        path = images / f"R{size}m" / f"T31TCJ_20190501T105039_{band}_{size}m.jp2"
        raster_writer(path, numbers[band], size, **options)
        if size == 10:
            coarse = np.full((SIDE // 2, SIDE // 2), 9, np.uint16)
            raster_writer(images / "R20m" / f"T31TCJ_20190501T105039_{band}_20m.jp2", coarse, 20, **options)
    classes = rng.integers(0, 12, (SIDE // 2, SIDE // 2)).astype(np.uint8)
    raster_writer(images / "R20m" / "T31TCJ_20190501T105039_SCL_20m.jp2", classes, 20, **options)
    write_metadata(folder, {})
    return folder, numbers, classes


def read(root, grid=GRID, window=None, **choices):
    return read_acquisition(root, "T31TCJ", {**SENSOR, **choices}, NAME, grid, window or whole(*grid.shape))


def expected_valid(numbers, classes):
    clear = ~np.isin(classes, [0, 1, 3, 8, 9, 10])
    for band, values in numbers.items():
        if SENSOR["resolutions"][band] == 20:
            clear &= values != 0
    clear = np.kron(clear, np.ones((2, 2))).astype(bool)
    clear[1, 1] = False
    return clear


@pytest.mark.parametrize(
    "offsets",
    [
        {},
        dict.fromkeys(IDS, -1000),
        {band: -1000 - 10 * number for number, band in enumerate(IDS)},
        {"B8A": -7},
    ],
)
def test_offsets_come_from_the_metadata(tmp_path, product, by_gdal, offsets):
    folder, numbers, classes = product
    write_metadata(folder, offsets)
    bands, valid = read(tmp_path)
    np.testing.assert_array_equal(valid, expected_valid(numbers, classes))
    for index, band in enumerate(SENSOR["bands"]):
        values, size = numbers[band].astype(np.int32), SENSOR["resolutions"][band]
        expected = values if size == 10 else by_gdal(values, 20, GRID, nodata=0)
        assert np.abs(bands[index] - (expected + offsets.get(band, 0)))[valid].max() <= (size == 20)


def test_reflectance(tmp_path, product):
    folder, numbers, _ = product
    write_metadata(folder, dict.fromkeys(IDS, -1000))
    bands, valid = read(tmp_path, bands=["B04"])
    reflectance = bands[0] * SENSOR["scale"] + SENSOR["offset"]
    np.testing.assert_allclose(reflectance[valid], (numbers["B04"][valid].astype(float) - 1000) / 10000)


def test_a_window_is_a_part_of_the_whole(tmp_path, product):
    bands, valid = read(tmp_path)
    part, part_valid = read(tmp_path, window=Window(13, 50, 7, 33))
    np.testing.assert_array_equal(part, bands[:, 13:50, 7:33])
    np.testing.assert_array_equal(part_valid, valid[13:50, 7:33])


def test_listing(tmp_path, product):
    products = list_products(tmp_path, "T31TCJ", SENSOR)
    assert [(item.name, item.date) for item in products] == [(NAME, "2019-05-01")]
    path = reference_file(tmp_path, "T31TCJ", SENSOR, products[0])
    assert path.name == "T31TCJ_20190501T105039_B02_10m.jp2"
    bad = tmp_path / "T31TCJ" / NAME.replace("20190501T105039", "20191301T105039")
    bad.mkdir()
    found = find_products(tmp_path, "T31TCJ", SENSOR)
    assert found.products == products
    assert [error.product for error in found.refused] == [bad.name]


def test_older_names_of_images(tmp_path, product):
    expected, _ = read(tmp_path)
    for path in product[0].glob("GRANULE/*/IMG_DATA/*/*.jp2"):
        path.rename(path.with_name(f"L2A_{path.name}"))
    found, _ = read(tmp_path)
    np.testing.assert_array_equal(found, expected)


def damage_metadata(folder):
    (folder / "MTD_MSIL2A.xml").write_text("<a><b></a>")


def other_quantification(folder):
    write_metadata(folder, {}, 1000)


def unknown_band(folder):
    text = METADATA.format(quantification=10000, offsets='<BOA_ADD_OFFSET band_id="13">1</BOA_ADD_OFFSET>')
    (folder / "MTD_MSIL2A.xml").write_text(text)


def no_metadata(folder):
    (folder / "MTD_MSIL2A.xml").unlink()


def no_band(folder):
    next(folder.glob("GRANULE/*/IMG_DATA/R20m/*_B11_20m.jp2")).unlink()


def no_classes(folder):
    next(folder.glob("GRANULE/*/IMG_DATA/R20m/*_SCL_20m.jp2")).unlink()


def cut_short(folder):
    path = next(folder.glob("GRANULE/*/IMG_DATA/R20m/*_B11_20m.jp2"))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def second_granule(folder):
    (folder / "GRANULE" / "L2A_T31TCJ_A011231_20190501T110000").mkdir()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (damage_metadata, r"MTD_MSIL2A\.xml: cannot be read: mismatched tag"),
        (other_quantification, r"found BOA_QUANTIFICATION_VALUE \[1000\], expected 10000"),
        (unknown_band, r"MTD_MSIL2A\.xml: cannot be read"),
        (no_metadata, r"MTD_MSIL2A\.xml: no metadata file"),
        (no_band, r"\*_B11_20m\.jp2: the file is missing"),
        (no_classes, r"\*_SCL_20m\.jp2: the file is missing"),
        (cut_short, r"_B11_20m\.jp2: cannot be read"),
        (second_granule, "GRANULE: found 2 folders of granules, expected one"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, product, spoil, message):
    spoil(product[0])
    with pytest.raises(BadAcquisitionError, match=message):
        read(tmp_path)
