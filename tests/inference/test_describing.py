"""The style and the item beside the maps, read back by other means."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pystac
import pytest
from pyproj import Transformer

from tilefold.grids.grid import Grid
from tilefold.inference.describing import describe_map
from tilefold.storage.rasters import create_raster

GRID = Grid("EPSG:32631", (10.0, 0.0, 500000.0, 0.0, -10.0, 4800000.0), 300, 270)
SETTINGS = {
    "fold": "all",
    "seed": 3,
    "classes": [
        {"code": 1, "label": 'vignes & "vergers"', "colour": [255, 0, 10]},
        {"code": 7, "label": "forêt", "colour": [0, 99, 1]},
    ],
    "start": "2018-01-01",
    "end": "2018-12-27",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, dtype, nodata, bands in (
        ("classification", "uint8", 0, ["classification"]),
        ("probabilities", "uint16", 65535, ["class_1", "class_7"]),
    ):
        path = tmp_path / f"{name}.tif"
        tags = {"tilefold_models": "all abc"}
        with create_raster(path, GRID, dtype=dtype, nodata=nodata, descriptions=bands, tags=tags) as raster:
            raster.write(np.zeros((len(bands), *GRID.shape), dtype))
    maps = {name: tmp_path / f"{name}.tif" for name in ("classification", "probabilities")}
    describe_map(
        maps,
        SETTINGS,
        style=tmp_path / "classification.qml",
        item=tmp_path / "item.json",
        categories=tmp_path / "classification.tif.aux.xml",
    )
    return tmp_path


def test_the_item_is_read_by_pystac_and_tells_place_time_and_classes(folder: Path) -> None:
    item = pystac.Item.from_file(folder / "item.json")
    assert item.id == "all_seed_3"
    assert item.properties["start_datetime"] == "2018-01-01T00:00:00Z"
    assert item.properties["end_datetime"] == "2018-12-27T23:59:59Z"
    assert item.properties["proj:code"] == "EPSG:32631"
    assert item.properties["proj:shape"] == [300, 270]
    assert item.properties["tilefold_models"] == "all abc"
    assert "created" not in item.properties
    to_degrees = Transformer.from_crs("EPSG:32631", "EPSG:4326", always_xy=True).transform
    west, north = to_degrees(500000, 4800000)
    east, south = to_degrees(502700, 4800000)[0], to_degrees(500000, 4797000)[1]
    np.testing.assert_allclose(item.bbox, [west, south, east, north], atol=1e-5)
    corners = np.array(item.geometry["coordinates"][0])
    assert np.abs(corners - [west, north]).sum(axis=1).min() < 1e-6
    assets = item.get_assets()
    for name in ("classification", "probabilities"):
        assert Path(assets[name].get_absolute_href()) == folder / f"{name}.tif"
    assert [band["name"] for band in assets["probabilities"].extra_fields["bands"]] == ["class_1", "class_7"]
    classes = assets["classification"].extra_fields["classification:classes"]
    assert [(entry["value"], entry["title"], entry["color_hint"]) for entry in classes] == [
        (1, 'vignes & "vergers"', "FF000A"),
        (7, "forêt", "006301"),
    ]


def test_the_style_holds_all_classes(folder: Path) -> None:
    root = ElementTree.parse(folder / "classification.qml").getroot()
    entries = [
        (entry.get("value"), entry.get("color"), entry.get("label")) for entry in root.iter("paletteEntry")
    ]
    assert entries == [("1", "#ff000a", 'vignes & "vergers"'), ("7", "#006301", "forêt")]
    assert root.find("pipe/rasterrenderer").get("type") == "paletted"


def test_gdal_shows_the_categories(folder: Path) -> None:
    if shutil.which("gdalinfo") is None:
        pytest.skip("gdalinfo is not installed")
    command = ["gdalinfo", folder / "classification.tif"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    names = text.split("  Categories:\n")[1].splitlines()[:8]
    expected = ["", 'vignes & "vergers"', *[""] * 5, "forêt"]
    assert [name.strip() for name in names] == [f"{i}: {name}".strip() for i, name in enumerate(expected)]


def test_no_path_of_the_machine_is_in_the_item(folder: Path) -> None:
    assert str(folder) not in (folder / "item.json").read_text()
    assert json.loads((folder / "item.json").read_text())["links"] == []
