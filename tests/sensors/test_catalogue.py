import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tilefold.sensors.catalogue import READERS, SENSORS
from tilefold.series.catalogue import FEATURES


@pytest.mark.parametrize("sensor", SENSORS)
def test_an_entry_is_plain_and_agrees_with_itself(sensor: str) -> None:
    entry = SENSORS[sensor]
    assert json.loads(json.dumps(entry)) == entry
    assert entry["reader"] in READERS
    known = [*entry.get("extra_bands", []), *entry["bands"]]
    assert list(entry["resolutions"]) == known
    assert set(entry["aliases"].values()) <= set(known)
    assert set(entry["features"]) <= set(FEATURES)


@pytest.mark.parametrize(
    ("name", "date", "tile"),
    [
        ("SENTINEL2A_20180511-105031-461_L2A_T31TCJ_C_V1-0", "20180511", "T31TCJ"),
        ("SENTINEL2B_20190101-105441-457_L2A_T31TDK_D_V2-0", "20190101", "T31TDK"),
        ("SENTINEL2A_2018051x-105031-461_L2A_T31TCJ_C_V1-0", "2018051x", "T31TCJ"),
    ],
)
def test_names_of_products(name: str, date: str, tile: str) -> None:
    match = re.fullmatch(SENSORS["sentinel2"]["product"], name)
    assert match
    assert (match["date"], match["tile"]) == (date, tile)


@pytest.mark.parametrize(
    "name",
    [
        "SENTINEL2X_20180515-000000-000_L3A_T31TCJ_C_V1-0",
        "SENTINEL2A_20180511-105031-461_L2A_T31TCJ_C_V1-0.zip",
        "notes",
    ],
)
def test_names_of_other_things(name: str) -> None:
    assert not re.fullmatch(SENSORS["sentinel2"]["product"], name)


def test_listing_opens_no_raster_library() -> None:
    code = (
        "import sys, importlib, tilefold.sensors.listing;"
        "from tilefold.sensors.catalogue import READERS;"
        "[importlib.import_module(module) for module in READERS.values()];"
        "heavy = {'numpy', 'rasterio', 'numba', 'torch'} & set(sys.modules); sys.exit(str(heavy) if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_every_sensor_is_described_for_users() -> None:
    page = (Path(__file__).parents[2] / "docs" / "own_data.md").read_text()
    for name in SENSORS:
        assert f"`{name}`" in page or f"`_{name.removeprefix('sentinel1_')}`" in page, name
