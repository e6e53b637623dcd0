import json

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from tilefold.cli import main
from tilefold.plan.comparison import open_project
from tilefold.validation.comparison import IncomparableError, compare_projects

CODES = [1, 2, 5]


def write_project(folder, rng, wrong, *, first_polygon=0, polygons=60, codes=CODES, reverse=False, kind=None):
    """A project whose polygons are numbered in its own way; their names are `g<number>`."""
    names = np.arange(first_polygon, first_polygon + polygons)
    numbers = names[::-1] - first_polygon + 1 if reverse else names - first_polygon + 1
    code = np.array(CODES)[names % 3]
    rows = []
    for number, true in zip(numbers, code, strict=True):
        share = np.clip(wrong + 0.1 * rng.standard_normal(), 0, 1)
        predicted = np.where(rng.random(30) < share, rng.choice(CODES, 30), true)
        predicted[0] = 0
        found, pixels = np.unique(predicted, return_counts=True)
        rows += [
            ("T", number, number, true, "test", "T", False, p, n) for p, n in zip(found, pixels, strict=True)
        ]
    keys = ["tile", "polygon", "group", "code", "role", "cell", "held_out_pixel", "predicted", "pixels"]
    counts = pd.DataFrame(rows, columns=keys)
    counts["unit"] = counts["polygon"]
    counts.attrs = {"unit": kind or {"kind": "polygon"}}
    for path in ("validation/all/seed_0", "runs/all/seed_0", "split", "plan"):
        (folder / path).mkdir(parents=True)
    counts.to_parquet(folder / "validation/all/seed_0/counts.parquet")
    pd.DataFrame({"code": CODES, "learn": 9}).to_csv(folder / "runs/all/seed_0/rates.csv", index=False)
    named = [f"g{name}" for name in names]
    split = pd.DataFrame({"polygon": numbers, "group": numbers, "id": named, "group_id": named})
    split.to_parquet(folder / "split" / "seed_0.parquet")
    plan = {"classes": [{"code": code, "label": f"class {code}"} for code in codes], "nodata": 0}
    (folder / "plan" / "a.json").write_text(json.dumps(plan))
    return counts.assign(name=counts["group"].map(dict(zip(numbers, names, strict=True))))


def pixels_of(counts, names):
    chosen = counts[counts["name"].isin(names) & (counts["predicted"] != 0)]
    return chosen.loc[chosen.index.repeat(chosen["pixels"])]


def test_scores_are_those_of_shared_polygons(tmp_path, capsys):
    rng = np.random.default_rng(0)
    counts = [
        write_project(tmp_path / "a", rng, 0.4),
        write_project(tmp_path / "b", rng, 0.2, first_polygon=15, reverse=True),
    ]
    out = ["--out", str(tmp_path / "out"), "--replicates", "1000"]
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b"), *out]) == 0
    assert "comparison.html" in capsys.readouterr().out
    table = pd.read_csv(tmp_path / "out" / "comparison.csv").set_index(["metric", "class"])
    seen = [pixels_of(table_of, range(15, 60)) for table_of in counts]
    oa = table.loc["oa"].iloc[0]
    expected = [sk.accuracy_score(part["code"], part["predicted"]) for part in seen]
    assert [oa["first"], oa["second"]] == pytest.approx(expected)
    assert oa["n_polygons"] == 45
    assert oa["low"] < oa["difference"] == pytest.approx(expected[1] - expected[0])
    assert oa["low"] > 0, "the second is better"
    f1 = [sk.f1_score(part["code"], part["predicted"], labels=[2], average=None)[0] for part in seen]
    assert table.loc[("f1", 2), ["first", "second"]].tolist() == pytest.approx(f1)
    page = (tmp_path / "out" / "comparison.html").read_text()
    assert f"{expected[1] - expected[0]:+.3f}" in page


def test_equal_projects_differ_by_nothing(tmp_path):
    write_project(tmp_path / "a", np.random.default_rng(0), 0.3)
    write_project(tmp_path / "b", np.random.default_rng(0), 0.3)
    table = compare_projects(open_project(tmp_path / "a"), open_project(tmp_path / "b"), replicates=1000)
    assert (table["difference"] == 0).all()
    assert table["low"].isna().all()
    assert table["note"].str.contains("does not change").all()


