import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from tilefold.report.table import Link
from tilefold.report.tables_levels import level_table
from tilefold.validation.levels import summarise_level
from tilefold.validation.summary import read_folds, summarise_runs

CODES = [1, 2, 5, 7]
#: Number 2 is also the map's value for no class.
GROUPS = [{"code": 1, "label": "crops", "classes": [1, 5]}, {"code": 2, "label": "woods", "classes": [2, 7]}]
GROUP = {1: 1, 5: 1, 2: 2, 7: 2}
NODATA = 0
NAMES = ("folds", "classes", "intervals", "confusion")


@pytest.fixture
def study(tmp_path):
    rng = np.random.default_rng(7)
    n = 3000
    polygon = rng.integers(0, 60, n)
    code = np.array(CODES)[polygon % 4]
    predicted = np.where(rng.random(n) < 0.4, rng.choice([NODATA, *CODES], n), code)
    pixels = pd.DataFrame({"tile": "T", "polygon": polygon, "group": polygon, "code": code, "role": "test"})
    pixels = pixels.assign(cell="T", held_out_pixel=False, predicted=predicted)
    counts = pixels.groupby(list(pixels.columns)).size().reset_index(name="pixels")
    counts["unit"] = counts["group"]
    counts.attrs = {"unit": {"kind": "polygon"}}
    counts.to_parquet(tmp_path / "counts.parquet")
    # Class 7 is not learnt, but another class of its group is.
    pd.DataFrame({"code": CODES, "learn": [5, 5, 5, 0]}).to_csv(tmp_path / "rates.csv", index=False)
    settings = {
        "runs": [{"name": "all/seed_0", "fold": "all", "seed": 0, "held_out": []}],
        "classes": [{"code": code, "label": f"class {code}"} for code in CODES],
        "nodata": NODATA,
        "bootstrap": {"replicates": 1000, "seed": 0},
        "groups": GROUPS,
    }
    inputs = {"all/seed_0": tmp_path / "counts.parquet"}, {"all/seed_0": tmp_path / "rates.csv"}, settings
    outputs = {name: tmp_path / "level" / f"{name}.csv" for name in NAMES}
    summarise_level(*inputs, **outputs)
    return pixels, inputs, outputs


def test_scores_of_groups_equal_scikit_learn(study):
    pixels, _, outputs = study
    seen = pixels[pixels["predicted"] != NODATA]
    reference, predicted = seen["code"].map(GROUP), seen["predicted"].map(GROUP)
    row = read_folds(outputs["folds"]).iloc[0]
    assert row["oa"] == pytest.approx(sk.accuracy_score(reference, predicted))
    assert row["kappa"] == pytest.approx(sk.cohen_kappa_score(reference, predicted))
    assert row["mean_f1"] == pytest.approx(sk.f1_score(reference, predicted, average="macro"))
    assert row["mean_iou"] == pytest.approx(sk.jaccard_score(reference, predicted, average="macro"))
    assert row["n_nodata"] == len(pixels) - len(seen)
    assert row["classes_not_learnt"] == ""
    assert row["n_classes_common"] == 2
    classes = pd.read_csv(outputs["classes"])
    assert classes["label"].tolist() == ["crops", "woods"]
    np.testing.assert_allclose(classes["recall"], sk.recall_score(reference, predicted, average=None))
    confusion = pd.read_csv(outputs["confusion"])
    assert confusion["pixels"].sum() == len(pixels)
    intervals = pd.read_csv(outputs["intervals"])
    oa = intervals[intervals["metric"] == "oa"].iloc[0]
    assert oa["low"] < oa["value"] == row["oa"] < oa["high"]


def test_levels_stand_beside_classes(study, tmp_path):
    _, inputs, outputs = study
    others = ("gaps", "folds_mean", "matrices")
    paths = {name: tmp_path / f"{name}.csv" for name in (*NAMES, *others)}
    summarise_runs(*inputs, **paths)
    folds, level = read_folds(paths["folds"]), read_folds(outputs["folds"])
    table = level_table(folds, [level], [Link("a", "b")])
    assert table.columns[3:5] == ["OA: classes", "OA: level 1"]
    assert table.rows[0][3:5] == [f"{folds['oa'][0]:.3f}", f"{level['oa'][0]:.3f}"]
    assert level["oa"][0] > folds["oa"][0]
