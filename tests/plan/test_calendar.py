import datetime

import pytest

from tilefold.config.load import read_config
from tilefold.plan.calendar import (
    CALENDARS,
    calendar_faults,
    filling,
    filling_faults,
    make_calendar,
    regular_dates,
)
from tilefold.series.methods import METHODS


def config_of(calendar, sensor):
    return read_config(
        {
            "results": "r",
            "sensors": {"sentinel2": {"path": "p", **sensor}},
            "calendar": calendar,
            "reference": {"path": "v", "class_field": "c", "nomenclature": "n.csv"},
        }
    )


def test_ten_day_step_over_2018_gives_37_dates():
    dates = regular_dates(datetime.date(2018, 1, 1), datetime.date(2018, 12, 31), 10)
    assert len(dates) == 37
    assert (dates[0], dates[1], dates[-1]) == ("2018-01-01", "2018-01-11", "2018-12-27")


def test_end_counts_only_on_the_grid():
    day = datetime.date(2020, 2, 27)
    assert regular_dates(day, datetime.date(2020, 3, 1), 3) == ["2020-02-27", "2020-03-01"]
    assert regular_dates(day, datetime.date(2020, 2, 29), 3) == ["2020-02-27"]
    with pytest.raises(ValueError, match="before it starts"):
        regular_dates(day, datetime.date(2020, 1, 1), 1)


def test_tiles_of_different_years_have_no_common_dates():
    found = calendar_faults("s", {"A": ["2018-01-05", "2018-05-01"], "B": ["2019-01-01"]}, None, None)
    assert len(found) == 1
    assert "no common dates: A ends on 2018-05-01, B begins on 2019-01-01" in found[0]


def test_a_tile_outside_the_calendar_is_named():
    dates = {"A": ["2018-01-05", "2018-05-01"], "B": ["2018-04-01", "2018-06-01"]}
    found = calendar_faults("s", dates, datetime.date(2018, 5, 15), None)
    assert len(found) == 1
    assert "no acquisition of A" in found[0]


TWO_TILES = {"A": ["2018-01-05", "2018-01-05", "2018-03-05"], "B": ["2018-02-05", "2018-03-05"]}
MAY = datetime.date(2018, 5, 1)


def test_every_method_has_a_kind_of_calendar():
    assert {method.calendar for method in METHODS.values()} == set(CALENDARS)


@pytest.mark.parametrize("method", ["linear", "gaussian"])
def test_regular_calendars_run_from_the_first_to_the_last_acquisition_of_all_tiles(method):
    dates, faults = make_calendar(config_of({"method": method, "step": 20}, {}), "sentinel2", TWO_TILES)
    assert (dates, faults) == (["2018-01-05", "2018-01-25", "2018-02-14"], [])


def test_a_sensor_has_its_own_step_and_method():
    config = config_of({"method": "raw"}, {"method": "linear", "step": 40})
    assert make_calendar(config, "sentinel2", TWO_TILES)[0] == ["2018-01-05", "2018-02-14"]


def test_raw_takes_the_dates_of_all_tiles_within_the_limits():
    found = make_calendar(config_of({"method": "raw"}, {}), "sentinel2", TWO_TILES)
    assert found == (["2018-01-05", "2018-02-05", "2018-03-05"], [])
    limits = {"method": "raw", "start": "2018-01-06", "end": "2018-03-05"}
    assert make_calendar(config_of(limits, {}), "sentinel2", TWO_TILES)[0] == ["2018-02-05", "2018-03-05"]


def test_none_takes_the_dates_where_all_tiles_agree():
    config = config_of({"method": "none"}, {})
    agreeing = {"A": ["2018-01-15", "2018-02-15"], "B": ["2018-02-15", "2018-01-15", "2018-01-15"]}
    assert make_calendar(config, "sentinel2", agreeing) == (["2018-01-15", "2018-02-15"], [])
    limited = config_of({"method": "none", "start": "2018-03-01"}, {})
    assert make_calendar(limited, "sentinel2", TWO_TILES) == (["2018-03-05"], [])


def test_none_refuses_dates_that_differ_and_names_them():
    dates, faults = make_calendar(config_of({}, {"method": "none"}), "sentinel2", TWO_TILES)
    assert dates == []
    (fault,) = faults
    assert "sensors.sentinel2: the method none needs the same dates in all tiles" in fault
    assert "A lacks 2018-02-05; B lacks 2018-01-05." in fault


def test_many_differing_dates_are_counted():
    many = [f"2018-01-{day:02}" for day in range(1, 13)]
    (fault,) = calendar_faults("s", {"A": many, "B": many[:3]}, None, None, "common")
    assert "B lacks 2018-01-04, 2018-01-05, 2018-01-06, 2018-01-07, 2018-01-08 and 4 more." in fault
    assert "A lacks" not in fault


@pytest.mark.parametrize("kind", list(CALENDARS))
def test_limits_are_checked_whatever_the_method(kind):
    (backwards,) = calendar_faults("s", TWO_TILES, MAY, datetime.date(2018, 4, 1), kind)
    assert backwards.startswith("calendar.end: found 2018-04-01")
    empty = calendar_faults("s", TWO_TILES, MAY, None, kind)
    assert len(empty) == 2
    assert all("no acquisition of" in fault for fault in empty)


def test_tiles_of_different_years_cannot_be_compared_raw_either():
    years = {"A": ["2018-01-05"], "B": ["2019-01-05"]}
    assert "no common dates" in calendar_faults("s", years, None, None, "union")[0]


def test_parameters_are_those_of_the_method():
    assert filling(config_of({"gaussian_width": 9}, {}), "sentinel2").parameters == {}
    common = config_of({"gaussian_width": 9, "method": "gaussian"}, {})
    assert filling(common, "sentinel2").parameters == {"gaussian_width": 9}
    own = config_of({"gaussian_width": 9}, {"method": "gaussian", "gaussian_width": 4})
    assert filling(own, "sentinel2").parameters == {"gaussian_width": 4}


@pytest.mark.parametrize(
    ("sensor", "useless"),
    [
        ({"gaussian_width": 4, "step": 5}, ["gaussian_width"]),
        ({"method": "gaussian", "gaussian_width": 4, "step": 5}, []),
        ({"method": "raw", "gaussian_width": 4, "step": 5}, ["step", "gaussian_width"]),
        ({"method": "none", "step": 5}, ["step"]),
    ],
)
def test_keys_without_use_are_named(sensor, useless):
    faults = filling_faults(config_of({}, sensor), "sentinel2")
    assert [fault.split(":")[0] for fault in faults] == [f"sensors.sentinel2.{key}" for key in useless]
