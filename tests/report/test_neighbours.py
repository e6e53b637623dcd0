import pandas as pd
import pytest

from tilefold.report.neighbours import neighbour_table, neighbours_figure, verdict
from tilefold.report.results import Results


def distances(samples, folds, whole):
    """Uniform distributions from 0 to twice these medians."""
    kinds = (
        ("samples", None, samples),
        ("folds", "without_A", folds),
        ("folds", None, folds),
        ("map", None, whole),
    )
    shares = pd.Series(range(101)) / 100
    parts = [
        pd.DataFrame({"kind": kind, "fold": fold, "n": 7, "share": shares, "distance_m": 2 * median * shares})
        for kind, fold, median in kinds
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(
    ("folds", "word"),
    [(100, "mimic"), (199, "mimic"), (201, "biased down"), (51, "mimic"), (49, "biased up")],
)
def test_folds_are_judged_by_their_medians(folds, word):
    text = verdict(distances(50, folds, 100))
    assert word in text
    assert f"within {folds} m" in text


def test_a_missing_distribution_is_said():
    table = distances(50, 100, 100)
    assert "nothing can be said" in verdict(table[table["kind"] != "map"])


def test_table_of_neighbours(study, tmp_path):
    path = tmp_path / "n.csv"
    distances(50, 150, 100).to_csv(path, index=False)
    results = Results(
        {**study[1], "neighbours": {0: path}}, tuple(study[2]["classes"]), tmp_path / "page.html"
    )
    table = neighbour_table(results.by_run("neighbours"), results)
    assert [row[2:] for row in table.rows] == [
        ["25", "50", "75", "50", "7"],
        ["75", "150", "225", "50", "7"],
        ["50", "100", "150", "0", "7"],
    ]


def test_curves_are_the_distributions():
    table = distances(50, 150, 100)
    axes = neighbours_figure(table, "seed 0").axes[0]
    lines = {line.get_label(): line.get_xdata() for line in axes.lines}
    assert lines["map to nearest sample"].max() == 200
    assert lines["held-out polygon to nearest training polygon"].max() == 300
    # One thin line a fold besides.
    assert len(axes.lines) == 4
