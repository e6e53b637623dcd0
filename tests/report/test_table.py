import pytest

from tilefold.report import table


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (table.number(0.12345), "0.123"),
        (table.number(float("nan")), "–"),
        (table.number(None), "–"),
        (table.signed(0.02), "+0.020"),
        (table.signed(-0.02), "-0.020"),
        (table.count(1780332), "1,780,332"),
        (table.percent(0.125), "12.5 %"),
        (table.spread("1;3;9"), "1, 3, 9"),
        (table.spread(""), "–"),
        (table.words(float("nan")), "–"),
        (table.side_words("out_of_area_test"), "out of area, test"),
    ],
)
def test_cells(text, expected):
    assert text == expected


def test_groups_begin_where_the_key_changes():
    assert table.starts(["a", "a", "b", "a"]) == {0, 2, 3}


def test_links_are_relative_to_the_page(tmp_path):
    link = table.link_to(tmp_path / "summary" / "folds.csv", tmp_path / "report" / "index.html")
    assert link.address == "../summary/folds.csv"
    assert link.text == "summary/folds.csv"
