import numpy as np
import pandas as pd
import pytest

from tilefold.validation.sides import UnpairedError
from tilefold.validation.summary import read_folds, summarise_runs

COLUMNS = ["tile", "polygon", "group", "code", "role", "held_out_pixel", "predicted", "pixels"]
BOOTSTRAP = {"replicates": 1000, "seed": 3}
NAMES = ("folds", "classes", "gaps", "folds_mean", "intervals")


class Study:
    """Counts and rates of runs, written as the summary reads them."""

    def __init__(self, folder, codes):
        self.folder, self.codes = folder, codes
        self.runs, self.counts, self.rates = [], {}, {}

    def add(self, fold, seed, held_out, rows, learnt):
        name = f"{fold}/seed_{seed}"
        path = self.folder / name
        path.mkdir(parents=True)
        table = pd.DataFrame(rows, columns=COLUMNS)
        # Folds of tiles: the cell of a pixel is its tile.
        table = table.assign(cell=table["tile"], unit=table["group"])
        table.attrs = {"unit": {"kind": "polygon"}}
        table.to_parquet(path / "counts.parquet")
        rates = pd.DataFrame({"region": "all", "code": self.codes, "learn": np.isin(self.codes, learnt) * 10})
        rates.to_csv(path / "rates.csv", index=False)
        self.counts[name], self.rates[name] = path / "counts.parquet", path / "rates.csv"
        self.runs.append({"name": name, "fold": fold, "seed": seed, "held_out": held_out})

    def summarise(self):
        paths = {name: self.folder / f"{name}.csv" for name in NAMES}
        settings = {
            "runs": self.runs,
            "classes": [{"code": code, "label": f"class {code}"} for code in self.codes],
            "nodata": 0,
            "bootstrap": BOOTSTRAP,
        }
        more = {"confusion": self.folder / "confusion.csv", "matrices": self.folder / "matrices"}
        summarise_runs(self.counts, self.rates, settings, **paths, **more)
        text = {"note": str, "note_oa": str}
        tables = {name: pd.read_csv(path, dtype=text) for name, path in paths.items()}
        return {**tables, "folds": read_folds(paths["folds"])}

    def files(self):
        return {name: (self.folder / f"{name}.csv").read_bytes() for name in (*NAMES, "confusion")}


def row(table, **key):
    chosen = table[np.logical_and.reduce([table[name] == value for name, value in key.items()])]
    assert len(chosen) == 1
    return chosen.iloc[0]


def eight_classes(tile, local, held_out):
    """Pixels of one tile at F1 0.80 in each class: each class of 140 pixels gives 28 to the next one.

    Class 8 lives in tile A alone. The run that never saw A gives its 140 pixels to the other seven, which
    give only 20 to each other, so that their F1 stays 0.80: 240 / (140 + 160).
    """
    codes = list(range(1, 9)) if local else list(range(1, 8))
    unseen = local and held_out
    rows = []
    for code in codes:
        polygon = 10 * code + "ABCD".index(tile)
        if unseen and code == 8:
            rows += [(tile, polygon, polygon, 8, "test", True, other, 20) for other in range(1, 8)]
        else:
            learnt = list(range(1, 8)) if unseen else codes
            after = learnt[(learnt.index(code) + 1) % len(learnt)]
            wrong = 20 if unseen else 28
            rows.append((tile, polygon, polygon, code, "test", held_out, code, 140 - wrong))
            rows.append((tile, polygon, polygon, code, "test", held_out, after, wrong))
    return rows


@pytest.fixture
def local_class(tmp_path):
    """Eight classes at F1 0.80, one of which lives in tile A alone; no shift between tiles at all."""
    study = Study(tmp_path, list(range(1, 9)))
    tiles = "ABCD"
    whole = [line for tile in tiles for line in eight_classes(tile, tile == "A", False)]
    study.add("all", 0, [], whole, range(1, 9))
    for tile in tiles:
        rows = [line for other in tiles for line in eight_classes(other, other == "A", other == tile)]
        study.add(f"without_{tile}", 0, [tile], rows, range(1, 8) if tile == "A" else range(1, 9))
    return study


