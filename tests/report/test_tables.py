import numpy as np
import pandas as pd
import pytest
import rasterio

from tilefold.report.common_classes import classes_not_common
from tilefold.report.results import Results
from tilefold.report.table import Link
from tilefold.report.tables_areas import area_cautions, area_table, polygon_area_table
from tilefold.report.tables_calibration import temperature_table
from tilefold.report.tables_cleaning import before_and_after_table, outcome_table
from tilefold.report.tables_intervals import interval_table
from tilefold.report.tables_maps import vote_table
from tilefold.report.tables_samples import loss_by_class_table, loss_table, split_table, tile_table
from tilefold.report.tables_scores import class_by_fold_table, class_table, gap_table, headline, mean_table
from tilefold.report.tables_series import calendar_table, clear_histogram, clear_table, quantile

LINK = Link("file", "../file")


@pytest.fixture
def results(study):
    _, sources, settings = study
    return Results(sources, tuple(settings["classes"]), "page.html")


def test_cleaning_before_and_after(results):
    table = before_and_after_table(pd.read_csv(results.sources["cleaning"]), results.names, LINK)
    assert table.rows[0] == ["1 water", "14", "340", "3.40", "12", "325", "3.25", "95.6 %"]
    assert table.rows[1] == [results.names[2], "0", "0", "0.00", "0", "0", "0.00", "–"]


def test_cleaning_with_a_test_file(results):
    cleaning = pd.read_csv(results.sources["cleaning"])
    tested = cleaning[cleaning["step"].isin(["read", "used"])].assign(source="test", features=3)
    table = before_and_after_table(pd.concat([cleaning, tested]), {1: "1 water"}, LINK)
    assert [row[:3] for row in table.rows] == [["reference", "1 water", "14"], ["test file", "1 water", "3"]]


def test_outcomes_name_what_is_no_class_and_what_no_tile_holds(results):
    split = pd.DataFrame({"code": [1, 1, 2], "pixels": [0, 0, 4], "outside": [True, False, False]})
    table = outcome_table(pd.read_csv(results.sources["cleaning"]), split, results.names, [LINK])
    first = [row for row in table.rows if row[0] == "repaired"]
    assert first == [["repaired", "made valid, area gained", "1 water", "reference", "1", "10", "0.10"]]
    unknown = [row[2:5] for row in table.rows if row[1] == "class not in nomenclature"]
    assert unknown[:2] == [["77", "reference", "4"], ["name 0", "reference", "12"]]
    assert unknown[-1] == ["2 more values", "reference", "3"]
    assert len(unknown) == 12
    assert [row[:3] for row in table.rows[-2:]] == [
        ["unused", "outside all training tiles", "1 water"],
        ["unused", "holds no pixel of its own", "1 water"],
    ]


def test_roles_count_originals(results):
    split = pd.DataFrame(
        {
            "group": [1, 1, 2, 3],
            "code": [1, 1, 1, 2],
            "role": ["learn", "learn", "test", ""],
            "pixels": [5, 6, 7, 0],
        }
    )
    table = split_table(split, {1: "1 water", 2: "2 forest"}, 0, LINK)
    assert table.rows[0] == ["1 water", "1", "0", "1", "0", "11", "0", "7"]
    assert table.rows[1] == ["2 forest", "0", "0", "0", "1", "0", "0", "0"]


def test_polygons_kept_apart_for_fused_maps_are_shown_where_there_are_any():
    split = pd.DataFrame({"group": [1, 2], "code": 1, "role": ["learn", "test"], "pixels": [5, 7]})
    without = split_table(split, {1: "1 water"}, 0, LINK)
    assert not any("fusion" in column for column in without.columns)
    apart = pd.concat([split, split.assign(group=[3, 4], role="fusion_test")])
    table = split_table(apart, {1: "1 water", 2: "2 forest"}, 0, LINK)
    assert dict(zip(table.columns, table.rows[0], strict=True)) == {
        "class": "1 water",
        "learn polygons": "1",
        "validation polygons": "0",
        "test polygons": "1",
        "fusion test polygons": "2",
        "polygons without a pixel": "0",
        "learn pixels": "5",
        "validation pixels": "0",
        "test pixels": "7",
        "fusion test pixels": "12",
    }
    assert table.rows[1] == ["2 forest", *["0"] * 9]


