import pandas as pd
import pytest

from tilefold.report.cautions import find_cautions
from tilefold.report.results import Results
from tilefold.validation.summary import read_folds

NAMES = {1: "1 water", 2: "2 forest", 3: "3 meadow", 9: "9 rock"}


@pytest.fixture
def inputs(study):
    _, sources, settings = study
    results = Results(sources, tuple(settings["classes"]), "page.html")
    return {
        "folds": read_folds(sources["folds"]),
        "classes": results.class_scores,
        "gaps": results.gaps,
        "barred": results.by_run("barred"),
        "splits": results.splits,
        "names": NAMES,
        "skipped": results.skipped,
        "rates": results.by_run("rates"),
        "choices": results.by_run("choices"),
        "histories": results.histories,
        "few_polygons": 5,
    }


def cases(inputs, start):
    chosen = [caution.cases for caution in find_cautions(**inputs) if caution.heading.startswith(start)]
    return chosen[0] if chosen else []


def test_class_that_a_fold_could_not_learn_is_named_with_its_effect(inputs):
    found = [
        case for case in cases(inputs, "Classes that a run could not learn") if "without_A, seed 0" in case
    ]
    classes = inputs["classes"]
    lost = classes[
        (classes["fold"] == "without_A")
        & (classes["seed"] == 0)
        & (classes["side"] == "out_of_area")
        & (classes["class"] == 3)
    ]
    assert found == [
        f"without_A, seed 0: 3 meadow, 9 rock. {lost['n_pixels'].item()} reference pixels of them are errors out of "
        "area, with F1 0 in mean F1."
    ]
    assert "all, seed 1: 9 rock. None has reference in area." in cases(inputs, "Classes that a run")


def test_runs_whose_best_epoch_was_the_last_are_named(inputs):
    # Each run chose epoch 5 of 5.
    assert cases(inputs, "Models that are not trained out") == [
        "all/seed_0, without_A/seed_0, without_B/seed_0, all/seed_1, without_A/seed_1, without_B/seed_1: the best "
        "epoch was the last (5 of 5). More epochs or a higher rate may help; a gap to such a run is partly "
        "undertraining."
    ]
    earlier = {run: table.assign(epoch=4) for run, table in inputs["choices"].items()}
    earlier["without_B/seed_1"] = inputs["choices"]["without_B/seed_1"]
    (found,) = cases({**inputs, "choices": earlier}, "Models that are not trained out")
    assert found.startswith("without_B/seed_1: the best epoch was the last (5 of 5).")
    # A candidate that was not chosen may end where it likes.
    other = {run: table.assign(epoch=[4, 5]) for run, table in inputs["choices"].items()}
    assert cases({**inputs, "choices": other}, "Models that are not trained out") == []


def test_folds_with_less_than_half_of_the_samples_are_named(inputs):
    heading = "Folds that learn from far fewer samples"
    assert cases(inputs, heading) == []
    learn = {"all/seed_0": 2400, "without_A/seed_0": 1100, "without_B/seed_0": 1200}
    rates = {
        run: pd.DataFrame(
            {"region": "all", "code": [1, 2], "polygons": 9, "learn": [total - 30, 30], "validation": 5}
        )
        for run, total in learn.items()
    }
    assert cases({**inputs, "rates": rates}, heading) == [
        "without_A/seed_0: 1,100 learn samples, the run all has 2,400 (46 % of them). A gap to it is partly the "
        "smaller sample."
    ]


def test_classes_learnt_on_almost_nothing_are_named_once_a_run(inputs):
    columns = ["code", "polygons", "learn", "validation", "region"]
    # Just enough of class 1; class 3 was not learnt at all, which is another caution.
    enough, unlearnt = (1, 3, 20, 1, "all"), (3, 0, 0, 0, "all")
    rates = {
        "all/seed_0": pd.DataFrame(
            [enough, (2, 2, 20, 1, "all"), unlearnt, (9, 1, 1, 0, "all")], columns=columns
        ),
        "without_A/seed_0": pd.DataFrame(
            [enough, (2, 3, 19, 1, "all"), unlearnt, (9, 5, 40, 0, "all")], columns=columns
        ),
        "without_B/seed_0": pd.DataFrame([enough, enough, unlearnt], columns=columns),
    }
    assert cases(
        {**inputs, "rates": rates, "few_polygons": 3}, "Classes learnt on fewer than 3 polygons"
    ) == [
        "all/seed_0: 2 forest (2 polygons); 9 rock (1 learn pixel, 1 polygon, no validation pixel).",
        "without_A/seed_0: 2 forest (19 learn pixels); 9 rock (no validation pixel).",
    ]


