import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tilefold.sensors.listing import (
    BadAcquisitionError,
    MissingProductsError,
    Product,
    list_products,
    reference_file,
)

LATE = "SENTINEL2B_20180601-105031-461_L2A_T31TCJ_C_V1-0"
EARLY = "SENTINEL2B_20180501-105031-461_L2A_T31TCJ_C_V1-0"


def touch_theia(root: Path, name: str, tile: str = "T31TCJ") -> Path:
    folder = root / tile / name
    folder.mkdir(parents=True)
    (folder / f"{name}_MTD_ALL.xml").write_text("<xml/>")
    return folder


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"abc")
    return path


def test_theia_products_are_sorted_by_date(tmp_path: Path, theia: dict[str, Any]) -> None:
    for name in (LATE, EARLY):
        touch_theia(tmp_path, name)
    touch(tmp_path / "T31TCJ" / "readme.txt")
    found = list_products(tmp_path, "T31TCJ", theia)
    assert [(item.date, item.name) for item in found] == [("2018-05-01", EARLY), ("2018-06-01", LATE)]
    metadata = tmp_path / "T31TCJ" / EARLY / f"{EARLY}_MTD_ALL.xml"
    assert found[0].stamp == (6, metadata.stat().st_mtime_ns)


def test_a_redelivery_has_another_stamp(tmp_path: Path, theia: dict[str, Any]) -> None:
    folder = touch_theia(tmp_path, EARLY)
    before = list_products(tmp_path, "T31TCJ", theia)
    os.utime(folder / f"{EARLY}_MTD_ALL.xml", ns=(1, 1))
    assert list_products(tmp_path, "T31TCJ", theia) != before


def test_a_tile_may_be_named_without_its_t(tmp_path: Path, theia: dict[str, Any]) -> None:
    touch_theia(tmp_path, EARLY, tile="31TCJ")
    assert len(list_products(tmp_path, "31TCJ", theia)) == 1


def test_a_tile_without_folder(tmp_path: Path, theia: dict[str, Any], generic: dict[str, Any]) -> None:
    for definition in (theia, generic):
        with pytest.raises(MissingProductsError, match=r"T31TCJ: no folder .*T31TCJ"):
            list_products(tmp_path, "T31TCJ", definition)


def test_a_tile_without_products(tmp_path: Path, theia: dict[str, Any], generic: dict[str, Any]) -> None:
    (tmp_path / "T31TCJ").mkdir()
    for definition in (theia, generic):
        with pytest.raises(MissingProductsError, match="T31TCJ: no product in"):
            list_products(tmp_path, "T31TCJ", definition)


def test_an_impossible_date_is_named(tmp_path: Path, theia: dict[str, Any]) -> None:
    name = EARLY.replace("20180501", "20181301")
    touch_theia(tmp_path, name)
    with pytest.raises(BadAcquisitionError, match=rf"{name}.*'20181301', expected the form %Y%m%d"):
        list_products(tmp_path, "T31TCJ", theia)


def test_a_product_without_metadata_is_named(tmp_path: Path, theia: dict[str, Any]) -> None:
    (touch_theia(tmp_path, EARLY) / f"{EARLY}_MTD_ALL.xml").unlink()
    with pytest.raises(BadAcquisitionError, match=rf"{EARLY}_MTD_ALL\.xml: no such file"):
        list_products(tmp_path, "T31TCJ", theia)


def test_a_product_of_another_tile_is_named(tmp_path: Path, theia: dict[str, Any]) -> None:
    touch_theia(tmp_path, EARLY.replace("T31TCJ", "T31TDJ"))
    with pytest.raises(BadAcquisitionError, match="of tile T31TDJ in the folder of tile T31TCJ"):
        list_products(tmp_path, "T31TCJ", theia)


def test_the_finest_band_gives_the_grid(
    tmp_path: Path, theia: dict[str, Any], make_theia: Callable[..., Path]
) -> None:
    folder = make_theia(tmp_path)
    theia["bands"] = ["B5", "B8", "B4"]
    product = list_products(tmp_path, "T31TCJ", theia)[0]
    expected = folder / f"{folder.name}_FRE_B8.tif"
    assert reference_file(tmp_path, "T31TCJ", theia, product) == expected
    assert reference_file(tmp_path, "T31TCJ", theia, product.name) == expected


def test_generic_products(tmp_path: Path, generic: dict[str, Any]) -> None:
    first = touch(tmp_path / "S1" / "20150801T100000" / "S1_20150801T100000_NDVI.tif")
    touch(tmp_path / "S1" / "20150711T100008" / "S1_20150711T100008_NDVI.tif")
    touch(tmp_path / "S1" / "S1_DEM.tif")
    found = list_products(tmp_path, "S1", generic)
    assert [(item.date, item.name) for item in found] == [
        ("2015-07-11", "20150711T100008"),
        ("2015-08-01", "20150801T100000"),
    ]
    assert found[1] == Product("2015-08-01", "20150801T100000", (3, first.stat().st_mtime_ns))
    assert reference_file(tmp_path, "S1", generic, found[1]) == first


def test_generic_dates_in_file_names(tmp_path: Path, generic: dict[str, Any]) -> None:
    generic |= {"band_path": "{tile}/x_{date}_{band}_{date}.tif", "bands": ["B1", "B2"]}
    for name in ("x_20150801_B1_20150801.tif", "x_20150801_B2_20150801.tif", "x_20150801_B1_20150802.tif"):
        touch(tmp_path / "S1" / name)
    assert [item.name for item in list_products(tmp_path, "S1", generic)] == ["20150801"]


def test_generic_dates_of_another_form(tmp_path: Path, generic: dict[str, Any]) -> None:
    generic |= {"band_path": "{date}/{tile}_{band}.tif", "date_format": "%Y%j"}
    touch(tmp_path / "2015192" / "S1_NDVI.tif")
    assert list_products(tmp_path, "S1", generic)[0].date == "2015-07-11"


def test_a_generic_date_without_its_first_band_is_named(tmp_path: Path, generic: dict[str, Any]) -> None:
    touch(tmp_path / "S1" / "20150801" / "S1_20150801_RED.tif")
    with pytest.raises(BadAcquisitionError, match=r"S1_20150801_NDVI\.tif: no file of the first band"):
        list_products(tmp_path, "S1", generic)


def test_an_impossible_generic_date_is_named(tmp_path: Path, generic: dict[str, Any]) -> None:
    touch(tmp_path / "S1" / "20151301" / "S1_20151301_NDVI.tif")
    with pytest.raises(
        BadAcquisitionError, match=r"20151301: .* does not begin as %Y%m%d; mend the name or set"
    ):
        list_products(tmp_path, "S1", generic)


def test_a_pattern_without_date_is_refused(tmp_path: Path, generic: dict[str, Any]) -> None:
    generic["band_path"] = "{tile}/{band}.tif"
    with pytest.raises(ValueError, match=r"band_path.*no \{date\}"):
        list_products(tmp_path, "S1", generic)


def test_an_unknown_reader_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="reader: found 'zip', known are folders, safe, sentinel1, generic"):
        list_products(tmp_path, "S1", {"reader": "zip"})


def test_real_tiles(slovenia: Path, generic: dict[str, Any]) -> None:
    found = list_products(slovenia, "SI00", generic)
    assert len(found) == 68
    assert [item.name for item in found if item.date == "2015-12-08"] == [
        "20151208T100409",
        "20151208T101125",
    ]