def test_a_local_class_lowers_mean_f1_without_any_shift(local_class):
    tables = local_class.summarise()
    folds = tables["folds"]
    assert row(folds, fold="all")["mean_f1"] == pytest.approx(0.8)
    lost = row(folds, fold="without_A", side="out_of_area")
    assert lost["mean_f1"] == pytest.approx(0.7)
    assert lost["classes_not_learnt"] == "8"
    for tile in "BCD":
        kept = row(folds, fold=f"without_{tile}", side="out_of_area")
        assert kept["mean_f1"] == pytest.approx(0.8)
        assert kept["classes_not_tested"] == "8"
        assert kept["n_classes"] == 7
    mean = row(tables["folds_mean"], side="out_of_area")
    assert mean["mean_f1_mean"] == pytest.approx(0.775)
    assert mean["mean_f1_sd"] == pytest.approx(np.std([0.7, 0.8, 0.8, 0.8], ddof=1))
    assert mean["n_folds"] == 4


def test_common_classes_show_that_nothing_shifted(local_class):
    tables = local_class.summarise()
    folds = tables["folds"]
    assert folds["mean_f1_common"].to_numpy() == pytest.approx(0.8)
    assert (folds["n_classes_common"] == 7).all()
    assert tables["gaps"]["gap"].to_numpy() == pytest.approx(0, abs=1e-12)


def test_keys_and_runs_of_the_fold_table(local_class):
    folds = local_class.summarise()["folds"]
    assert not folds.duplicated(["fold", "seed", "side"]).any()
    assert len(folds) == 1 + 4 * 4 + 1
    assert folds[folds["fold"] == "all"]["side"].tolist() == ["in_area"]
    assert row(folds, fold="without_B", side="reference")["run"] == "all/seed_0"
    assert row(folds, fold="without_B", side="in_area")["run"] == "without_B/seed_0"
    pooled = row(folds, side="pooled")
    assert pooled["fold"] == "pooled"
    assert pooled["run"] == ";".join(f"without_{tile}/seed_0" for tile in "ABCD")
    out = folds[folds["side"] == "out_of_area"]
    assert pooled["n_pixels"] == out["n_pixels"].sum()
    assert pooled["classes_not_learnt"] == "8"
    assert pooled["classes_not_tested"] == ""


def test_class_table_names_every_class_on_every_side(local_class):
    tables = local_class.summarise()
    assert len(tables["classes"]) == len(tables["folds"]) * 8
    lost = row(tables["classes"], fold="without_A", side="out_of_area", **{"class": 8})
    assert lost["label"] == "class 8"
    assert (lost["recall"], lost["f1"], lost["n_pixels"]) == (0, 0, 140)
    assert np.isnan(lost["precision"])
    absent = row(tables["classes"], fold="without_B", side="out_of_area", **{"class": 8})
    assert absent[["precision", "recall", "f1"]].isna().all()
    assert absent["n_pixels"] == 0


@pytest.fixture
def straddling(tmp_path):
    """Polygon 1 lies over tiles A and B, class 3 is never tested in area, polygon 2 is partly nodata."""
    study = Study(tmp_path, [1, 2, 3])
    whole = [
        ("A", 1, 1, 1, "test", False, 1, 30),
        ("B", 1, 1, 1, "test", False, 2, 10),
        ("B", 2, 2, 2, "test", False, 2, 20),
        ("B", 2, 2, 2, "test", False, 0, 5),
    ]
    without_a = [
        ("A", 1, 1, 1, "test", True, 2, 30),
        ("A", 3, 3, 3, "learn", True, 2, 7),
        ("B", 2, 2, 2, "test", False, 2, 20),
        ("B", 2, 2, 2, "test", False, 0, 5),
    ]
    without_b = [
        ("B", 1, 1, 1, "test", True, 1, 10),
        ("B", 2, 2, 2, "test", True, 2, 15),
        ("B", 2, 2, 2, "test", True, 1, 5),
        ("B", 2, 2, 2, "test", True, 0, 5),
        ("B", 4, 2, 2, "learn", True, 2, 8),
    ]
    study.add("all", 1, [], whole, [1, 2, 3])
    study.add("without_A", 1, ["A"], without_a, [1, 2])
    study.add("without_B", 1, ["B"], without_b, [1, 2, 3])
    return study