def test_projects_of_one_skill_have_intervals_around_zero(tmp_path):
    rng = np.random.default_rng(3)
    hits = 0
    for trial in range(20):
        folders = [tmp_path / f"{name}{trial}" for name in "ab"]
        for folder in folders:
            write_project(folder, rng, 0.3)
        table = compare_projects(*map(open_project, folders), replicates=1000, seed=trial)
        oa = table[table["metric"] == "oa"].iloc[0]
        hits += oa["low"] <= 0 <= oa["high"]
    assert hits >= 16


def test_what_cannot_be_compared_is_refused(tmp_path, capsys):
    rng = np.random.default_rng(0)
    write_project(tmp_path / "a", rng, 0.3)
    write_project(tmp_path / "b", rng, 0.3, first_polygon=60)
    write_project(tmp_path / "c", rng, 0.3, codes=[1, 2, 7])
    first, second, third = (open_project(tmp_path / name) for name in "abc")
    with pytest.raises(IncomparableError, match="no run of one fold and seed"):
        compare_projects(first, second)
    with pytest.raises(IncomparableError, match=r"codes \[5, 7\]"):
        compare_projects(first, third)
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "nothing")]) == 1
    assert "holds no finished validation" in capsys.readouterr().err


def test_both_projects_must_resample_the_same(tmp_path):
    rng = np.random.default_rng(0)
    blocks = {"kind": "block", "size_m": 500.0, "crs": "EPSG:32631"}
    write_project(tmp_path / "a", rng, 0.3)
    write_project(tmp_path / "b", rng, 0.3, kind=blocks)
    write_project(tmp_path / "c", rng, 0.3, kind={**blocks, "size_m": 400.0})
    first, second, third = (open_project(tmp_path / name) for name in "abc")
    with pytest.raises(IncomparableError, match="polygon and 500 m block"):
        compare_projects(first, second)
    with pytest.raises(IncomparableError, match="500 m block and 400 m block"):
        compare_projects(second, third)


def test_blocks_are_those_of_the_first_project(tmp_path):
    """The second one numbers polygons and blocks otherwise; pairs of polygons stay pairs."""
    blocks = {"kind": "block", "size_m": 500.0, "crs": "EPSG:32631"}
    for name, reverse in (("a", False), ("b", True)):
        rng = np.random.default_rng(0)
        counts = write_project(tmp_path / name, rng, 0.3, reverse=reverse, kind=blocks)
        # Three polygons, one of each class, are in one block.
        stored = counts.assign(unit=counts["name"] // 3 if name == "a" else counts["name"]).drop(
            columns="name"
        )
        stored.attrs = {"unit": blocks}
        stored.to_parquet(tmp_path / name / "validation/all/seed_0/counts.parquet")
    both = [open_project(tmp_path / name) for name in "ab"]
    table = compare_projects(*both, replicates=1000)
    # The same pixels by the same names: nothing differs, whatever is drawn.
    assert (table["difference"] == 0).all()
    assert table["note"].str.contains("resampling blocks does not change it").all()
    assert set(table["unit"]) == {"500 m block"}
    assert (table.loc[table["metric"] == "f1", "n_polygons"] == 20).all()
    turned = compare_projects(*reversed(both), replicates=1000)
    assert (turned.loc[turned["metric"] == "f1", "n_polygons"] == 20).all()


def test_groups_are_resampled_whole(tmp_path):
    counts = write_project(tmp_path / "a", np.random.default_rng(0), 0.3, kind={"kind": "group"})
    write_project(tmp_path / "b", np.random.default_rng(1), 0.2, kind={"kind": "group"})
    for name in "ab":
        path = tmp_path / name / "split" / "seed_0.parquet"
        split = pd.read_parquet(path)
        split.assign(group_id=[f"farm{number // 10}" for number in split["polygon"] - 1]).to_parquet(path)
    table = compare_projects(open_project(tmp_path / "a"), open_project(tmp_path / "b"), replicates=1000)
    assert counts["polygon"].nunique() == 60
    by_class = table[table["metric"] == "f1"]
    assert by_class["n_polygons"].tolist() == [6, 6, 6]
    assert by_class["note"].str.startswith("optimistic: 6 groups in all").all()