def test_samples_by_tile(results):
    samples = results.by_run("samples")["all/seed_0"]
    table = tile_table(samples, results.names, "all/seed_0", LINK)
    assert table.columns == ["tile", "", "1", "2", "3", "9", "all"]
    # No quota, so nothing is wanted of a tile.
    assert [row[1] for row in table.rows[:5]] == [
        "training polygons",
        "available pixels",
        "taken",
        "test polygons",
        "test pixels",
    ]
    assert table.rows[2] == ["A", "taken", "10", "10", "6", "0", "26"]
    assert table.rows[7] == ["B", "taken", "25", "25", "19", "5", "74"]
    assert table.marked == {0, 5}
    quotas = tile_table(samples.assign(wanted=7), results.names, "all/seed_0", LINK)
    assert quotas.rows[2] == ["A", "wanted", "7", "7", "7", "7", "28"]


def test_a_table_of_many_tiles_says_that_it_is_cut(results):
    samples = results.by_run("samples")["all/seed_0"]
    many = pd.concat([samples[samples["tile"] == "A"].assign(tile=f"T{n:02}") for n in range(30)])
    table = tile_table(many, results.names, "all/seed_0", LINK)
    assert len(table.rows) == 16 * 5
    assert table.caption.endswith("The first 16 of 30 tiles.")


def test_losses_by_fold_and_class(results):
    barred = {"without_A/seed_0": results.by_run("barred")["without_A/seed_0"]}
    table = loss_table(barred, results.sources["roles"], results.splits, [LINK])
    split = results.splits["without_A/seed_0"]
    training = split.loc[split["role"] != "test", "pixels"].sum()
    row = dict(zip(range(len(table.columns)), table.rows[0], strict=True))
    assert [row[1], row[2], row[3]] == ["3", "60", "0.60"]
    assert row[4] == f"{100 * 60 / training:.1f} %"
    assert row[9] == "1"
    by_class = loss_by_class_table(barred, results.names, [LINK])
    assert by_class.rows[0][1:] == ["held out", "0.60", "0.00", "0.00", "0.00", "0.60"]
    assert by_class.rows[1][1:] == ["barred", "0.00", "0.30", "0.00", "0.00", "0.30"]


def test_class_tables_show_the_csv(results):
    classes = results.class_scores
    table = class_table(classes, LINK, 1)
    expected = classes[(classes["fold"] == "all") & (classes["seed"] == 1)].set_index("class")
    assert [row[0] for row in table.rows] == ["1", "2", "3", "9"]
    assert table.rows[0][2:5] == [f"{expected.loc[1, name]:.3f}" for name in ("precision", "recall", "f1")]
    by_fold = class_by_fold_table(classes, LINK, 1)
    lost = by_fold.rows[0]
    assert lost[0] == "without_A"
    assert lost[3] == "0.000"
    assert lost[4] == "–"


def test_classes_that_the_gap_of_f1_leaves_out_account_for_the_polygons(results):
    folds, classes = results.folds, results.class_scores
    for row in results.gaps.to_dict("records"):
        test = classes[(classes["fold"] == row["fold"]) & (classes["seed"] == row["seed"])]
        test = test[test["side"] == "out_of_area_test"].set_index("class")
        unlearnt, untested = classes_not_common(folds, classes, row["fold"], row["seed"])
        left_out = unlearnt + untested
        assert test.loc[left_out, "n_polygons"].sum() == row["n_polygons_oa"] - row["n_polygons"]
        common = folds[(folds["fold"] == row["fold"]) & (folds["seed"] == row["seed"])]["n_classes_common"]
        assert set(common) == {(test["n_pixels"] > 0).sum() - len(left_out)}
    # Class 3 is in tile A alone, and not learnt without it; class 1 has no test polygon in tile B.
    assert classes_not_common(folds, classes, "without_A", 0) == ([3], [1])
    assert classes_not_common(folds, classes, "without_B", 0) == ([], [])
    # A learnt class that one side lacks.
    here = (classes["fold"] == "without_B") & (classes["side"] == "in_area") & (classes["class"] == 2)
    without = classes.assign(n_pixels=classes["n_pixels"].where(~here, 0))
    assert classes_not_common(folds, without, "without_B", 0) == ([], [2])


def test_gap_rows_say_beside_the_interval_that_it_is_optimistic(results):
    notes = ["optimistic: 9 polygons in all", np.nan, "no interval: 3 polygon(s)", np.nan]
    gaps = results.gaps.assign(low=[-0.1, 0.1, np.nan, 0.1], high=0.2, note=notes, note_oa=np.nan)
    table = gap_table(gaps, results.folds, results.class_scores, LINK)
    place = table.columns.index("95 % interval")
    assert [row[place] for row in table.rows] == [
        "-0.100 to +0.200 (optimistic)",
        "+0.100 to +0.200",
        "–",
        "+0.100 to +0.200",
    ]
    place = table.columns.index("classes not common")
    assert [row[place] for row in table.rows] == ["3 (not learnt); 1 (not on every side)", "–"] * 2


