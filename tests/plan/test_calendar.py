import datetime

import pytest

from tilefold.plan.calendar import calendar_faults, regular_dates


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