def test_straddling_polygons_count_with_each_owners_pixels(straddling):
    folds = straddling.summarise()["folds"]
    assert row(folds, fold="without_A", side="out_of_area_test")["n_pixels"] == 30
    assert row(folds, fold="without_B", side="out_of_area_test")["n_pixels"] == 30
    pooled = row(folds, side="pooled")
    assert pooled["n_pixels"] == 30 + 7 + 10 + 20 + 8
    assert pooled["n_nodata"] == 5
    assert pooled["oa"] == pytest.approx((10 + 15 + 8) / 75)
    assert pooled["oa_with_nodata"] == pytest.approx((10 + 15 + 8) / 80)
    # Polygon 1 once, with a quarter of its pixels right; polygons 2 and 4 are parts of one original.
    assert pooled["n_polygons"] == 3
    assert pooled["oa_polygon"] == pytest.approx((10 / 40 + 0 + 23 / 28) / 3)


def test_reference_side_is_the_whole_run_on_the_same_pixels(straddling):
    folds = straddling.summarise()["folds"]
    reference = row(folds, fold="without_B", side="reference")
    tested = row(folds, fold="without_B", side="out_of_area_test")
    assert (
        (reference["n_pixels"], reference["n_nodata"]) == (tested["n_pixels"], tested["n_nodata"]) == (30, 5)
    )
    assert reference["oa"] == pytest.approx(20 / 30)
    assert tested["oa"] == pytest.approx(25 / 30)


def test_a_side_without_pixels_narrows_no_common_classes(straddling):
    tables = straddling.summarise()
    in_area = row(tables["folds"], fold="without_B", side="in_area")
    assert in_area["n_pixels"] == 0
    assert np.isnan(in_area["mean_f1_common"])
    assert row(tables["folds"], fold="without_B", side="out_of_area_test")["n_classes_common"] == 2
    gap = row(tables["gaps"], fold="without_B")
    reference = row(tables["folds"], fold="without_B", side="reference")
    tested = row(tables["folds"], fold="without_B", side="out_of_area_test")
    assert gap["gap"] == pytest.approx(reference["mean_f1_common"] - tested["mean_f1_common"])
    assert gap["gap_oa"] == pytest.approx(20 / 30 - 25 / 30)
    assert np.isnan(gap["low"])
    assert gap["note"].startswith("no interval: 2 polygon(s)")


def test_common_classes_need_reference_on_all_sides_of_the_fold(straddling):
    folds = straddling.summarise()["folds"]
    # Without A: class 1 is tested out of area alone, class 2 in area alone.
    assert row(folds, fold="without_A", side="out_of_area")["n_classes_common"] == 0
    # `all` and pooled: class 3 has no reference in area, and was not learnt by the run that pooled it.
    for side in ({"fold": "all"}, {"fold": "pooled"}):
        assert row(folds, **side)["n_classes_common"] == 2
    assert row(folds, fold="pooled")["classes_not_learnt"] == "3"
    assert row(folds, fold="all")["classes_not_tested"] == "3"


def test_different_test_pixels_are_refused(straddling):
    path = straddling.counts["without_B/seed_1"]
    counts = pd.read_parquet(path)
    counts.loc[0, "pixels"] += 1
    counts.to_parquet(path)
    with pytest.raises(UnpairedError, match="without_B/seed_1"):
        straddling.summarise()