def test_means_say_how_many_folds_they_rest_on(results):
    means = pd.read_csv(results.sources["folds_mean"])
    table = mean_table(means, LINK)
    first = means.iloc[0]
    assert table.rows[0][3] == f"{first['oa_mean']:.3f} ± {first['oa_sd']:.3f}"
    fewer = mean_table(means.assign(oa_n=1, oa_sd=np.nan), LINK)
    assert fewer.rows[0][3] == f"{first['oa_mean']:.3f} ± – (1 folds)"


def test_headline_is_of_the_first_seed(results):
    folds = results.folds
    first = folds[(folds["fold"] == "all") & (folds["seed"] == 0)].iloc[0]
    assert headline(folds, results.gaps, ["A", "B"])[0]["value"] == f"{first['oa']:.3f}"


@pytest.mark.parametrize(
    ("runs", "tiles", "expected"),
    [
        ("without_A/seed_0;without_B/seed_0", ["A", "B"], "2 of 2 tiles"),
        ("without_A/seed_0", ["A", "B", "C", "D"], "1 of 4 tiles"),
        ("without_A_B/seed_0;without_C/seed_0", ["A", "B", "C", "D"], "3 of 4 tiles"),
        ("without_D1_north/seed_0", ["D1", "D1_north"], "1 of 2 tiles"),
    ],
)
def test_headline_says_how_many_tiles_were_held_out(results, runs, tiles, expected):
    folds = results.folds.copy()
    folds.loc[folds["side"] == "pooled", "run"] = runs
    found = headline(folds, results.gaps, tiles)
    assert [item["meaning"] for item in found[:4]] == 2 * ["in area, run all"] + 2 * [
        f"out of area, pooled over {expected}"
    ]


def test_clear_days_equal_numpy(tmp_path):
    days = np.random.default_rng(0).integers(0, 70, (130, 170)).astype(np.uint16)
    path = tmp_path / "clear.tif"
    with rasterio.open(path, "w", driver="GTiff", height=130, width=170, count=1, dtype="uint16") as dataset:
        dataset.write(days, 1)
    histogram = clear_histogram(path)
    np.testing.assert_array_equal(histogram, np.bincount(days.ravel()))
    for share in (0.05, 0.5, 0.95):
        assert quantile(histogram, share) == np.quantile(days, share, method="inverted_cdf")
    table = clear_table({"A": {"s2": 12}}, {"A": {"s2": path}}, [])
    assert table.rows[0][:3] == ["A", "s2", "12"]
    assert table.rows[0][-1] == f"{100 * np.mean(days == 0):.2f} %"


def test_calendar():
    rows = calendar_table({"s2": ["2018-01-01", "2018-01-11", "2018-01-21"], "once": ["2018-05-01"]}).rows
    assert rows == [
        ["s2", "3", "2018-01-01", "2018-01-21", "10"],
        ["once", "1", "2018-05-01", "2018-05-01", ""],
    ]


def test_scores_stand_with_their_intervals(study):
    _, sources, _ = study
    intervals = pd.read_csv(sources["intervals"])
    table = interval_table(intervals, Link("intervals.csv", "intervals.csv"))
    folds = pd.read_csv(sources["folds"])
    assert [row[0] for row in table.rows] == folds["fold"].tolist()
    for row, (_, known) in zip(table.rows, folds.iterrows(), strict=True):
        assert row[3].startswith(f"{known['oa']:.3f}")
        assert row[6].startswith(f"{known['quantity']:.3f}")
    assert any("(" in row[3] for row in table.rows)


def test_areas_with_their_half_widths():
    rows = [("oa", None, None, 0.9, 0.88, 0.92, 300, ""), ("area_ha", 2, "x", 50.0, 40.0, 60.0, 100, "")]
    rows += [
        ("users_accuracy", 2, "x", 0.8, 0.7, 0.9, 90, ""),
        ("producers_accuracy", 2, "x", 0.7, None, None, 3, "n"),
    ]
    rows.append(("mapped_ha", 2, "x", 70.0, None, None, None, None))
    columns = ["metric", "class", "label", "value", "low", "high", "n_points", "note"]
    table = area_table(pd.DataFrame(rows, columns=columns).assign(seed=0), LINK)
    assert table.rows[0][5:7] == ["0.900 ± 0.020", "300"]
    assert table.rows[1][:5] == ["2 x", "70.0", "50.0 ± 10.0", "0.800 ± 0.100", "0.700"]