def test_runs_with_very_different_numbers_of_samples_are_named(inputs):
    heading = "Classes with very different numbers"
    assert cases(inputs, heading) == []
    learn = {"all/seed_0": [200, 20, 0, 60], "without_A/seed_0": [2010, 201, 200, 0]}
    rates = {
        run: pd.DataFrame(
            {"region": "all", "code": [1, 2, 3, 9], "polygons": 9, "learn": numbers, "validation": 5}
        )
        for run, numbers in learn.items()
    }
    # Ten times as many is not yet far apart; a class without any sample is another caution.
    assert cases({**inputs, "rates": rates}, heading) == [
        "without_A/seed_0: 1 water has 2,010 learn samples, 3 meadow 200, 10 times fewer."
    ]


def test_the_number_of_few_polygons_is_the_projects(inputs):
    few = cases({**inputs, "few_polygons": 2}, "Classes scored on fewer than 2 polygons")
    assert sum(map(len, few)) < sum(map(len, cases(inputs, "Classes scored on fewer than 5 polygons")))
    assert cases({**inputs, "few_polygons": 0}, "Classes scored on fewer") == []


def test_classes_without_reference_are_named_by_side(inputs):
    found = cases(inputs, "Classes that cannot be tested")
    assert any(
        case.startswith("without_B, seed 0 – ") and "out of area: 3 meadow, 9 rock" in case for case in found
    )
    assert not any("reference" in case for case in found)


def test_few_polygons(inputs):
    found = cases(inputs, "Classes scored on fewer than 5 polygons")
    classes = inputs["classes"]
    tested = classes[(classes["fold"] == "all") & (classes["seed"] == 0)].set_index("class")["n_polygons"]
    few = [f"{NAMES[code]} ({n})" for code, n in tested.items() if 0 < n < 5]
    assert few
    assert f"all, in area, seed 0: {', '.join(few)}." in found


def test_few_polygons_of_a_fold_stand_in_one_case(inputs):
    columns = ["fold", "seed", "side", "class", "n_polygons"]
    rows = [
        ("all", 0, "in_area", 1, 5),
        ("without_A", 0, "in_area", 1, 4),
        ("without_A", 0, "in_area", 2, 5),
        ("without_A", 0, "out_of_area", 1, 9),
        ("without_A", 0, "out_of_area", 3, 1),
        ("without_A", 0, "out_of_area_test", 1, 3),
        ("without_A", 0, "out_of_area_test", 2, 4),
        ("without_A", 0, "out_of_area_test", 3, 0),
        ("without_A", 0, "reference", 1, 3),
        ("without_B", 0, "out_of_area", 1, 5),
        ("pooled", 0, "pooled", 3, 1),
    ]
    classes = pd.DataFrame(rows, columns=columns).assign(n_pixels=20)
    assert cases({**inputs, "classes": classes}, "Classes scored on fewer than 5 polygons") == [
        "pooled out of area: 3 meadow (1).",
        "without_A, by code – in area: 1 (4); out of area: 3 (1); out of area, test: 1 (3), 2 (4).",
    ]
    # With the study's own tables: one case a fold and seed.
    found = cases(inputs, "Classes scored on fewer than 5 polygons")
    assert sum(case.startswith("without_A, seed 0, by code") for case in found) == 1


def test_nodata_pixels(inputs):
    folds = inputs["folds"]
    row = folds[(folds["fold"] == "all") & (folds["seed"] == 0)].iloc[0]
    share = 100 * row["n_nodata"] / (row["n_nodata"] + row["n_pixels"])
    assert row["n_nodata"] > 0
    found = cases(inputs, "Test pixels that the map leaves without a class")
    assert f"all, seed 0, in area: {row['n_nodata']} pixels, {share:.1f} % of this side." in found


