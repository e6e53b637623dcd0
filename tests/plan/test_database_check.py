import subprocess
import sys

import geopandas
import pandas as pd
import pytest
import shapely

from tilefold.cli import main
from tilefold.plan.database_check import found_classes


@pytest.fixture
def vector(tmp_path):
    rows = [
        {"crop": "Wheat", "farm": "a", "geometry": shapely.box(0, 0, 100, 100)},
        {"crop": "wheat ", "farm": "a", "geometry": shapely.box(200, 0, 300, 100)},
        {"crop": "maïs", "farm": "b", "geometry": shapely.box(300, 0, 400, 100)},
        {"crop": "fallow [x]", "farm": "b", "geometry": shapely.box(500, 0, 600, 100)},
        {"crop": None, "farm": "b", "geometry": shapely.box(700, 0, 800, 100)},
    ]
    path = tmp_path / "fields.gpkg"
    geopandas.GeoDataFrame(rows, geometry="geometry", crs="EPSG:2154").to_file(path)
    return path


@pytest.fixture
def nomenclature(tmp_path):
    path = tmp_path / "classes.txt"
    path.write_text("wheat:4\nmaïs:7\n")
    return path


def test_the_command_checks_a_database(vector, nomenclature, tmp_path):
    out = tmp_path / "out"
    command = [
        *(sys.executable, "-m", "tilefold.cli", "clean", str(vector)),
        *("--class-field", "crop", "--nomenclature", str(nomenclature), "--out", str(out)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["main", "4", "wheat", "read", "2", "200.0", "2.0000"] in lines
    assert any(line[:3] == ["main", "fallow", "[x]"] for line in lines)
    assert {path.name for path in out.iterdir()} == {"reference.gpkg", "rejected.gpkg", "cleaning.csv"}
    reference = geopandas.read_file(out / "reference.gpkg")
    assert sorted(reference["code"]) == [4, 4, 7]
    assert reference.crs == "EPSG:2154"
    used = pd.read_csv(out / "cleaning.csv").query("step == 'used'")
    assert used[["code", "features"]].to_numpy().tolist() == [[4, 2], [7, 1]]


def test_exit_status(vector, nomenclature, tmp_path, capsys):
    common = ["clean", str(vector), "--class-field", "crop"]
    assert main([*common, "--nomenclature", str(nomenclature), "--strict"]) == 1
    assert main([*common, "--group-field", "farm", "--overlaps", "clip", "--min-width", "20"]) == 0
    assert "5 features" not in capsys.readouterr().err
    assert main(["clean", str(vector), "--class-field", "other"]) == 1
    assert "no class field 'other'" in capsys.readouterr().err
    nomenclature.write_text("wheat\n")
    assert main([*common, "--nomenclature", str(nomenclature)]) == 1
    assert "line 1: expected `label:code`" in capsys.readouterr().err
    # Nothing stays where no folder is given.
    assert {path.name for path in tmp_path.iterdir()} == {"fields.gpkg", "classes.txt"}


def test_with_a_test_file_and_another_crs(vector, tmp_path):
    arguments = ["clean", str(vector), "--class-field", "crop", "--test-path", str(vector)]
    out = tmp_path / "out"
    assert main([*arguments, "--output-crs", "EPSG:4326", "--out", str(out)]) == 0
    reference = geopandas.read_file(out / "reference.gpkg")
    assert set(reference["split_value"]) == {"test"}
    assert reference.crs == "EPSG:4326"


def test_values_without_a_nomenclature():
    labels, names = found_classes(["12", "3.0", "maïs", "Wheat", "wheat"])
    assert labels == {3: "3", 12: "12", 13: "maïs", 14: "Wheat"}
    assert names == {"maïs": 13, "wheat": 14}
