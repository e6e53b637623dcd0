from tilefold.series.layout import series_descriptions


def test_all_bands_of_a_date_then_the_next() -> None:
    assert series_descriptions(["B2", "B8A"], ["2018-01-01", "2018-01-11"]) == [
        "B2_20180101",
        "B8A_20180101",
        "B2_20180111",
        "B8A_20180111",
    ]
