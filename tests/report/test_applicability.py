import pandas as pd
import pytest
import rasterio

from tilefold.report.applicability import applicability_pictures, applicability_tables, errors_figure
from tilefold.report.results import Results

SHARES = {"class": [None, 1, 2, 3, 9], "pixels": [100, 50, 50, 0, 0]}
ERRORS = pd.DataFrame(
    {
        "fold": ["a", "a", "pooled", "pooled", "pooled"],
        "from": [0.0, 2.0, 0.75, 1.0, 2.0],
        "to": pd.array([0.25, None, 1.0, 1.5, None], dtype="Float64"),
        "n_pixels": [10, 5, 30, 10, 30],
        "error": [0.1, 0.9, 0.2, 0.4, 0.8],
    }
)


@pytest.fixture
def results(study, tmp_path):
    """The study with applicability of seed 0; its rasters are copies of a map."""
    _, sources, settings = study
    row = {
        "samples": 50,
        "of_samples": 70,
        "groups": 2,
        "features": 13,
        "mean_distance": 2.5,
        "threshold": 0.5,
    }
    tables = {
        "samples": pd.DataFrame([row]),
        "importance": pd.DataFrame({"input": ["s2"], "component": ["B4"], "importance": [0.1]}),
        "errors": ERRORS,
        "classes": pd.DataFrame(SHARES).assign(outside=[0.1, 0.2, 0, None, None], dissimilarity=0.3),
    }
    for name, table in tables.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    with rasterio.open(sources["maps"]["all/seed_0"]) as raster:
        profile, values = raster.profile | {"nodata": 0}, raster.read()
    for name in ("dissimilarity", "applicable"):
        with rasterio.open(tmp_path / f"{name}.tif", "w", **profile) as raster:
            raster.write(values)
    more = {f"applicability_{name}": {0: tmp_path / f"{name}.csv"} for name in tables}
    more |= {name: {0: tmp_path / f"{name}.tif"} for name in ("dissimilarity", "applicable")}
    return Results({**sources, **more}, tuple(settings["classes"]), tmp_path / "page.html")


def test_tables_of_applicability(results):
    summary, classes = applicability_tables(results)
    # Beyond the threshold: (10 * 0.4 + 30 * 0.8) / 40.
    assert summary.rows == [
        ["0", "50 of 70", "13", "2.500", "0.500", "20.0 % of 30", "70.0 % of 40", "10.0 %"]
    ]
    assert [row[0] for row in classes.rows] == ["all pixels", *results.names.values()]
    assert classes.rows[1][1:] == ["20.0 %", "0.30", "50"]
    assert {link.text for link in summary.links} == {"samples.csv", "errors.csv", "importance.csv"}


def test_pictures_say_what_they_show(results):
    texts = [picture.text for picture in applicability_pictures(results)]
    assert len(texts) == 3
    assert "threshold 0.50" in texts[0]
    assert "10.0 % of the map's pixels lie above" in texts[1]
    assert "from 0.75 to 1 20.0 % of 30; from 1 to 1.5 40.0 % of 10; from 2 80.0 % of 30" in texts[2]


def test_errors_are_drawn_at_the_middles_of_their_classes():
    axes = errors_figure(ERRORS, 0).axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    assert lines["pooled"].get_xdata().tolist() == [0.875, 1.25, 2.5]
    assert lines["a"].get_ydata().tolist() == [0.1, 0.9]


def test_without_applicability_nothing_is_said(study):
    results = Results(study[1], tuple(study[2]["classes"]), "page.html")
    assert applicability_tables(results) == applicability_pictures(results) == []