def test_without_folds_the_files_exist_with_headers(tmp_path):
    study = Study(tmp_path, [1, 2, 3])
    rows = [("A", 1, 1, 1, "test", False, 1, 30), ("B", 2, 2, 2, "test", False, 1, 20)]
    study.add("all", 0, [], rows, [1, 3])
    study.add("all", 4, [], rows, [1, 2, 3])
    tables = study.summarise()
    assert tables["folds"]["fold"].tolist() == ["all", "all"]
    first = row(tables["folds"], seed=0)
    assert (first["classes_not_learnt"], first["classes_not_tested"]) == ("2", "3")
    # Class 2 has reference and was not learnt: 0 in the mean, and no common class.
    assert first["mean_f1"] == pytest.approx((60 / 80 + 0) / 2)
    assert first["mean_f1_common"] == pytest.approx(60 / 80)
    assert row(tables["folds"], seed=4)["n_classes_common"] == 2
    assert len(tables["gaps"]) == len(tables["folds_mean"]) == 0
    assert {"fold", "seed", "gap", "low", "high", "n_polygons"} <= set(tables["gaps"].columns)
    assert {"seed", "side", "n_folds", "oa_mean", "oa_sd"} <= set(tables["folds_mean"].columns)


def random_study(folder, folds, seeds=(0, 1), order=None):
    """Ninety polygons of 60 pixels each in three tiles; every run predicts all of them in its own way."""
    polygons = [
        (tile, 100 * t + p, 100 * t + p, 1 + p % 3) for t, tile in enumerate("ABC") for p in range(30)
    ]
    table = pd.DataFrame(polygons, columns=["tile", "polygon", "group", "code"])
    table["role"] = np.random.default_rng(0).choice(["learn", "test"], len(table))
    study = Study(folder, [1, 2, 3])
    for seed in seeds:
        for fold in ("all", *folds):
            held_out = [] if fold == "all" else [fold[-1]]
            pixels = np.random.default_rng([seed, *fold.encode()]).multinomial(
                60, [0.4, 0.3, 0.3], len(table)
            )
            rows = pd.concat([table.assign(predicted=k + 1, pixels=pixels[:, k]) for k in range(3)])
            rows["held_out_pixel"] = rows["tile"].isin(held_out)
            rows = rows[rows["held_out_pixel"] | (rows["role"] == "test")]
            if order is not None:
                rows = rows.sample(frac=1, random_state=order)
            study.add(fold, seed, held_out, rows[COLUMNS], [1, 2, 3])
    return study


def test_same_bytes_in_any_order_and_other_folds_keep_their_rows(tmp_path):
    first = random_study(tmp_path / "first", ["without_A", "without_B", "without_C"])
    tables = first.summarise()
    second = random_study(tmp_path / "second", ["without_A", "without_B", "without_C"], order=5)
    second.summarise()
    assert first.files() == second.files()
    fewer = random_study(tmp_path / "fewer", ["without_A", "without_C"]).summarise()
    for name in ("folds", "gaps", "classes"):
        kept = tables[name][tables[name]["fold"].isin(["without_A", "without_C"])].reset_index(drop=True)
        found = fewer[name][fewer[name]["fold"].isin(["without_A", "without_C"])].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, found)
    assert tables["gaps"]["low"].notna().all()
    assert (tables["gaps"]["low"] < tables["gaps"]["high"]).all()


def test_means_over_folds_equal_pandas(tmp_path):
    tables = random_study(tmp_path, ["without_A", "without_B", "without_C"]).summarise()
    folds = tables["folds"]
    for seed in (0, 1):
        for side in ("in_area", "out_of_area", "out_of_area_test", "reference"):
            chosen = folds[(folds["seed"] == seed) & (folds["side"] == side) & (folds["fold"] != "all")]
            mean = row(tables["folds_mean"], seed=seed, side=side)
            assert mean["oa_mean"] == pytest.approx(np.mean(chosen["oa"]))
            assert mean["oa_sd"] == pytest.approx(np.std(chosen["oa"], ddof=1))
            assert mean["oa_n"] == mean["n_folds"] == 3
