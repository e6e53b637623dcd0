"""Calendars are compared as positions in the year."""

import pytest

from tilefold.plan.models import calendar_difference, positions

TRAINED = ["2018-01-01", "2018-02-28", "2018-03-01", "2018-12-31"]


def test_positions_are_days_since_the_first_of_january_of_the_first_date():
    assert positions(["2019-01-01", "2019-03-01", "2020-01-01"]) == [0, 59, 365]
    assert positions(["2020-01-01", "2020-03-01"]) == [0, 60]


def test_another_year_has_the_same_positions():
    later = [date.replace("2018", "2019") for date in TRAINED]
    assert calendar_difference(TRAINED, later, 0) == ""


def test_a_leap_day_moves_what_follows_by_one():
    leap = [date.replace("2018", "2020") for date in TRAINED]
    assert calendar_difference(TRAINED, leap, 1) == ""
    said = calendar_difference(TRAINED, leap, 0)
    assert said.startswith(
        "2 of 4 dates lie elsewhere in the year, the first is 2020-03-01 in the place of 2018-03-01"
    )


@pytest.mark.parametrize("given", [TRAINED[:3], [*TRAINED, "2019-01-02"]])
def test_numbers_of_dates_are_told(given):
    said = calendar_difference(TRAINED, given, 0)
    assert said.startswith(f"it had 4 dates (2018-01-01 to 2018-12-31), here are {len(given)} (")
