import pandas as pd
import pytest

from tilefold.report.results import Results
from tilefold.report.sites import MOST_RUNS, site_figure, site_pictures, site_table, vanished
from tilefold.report.table import Link

NAMES = {1: "1 water", 2: "2 forest", 3: "3 meadow", 9: "9 rock"}


@pytest.fixture
def results(study):
    _, sources, settings = study
    return Results(sources, tuple(settings["classes"]), "page.html")


def test_class_that_vanishes_in_some_runs_is_named(results):
    shares = pd.read_csv(results.sources["sites"])
    assert vanished(shares, NAMES) == [
        "delta, 3 meadow: no pixel in without_A/seed_0, without_A/seed_1; 28.6 % of the window in all/seed_0."
    ]


@pytest.mark.parametrize(("pixels", "named"), [(9, False), (10, True)])
def test_a_class_that_is_nowhere_notable_does_not_vanish(pixels, named):
    shares = pd.DataFrame(
        {
            "site": "delta",
            "run": ["a", "a", "b", "b", "c"],
            "class": [1, 3, 1, 3, 3],
            "pixels": [1000 - pixels, pixels, 1000, 0, 0],
            # The run c has no pixel with a class: nothing can vanish there.
            "share": [1 - pixels / 1000, pixels / 1000, 1.0, 0.0, None],
        }
    )
    assert vanished(shares, NAMES) == (
        ["delta, 3 meadow: no pixel in b; 1.0 % of the window in a."] if named else []
    )


def test_table_of_sites_has_a_row_a_run(results):
    table = site_table(pd.read_csv(results.sources["sites"]), NAMES, Link("x", "x"))
    assert table.columns == ["site", "tile", "run", "1", "2", "3", "9", "no class"]
    assert [row[2] for row in table.rows] == results.runs
    # Seven pixels have a class, one has none.
    assert table.rows[0] == ["delta", "A", "all/seed_0", "28.6 %", "28.6 %", "28.6 %", "14.3 %", "12.5 %"]
    assert table.rows[1][3:7] == ["28.6 %", "57.1 %", "0.0 %", "14.3 %"]
    assert table.marked == {0}


def test_each_run_has_a_panel_in_the_colours_of_the_classes(results):
    (picture,) = site_pictures(results)
    assert all(run in picture.text for run in results.runs)
    figure = site_figure(results.sources["site_maps"]["delta"], results.classes, "delta")
    panels = [axes for axes in figure.axes if axes.images]
    assert len(panels) == len(results.runs) == 6
    assert panels[0].images[0].get_array()[0].tolist() == [[0, 0, 255], [0, 0, 255], [0, 120, 0], [0, 120, 0]]
    many = {f"run {n}": results.sources["site_maps"]["delta"]["all/seed_0"] for n in range(MOST_RUNS)}
    assert sum(bool(axes.images) for axes in site_figure(many, results.classes, "x").axes) == MOST_RUNS
