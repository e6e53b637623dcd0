"""Faults of configs that name data on disk: all of a kind in one line, none hidden by another."""

import pytest

from tilefold.config.load import ConfigError, read_config
from tilefold.plan.inventory import make_plan
from tilefold.plan.overview import data_lines
from tilefold.plan.tiles import tiles_on_disk
from tilefold.simulation.names import simulate_names

OWN = {"bands": ["x"], "band_path": "{tile}/{date}/{band}.tif", "nodata": 0}
TILES = ["A1", "A2", "A3"]


@pytest.fixture
def data(tmp_path):
    """Three tiles of Sentinel-2 by name, and a sensor of one's own with two dates."""
    simulate_names(tmp_path, TILES)
    for tile in TILES:
        for date in ("20180105", "20180205"):
            folder = tmp_path / "own" / tile / date
            folder.mkdir(parents=True)
            (folder / "x.tif").touch()
    return tmp_path


def config(data, sensors, **changes):
    return read_config(
        {
            "results": str(data / "results"),
            "data": str(data),
            "sensors": sensors,
            "reference": {
                "path": "{data}/reference.gpkg",
                "class_field": "code",
                "nomenclature": "{data}/nomenclature.csv",
            },
            **changes,
        }
    )


def faults(*arguments, **changes):
    with pytest.raises(ConfigError) as caught:
        make_plan(config(*arguments, **changes))
    return caught.value.faults


GOOD = {"sentinel2": {"path": "{data}/sentinel2"}}


@pytest.mark.parametrize("name", ["sentinel_2", "landsat99"])
def test_a_sensor_outside_the_catalogue_hides_no_other_fault(data, name):
    found = faults(data, {**GOOD, name: {"path": "{data}/own"}}, folds={"scheme": ["ZZ"]})
    assert len(found) == 2, found
    assert found[0].startswith(f"sensors.{name}: not in the catalogue")
    assert found[1].startswith("folds.scheme: ZZ is held out")


def test_an_only_sensor_outside_the_catalogue(data):
    (fault,) = faults(data, {"sentinel_2": {"path": "{data}/own"}})
    assert "did you mean sentinel2?" in fault


def test_a_missing_folder_hides_no_other_fault(data):
    found = faults(data, {**GOOD, "own": {"path": "nowhere", **OWN}}, folds={"scheme": ["ZZ"]})
    assert found[0] == "sensors.own.path: no folder nowhere"
    assert found[1].startswith("folds.scheme: ZZ")


def test_dates_of_another_form_are_one_line(data):
    found = faults(data, {"own": {"path": "{data}/own", **OWN, "date_format": "%Y-%m-%d"}})
    first = data / "own" / "A1" / "20180105" / "x.tif"
    assert found == [
        f"sensors.own: 6 products, the first '20180105' ({first}): the date in the name does not begin as %Y-%m-%d; "
        "mend the name or set date_format"
    ]


def test_tiles_without_products_are_one_line(data):
    (fault,) = faults(data, GOOD, tiles={"train": ["A1", "B1", "B2"], "map": ["A1"]})
    assert fault.startswith(
        "sensors.sentinel2: 2 tiles without products (B1, B2), the first: tile B1: no folder"
    )


def test_a_calendar_without_acquisitions_is_one_line(data):
    found = faults(data, GOOD, calendar={"start": "2025-01-01", "end": "2025-12-31"})
    assert found == [
        "sensors.sentinel2: no acquisition of A1, A2, A3 between calendar.start 2025-01-01 and calendar.end "
        "2025-12-31; found 2018-01-02 to 2018-08-30"
    ]


def test_rasters_of_a_tile_are_looked_for_once_the_tiles_are_known(data):
    (data / "A1.tif").touch()
    (fault,) = faults(data, GOOD, user_features={"dem": {"path": "{data}/{tile}.tif"}})
    assert fault == f"user_features.dem.path: no file {data}/A2.tif, nor those of 1 more tiles"


def test_every_folder_that_is_no_tile_has_a_reason(data):
    (data / "own" / "A_4").mkdir()
    (data / "own" / "A5").mkdir()
    (data / "own" / ".hidden").mkdir()
    found, left_out = tiles_on_disk(
        config(data, {**GOOD, "own": {"path": "{data}/own", **OWN}}), ["sentinel2", "own"]
    )
    assert found == TILES
    assert left_out == {
        "A5": f"not in {data}/sentinel2",
        "A_4": "the name of a tile holds letters and digits alone: rename the folder",
    }


def test_the_data_are_told_in_a_line_for_the_tiles_and_one_for_each_sensor(data):
    (data / "sentinel2" / "A_4").mkdir()
    plan = make_plan(config(data, GOOD))
    assert data_lines(plan) == [
        "3 tile(s): A1, A2, A3; left out: A_4 (the name of a tile holds letters and digits alone: rename the folder)",
        "sentinel2: 3 products a tile, 2018-01-02 to 2018-08-30; 25 dates in the series",
    ]
