import pandas as pd
import pytest

from tilefold.config.load import ConfigError, read_config
from tilefold.plan.table import look_at_table

BASE = {
    "results": "r",
    "reference": {
        "class_field": "crop",
        "nomenclature": [{"code": 1, "label": "a"}, {"code": 2, "label": "b"}],
    },
}


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "fields.csv"
    frame = pd.DataFrame(
        {
            "crop": [1, 2],
            "farm": ["x", "y"],
            "sheet": ["N-1", "N-2"],
            "red_20200101": [1, 2],
            "nir_20200101": [1, 2],
            "red_20200211": [1, 2],
            "nir_2020": [1, 2],
            "ph": [6.5, 7.0],
            "x": [0.0, 1.0],
            "y": [0.0, 1.0],
        }
    )
    frame.to_csv(path, index=False)
    return path


def look(path, samples, reference=None, **changes):
    section = {**BASE["reference"], "path": str(path), **(reference or {})}
    return look_at_table(read_config({**BASE, "reference": section, "samples": samples, **changes}))


OWN = {"bands": ["red", "nir"]}


def test_columns_dates_and_tiles(table):
    found = look(table, {"inputs": {"own": OWN}, "static": {"soil": ["ph"]}, "tile_field": "sheet"})
    assert found.faults == []
    assert found.tiles == {"N1": "N-1", "N2": "N-2"}
    assert found.calendars == {"own": ["2020-01-01", "2020-02-11"]}
    assert found.columns["own"] == {
        "names": [["red_20200101", "nir_20200101"], ["red_20200211", None]],
        "nodata": None,
        "physical": False,
        "scale": 1.0,
        "offset": 0.0,
    }
    assert found.columns["soil"]["names"] == ["ph"]


def test_the_calendar_limits_the_dates(table):
    found = look(table, {"inputs": {"own": OWN}}, calendar={"start": "2020-02-01"})
    assert found.calendars == {"own": ["2020-02-11"]}
    assert found.tiles == {"all": ""}
    assert found.faults == ["samples.inputs.own.bands: no column of band nir; remove it from bands"]


@pytest.mark.parametrize(
    ("samples", "reference", "fault"),
    [
        ({"inputs": {"own": OWN}}, {"class_field": "corp"}, "reference.class_field: no column 'corp' in "),
        ({"inputs": {"own": OWN}}, {"class_field": "corp"}, "did you mean crop?"),
        ({"inputs": {"own": OWN}}, {"group_field": "farn"}, "reference.group_field: no column 'farn' in "),
        ({"inputs": {"own": OWN}, "x": "lon"}, {}, "samples.x: no column 'lon' in "),
        ({"static": {"soil": ["ph", "clay"]}}, {}, "samples.static.soil.1: no column 'clay' in "),
        ({"inputs": {"own": {}}}, {}, "samples.inputs.own.bands: needed for a sensor outside the catalogue"),
        (
            {"inputs": {"own": {**OWN, "columns": "{band}"}}},
            {},
            "samples.inputs.own.columns: found '{band}', which lacks {date}",
        ),
        (
            {"inputs": {"own": {**OWN, "columns": "{date}_{band}"}}},
            {},
            "(for example 20180115_red); columns are crop, farm, sheet, red_20200101, nir_20200101 and 5 more",
        ),
    ],
)
def test_faults(table, samples, reference, fault):
    (found,) = look(table, samples, reference).faults
    assert fault in found


def test_two_columns_of_one_band_and_date(table, tmp_path):
    frame = pd.read_csv(table).rename(columns={"ph": "red_1/1/2020", "nir_2020": "red_01/01/2020"})
    frame.to_csv(tmp_path / "t.csv", index=False)
    (fault,) = look(
        tmp_path / "t.csv", {"inputs": {"own": {"bands": ["red"], "date_format": "%d/%m/%Y"}}}
    ).faults
    assert fault == (
        "samples.inputs.own: the columns red_01/01/2020 and red_1/1/2020 are of one band and date; "
        "rename or drop one"
    )


def test_tiles_of_one_name(table, tmp_path):
    frame = pd.read_csv(table).assign(sheet=["N-1", "N.1"])
    frame.to_csv(tmp_path / "t.csv", index=False)
    (fault,) = look(tmp_path / "t.csv", {"inputs": {"own": OWN}, "tile_field": "sheet"}).faults
    assert fault == (
        "samples.tile_field: 'N.1' gives the name 'N1', which is that of 'N-1'; name tiles with letters and digits"
    )


def test_sensors_and_samples_exclude_each_other(table):
    with pytest.raises(ConfigError, match="- give sensors, or samples for a table of ready samples"):
        look(table, {"inputs": {"own": OWN}}, sensors={"sentinel2": {"path": "p"}})
    with pytest.raises(ConfigError, match="give sensors, or samples"):
        read_config({**BASE, "reference": {**BASE["reference"], "path": str(table)}})


def test_no_file(tmp_path):
    (fault,) = look(tmp_path / "none.parquet", {"inputs": {"own": OWN}}).faults
    assert fault.startswith("reference.path: ")