def polygon_areas():
    """Areas of two classes, 2 with an interval from few blocks and 9 in no estimate and without polygons."""
    rows = [
        ("oa", None, None, 0.9, 0.85, 0.94, 33, ""),
        ("users_accuracy", 2, "x", 0.8, 0.7, 0.9, 20, ""),
        ("producers_accuracy", 2, "x", 0.7, None, None, 3, "no interval: 3 block(s), at least 5 are needed"),
        ("area_ha", 2, "x", 50.0, 40.0, 65.0, 12, "optimistic: 12 blocks in all"),
        ("mapped_ha", 2, "x", 60.0, None, None, None, None),
        ("users_accuracy", 9, "y", None, None, None, 0, "no estimate: no test pixel is mapped as this class"),
        ("producers_accuracy", 9, "y", None, None, None, 0, "no estimate: no test polygon of this class"),
        ("area_ha", 9, "y", None, None, None, 0, "no estimate: no test polygon of this class"),
        (
            "mapped_ha",
            9,
            "y",
            20.0,
            None,
            None,
            None,
            "mapped area in no estimate: no test pixel is mapped as this class",
        ),
        ("estimated_ha", None, None, 60.0, None, None, None, None),
    ]
    columns = ["metric", "class", "label", "value", "low", "high", "n_polygons", "note"]
    return pd.DataFrame(rows, columns=columns).assign(seed=0, unit="500 m block")


def test_areas_from_polygons_say_what_they_assume_and_what_they_leave_out():
    table = polygon_area_table(polygon_areas(), LINK)
    assert "assumes that polygons represent their map class" in table.caption
    assert "resampling 500 m blocks within classes" in table.caption
    assert table.columns[6] == "500 m blocks of the class"
    assert table.rows[0] == ["all classes", "80.0", "60.0", "–", "–", "0.900 (0.850 to 0.940)", "33", "–"]
    assert table.rows[1][:5] == ["2 x", "60.0", "50.0 (40.0 to 65.0)*", "0.800 (0.700 to 0.900)", "0.700"]
    assert table.rows[1][6:] == ["12", "optimistic: 12 blocks in all"]
    assert table.rows[2][1:3] == ["20.0", "–"]
    assert table.rows[2][7].split("; ") == [
        "no estimate: no test polygon of this class",
        "mapped area in no estimate: no test pixel is mapped as this class",
    ]


def test_classes_in_no_estimate_of_areas_are_cautions():
    left_out, unknown = area_cautions({0: polygon_areas()})
    assert left_out.cases == ["9 y (20.0 ha): 25.0 % of the map."]
    assert unknown.cases == ["9 y."]
    found = area_cautions({0: polygon_areas(), 4: polygon_areas()})
    assert [caution.cases[1] for caution in found] == [
        "seed 4: 9 y (20.0 ha): 25.0 % of the map.",
        "seed 4: 9 y.",
    ]
    known = polygon_areas()
    assert area_cautions({0: known[known["class"] != 9]}) == []
    assert area_cautions({}) == []


def test_tables_say_what_is_resampled(results):
    table = interval_table(results.intervals.assign(unit="500 m block"), LINK)
    assert "500 m blocks" in table.columns
    assert "from resampling 500 m blocks within classes" in table.caption
    gaps = gap_table(results.gaps.assign(unit="group"), results.folds, results.class_scores, LINK)
    assert gaps.columns.count("groups") == 2
    assert "resampling groups within classes" in gaps.caption
    assert set(results.intervals["unit"]) == set(results.gaps["unit"]) == {"polygon"}


def test_disagreement_of_the_seeds_by_class_and_fold(results):
    table = vote_table(results.by_run("votes"), results.names, [LINK])
    assert [row[0] for row in table.rows] == ["all pixels", *results.names.values()]
    # Nine pixels have labels in both seeds; in one, class 1 in the first seed, they differ.
    assert table.rows[0][1:4] == [f"{1 / 9:.3f}", "11.1 %", "729"]
    assert table.rows[1][1:4] == ["0.250", "25.0 %", "324"]
    assert table.rows[2][1:4] == ["0.000", "0.0 %", "162"]
    assert len(table.columns) == 1 + 3 * 3


def test_temperatures_show_what_they_change():
    row = {
        "temperature": 2.5,
        "samples": 1234,
        "nll": 1.25,
        "nll_scaled": 1.0,
        "ece": 0.2,
        "ece_scaled": 0.05,
    }
    nothing = dict.fromkeys(row) | {"samples": 0}
    table = temperature_table(
        {"all/seed_0": pd.DataFrame([row]), "x": pd.DataFrame([nothing], dtype=float)}, [LINK]
    )
    assert table.rows[0] == ["all/seed_0", "2.500", "1.250", "1.000", "0.200", "0.050", "1,234"]
    assert table.rows[1] == ["x", *["–"] * 5, "0"]
