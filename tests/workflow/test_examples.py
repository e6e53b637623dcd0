"""The example configs: the published study by name, the real tiles in full."""

import re
from collections import Counter

import geopandas
import pandas as pd
import pytest
from engine import ROOT, planned, run

from tilefold.simulation.names import simulate_names
from tilefold.storage.tables import split_list

EXAMPLES = ROOT / "config" / "examples"
STUDY = ["T31TCJ", "T31TCK", "T31TDJ", "T31TDK"]
REAL = ["SI00", "SI01", "SI10", "SI11"]


def test_the_published_study_plans_its_jobs(tmp_path):
    """4 tiles, `all` and 4 folds, 1 candidate, 50 chunks, 3 products of a map."""
    simulate_names(tmp_path / "data" / "toulouse_2018", STUDY)
    found = Counter(rule for rule, _ in planned(tmp_path, EXAMPLES / "toulouse_2018.yaml"))
    once_a_run = "select_samples assemble_samples train_candidate select_model predict_samples validate_run"
    assert found == {
        "preprocess": 4,
        "clean_ground_truth": 1,
        "split_polygons": 1,
        "extract_pool": 4,
        "gather_indexes": 1,
        **dict.fromkeys(once_a_run.split(), 5),
        "classify_chunk": 50 * (4 + 4 * 1),
        "merge_chunks": 3 * (4 + 4 * 1),
        "mosaic_tiles": 3 * 5,
        "describe_map": 5,
        "measure_seams": 1,
        "score_distances": 4,
        "measure_neighbours": 1,
        "estimate_polygon_areas": 1,
        "predict_baselines": 5,
        "summarise_baselines": 1,
        "summarise_runs": 1,
        "summarise_candidates": 1,
        "write_report": 1,
    }


@pytest.fixture(scope="module")
def slovenia(real_data):
    """Folder of the real data."""
    return real_data("slovenia_s2")


@pytest.fixture(scope="module")
def real(tmp_path_factory, slovenia):
    """Results of the example config on the real tiles, all four folds."""
    folder = tmp_path_factory.mktemp("slovenia")
    run(folder, EXAMPLES / "slovenia.yaml", "--config", f"data={slovenia}")
    return folder / "results" / "slovenia"


@pytest.fixture(scope="module")
def folds(real):
    lists = dict.fromkeys(["classes_not_learnt", "classes_not_tested"], str)
    return pd.read_csv(real / "summary" / "folds.csv", dtype=lists)


def row(folds, fold, side):
    (found,) = folds[(folds["fold"] == fold) & (folds["side"] == side)].to_dict("records")
    return found


@pytest.mark.slow
def test_real_polygons_without_a_class_are_rejected_and_listed(real, slovenia):
    source = geopandas.read_file(slovenia / "lulc.gpkg")
    rejected = geopandas.read_file(real / "ground_truth" / "rejected.gpkg")
    assert (source["LULC_ID"] == 0).sum() == 4
    assert rejected["reason"].str.contains("nomenclature").sum() == 4


@pytest.mark.slow
def test_real_folds_have_every_side_and_pool_each_pixel_once(folds):
    for tile in REAL:
        assert set(folds.loc[folds["fold"] == f"without_{tile}", "side"]) == {
            "in_area",
            "out_of_area",
            "out_of_area_test",
            "reference",
        }
    held_out = sum(row(folds, f"without_{tile}", "out_of_area")["n_pixels"] for tile in REAL)
    assert row(folds, "pooled", "pooled")["n_pixels"] == held_out > 3000


@pytest.mark.slow
def test_the_holes_of_the_real_reference_are_said(real, folds):
    """Class 1 exists in SI01 alone: its fold cannot learn it; class 8 is missing from SI10."""
    assert "1" in split_list(row(folds, "without_SI01", "out_of_area")["classes_not_learnt"])
    assert "8" in split_list(row(folds, "without_SI10", "out_of_area")["classes_not_tested"])
    classes = pd.read_csv(real / "summary" / "classes.csv")
    without = classes[(classes["run"].str.startswith("without_SI01")) & (classes["side"] == "out_of_area")]
    lost = without[without["class"] == 1].iloc[0]
    assert lost["n_pixels"] > 0
    assert lost["f1"] == 0
    page = re.sub(r"<[^>]+>", " ", (real / "report" / "index.html").read_text())
    assert "not learn" in page
    assert "cultivated land" in page


@pytest.mark.slow
def test_metrics_of_the_real_tiles_are_those_of_their_predicted_pixels(real, folds):
    for tile in REAL:
        pixels = pd.read_parquet(real / "runs" / f"without_{tile}" / "seed_0" / "predicted.parquet")
        pixels = pixels[pixels["held_out_pixel"]]
        found = row(folds, f"without_{tile}", "out_of_area")
        assert found["n_pixels"] == (pixels["predicted"] != 0).sum()
        assert found["oa_with_nodata"] == pytest.approx((pixels["predicted"] == pixels["code"]).mean())