def test_barred_shares(inputs):
    assert cases(inputs, "Reference barred") == []
    table = pd.DataFrame(
        [(1, "held_out", 3, 60, 0.6), (2, "barred", 2, 90, 0.9)],
        columns=["code", "reason", "polygons", "pixels", "hectares"],
    )
    split = pd.DataFrame(
        {"code": [1, 2, 2, 2], "role": ["learn", "learn", "validation", "test"], "pixels": 100}
    )
    found = find_cautions(
        **{**inputs, "barred": {"without_A/seed_0": table}, "splits": {"without_A/seed_0": split}}
    )
    texts = [caution.cases for caution in found if caution.heading.startswith("Reference barred")]
    # 90 of the 240 training pixels outside (300 less 60), 90 of class 2's 200.
    assert texts == [
        ["without_A/seed_0: 38 % of the training pixels outside the held-out area; most from 2 forest 45 %."]
    ]


def test_gaps_without_interval(inputs):
    gaps = inputs["gaps"].assign(note="no interval: 3 polygon(s), at least 5 are needed")
    found = cases({**inputs, "gaps": gaps}, "Transfer gaps without an interval")
    assert found[0] == "without_A, seed 0: 3 polygon(s), at least 5 are needed."
    assert cases({**inputs, "gaps": gaps.assign(note="optimistic: 9 polygons")}, "Transfer gaps") == []


def test_acquisitions_that_are_left_out_are_named(inputs):
    assert cases(inputs, "Acquisitions that could not be read") == ["B, s2: S2A_1."]
    inputs["skipped"] = inputs["skipped"].iloc[:0]
    assert cases(inputs, "Acquisitions that could not be read") == []


def by_region(table, **learn):
    """Rates of two regions, with other learn pixels where given."""
    parts = [table.assign(region=name, **changes) for name, changes in learn.items()]
    return pd.concat(parts, ignore_index=True)


def test_regions_without_a_model_are_named_with_what_follows(inputs):
    heading = "Regions that a run has no model for"
    assert cases(inputs, heading) == []
    table = inputs["rates"]["all/seed_0"]
    nothing, not_validated = {"learn": 0}, {"validation": 0}
    rates = {
        "all/seed_0": by_region(table, east={}, west={}),
        "without_A/seed_0": by_region(table, east=nothing, north=not_validated, west={}, all={}),
    }
    found = cases({**inputs, "rates": rates, "fallback": "none"}, heading)
    assert found == [
        "without_A/seed_0: east (no learn pixel), north (no validation pixel of a class with learn pixels). The map "
        "has no class there, and test pixels there are errors in OA with nodata."
    ]
    (found,) = cases({**inputs, "rates": rates, "fallback": "nearest"}, heading)
    assert found.endswith("The model of the nearest region that has one classifies them.")


def test_samples_of_all_regions_together_do_not_count_twice(inputs):
    table = inputs["rates"]["all/seed_0"].assign(learn=[100, 0, 0, 0])
    less = table.assign(learn=[30, 0, 0, 0])
    rates = {
        "all/seed_0": by_region(table, east={}, west={}, all={}),
        "without_A/seed_0": by_region(less, east={}, west={}, all={}),
    }
    (found,) = cases({**inputs, "rates": rates}, "Folds that learn from far fewer samples")
    assert found.startswith("without_A/seed_0: 60 learn samples, the run all has 200")


def test_thin_classes_name_their_region(inputs):
    table = inputs["rates"]["all/seed_0"].assign(learn=[100, 0, 0, 0], polygons=9, validation=5)
    rates = {"all/seed_0": by_region(table, east={"learn": [3, 0, 0, 0]}, west={})}
    assert cases({**inputs, "rates": rates}, "Classes learnt on fewer than") == [
        "all/seed_0: 1 water in east (3 learn pixels)."
    ]


def test_thinned_test_pixels_are_said(inputs):
    heading = "Test pixels that are thinned"
    assert cases(inputs, heading) == []
    # Twenty pixels a polygon: classes 1 and 2 have ten polygons, class 3 has four.
    assert cases({**inputs, "max_test_pixels": 150}, heading) == [
        "Scores rest on a part of the reference pixels (validation.max_test_pixels: 150), each polygon in its share: "
        "1 water (about 150 of 200 pixels); 2 forest (about 150 of 200 pixels)."
    ]
    assert cases({**inputs, "max_test_pixels": 200}, heading) == []
