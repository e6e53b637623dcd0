import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score

from tilefold.validation.validate import describe_errors, validate_run

CODES = [1, 2, 3, 8]
SETTINGS = {"fold": "without_T", "seed": 5, "held_out": ["T"], "codes": CODES, "nodata": 0}
SETTINGS |= {"resampling": {"kind": "group"}, "code": "digest"}
SIDES = ("in_area", "out_of_area", "out_of_area_test")


def predicted_pixels():
    rng = np.random.default_rng(2)
    pixels = 600
    tile = rng.choice(["T", "U", "V"], pixels)
    polygon = rng.integers(1, 40, pixels)
    code = np.array([1, 2, 3])[polygon % 3]
    held_out = tile == "T"
    role = np.where(
        held_out, np.array(["learn", "validation", "test"])[polygon % 3 - (polygon // 3) % 3], "test"
    )
    predicted = np.where(rng.random(pixels) < 0.3, rng.choice([0, *CODES], pixels), code)
    return pd.DataFrame(
        {
            "tile": tile,
            "pool_row": np.arange(pixels),
            "polygon": polygon.astype("int32"),
            "group": (polygon // 2).astype("int32"),
            "code": code.astype("int32"),
            "role": role,
            "cell": tile,
            "held_out_pixel": held_out,
            "predicted": predicted.astype("int32"),
            "confidence": np.uint8(50),
        }
    )


@pytest.fixture
def outputs(tmp_path):
    return {
        "counts": tmp_path / "counts.parquet",
        "metrics": tmp_path / "metrics.csv",
        "classes": tmp_path / "classes.csv",
        "matrices": {side: tmp_path / f"matrix_{side}.csv" for side in SIDES},
    }


@pytest.fixture
def inputs(tmp_path):
    pixels = predicted_pixels()
    pixels.to_parquet(tmp_path / "predicted.parquet")
    # Two regions: class 3 is learnt in one of them only, class 8 in none.
    pd.DataFrame(
        {
            "region": ["a"] * 4 + ["b"] * 4,
            "code": CODES * 2,
            "learn": [4, 4, 0, 0, 4, 4, 4, 0],
        }
    ).to_csv(tmp_path / "rates.csv", index=False)
    roles = pd.DataFrame({"polygon": np.arange(1, 40), "region": np.where(np.arange(1, 40) < 15, "a", "b")})
    roles.to_parquet(tmp_path / "roles.parquet")
    polygon = np.arange(1, 40)
    split = pd.DataFrame({"polygon": polygon, "group": polygon // 2, "id": [f"p{n}" for n in polygon]})
    split.to_parquet(tmp_path / "split.parquet")
    return pixels, tmp_path / "predicted.parquet", tmp_path / "rates.csv", tmp_path / "roles.parquet"


def test_figures_equal_scikit_learn(inputs, outputs):
    pixels, predicted, rates, _ = inputs
    validate_run(predicted, rates, rates.with_name("split.parquet"), SETTINGS, **outputs)
    metrics = pd.read_csv(outputs["metrics"], dtype={"classes_not_learnt": str}).set_index("side")
    assert set(metrics.index) == set(SIDES)
    for side, chosen in {
        "in_area": ~pixels["held_out_pixel"],
        "out_of_area": pixels["held_out_pixel"],
        "out_of_area_test": pixels["held_out_pixel"] & (pixels["role"] == "test"),
    }.items():
        part = pixels[chosen]
        seen = part[part["predicted"] != 0]
        row = metrics.loc[side]
        assert row["n_pixels"] == len(seen)
        assert row["n_nodata"] == len(part) - len(seen)
        assert row["oa"] == pytest.approx(accuracy_score(seen["code"], seen["predicted"]))
        assert row["oa_with_nodata"] == pytest.approx(accuracy_score(part["code"], part["predicted"]))
        labels = sorted(seen["code"].unique())
        assert row["mean_f1"] == pytest.approx(
            f1_score(seen["code"], seen["predicted"], labels=labels, average="macro")
        )
        assert row["classes_not_learnt"] == "8"
        assert row["classes_not_tested"] == 8
        assert row["n_polygons"] == len(seen[["group", "code"]].drop_duplicates())
    assert (metrics["run"] == "without_T/seed_5").all()


def test_counts_hold_every_pixel(inputs, outputs):
    pixels, predicted, rates, _ = inputs
    validate_run(predicted, rates, rates.with_name("split.parquet"), SETTINGS, **outputs)
    counts = pd.read_parquet(outputs["counts"])
    assert counts["pixels"].sum() == len(pixels)
    keys = ["tile", "polygon", "predicted"]
    assert not counts.duplicated(keys).any()
    expected = pixels.groupby(keys).size()
    pd.testing.assert_series_equal(counts.set_index(keys)["pixels"], expected, check_names=False)


def test_matrices_and_classes(inputs, outputs):
    _, predicted, rates, _ = inputs
    validate_run(predicted, rates, rates.with_name("split.parquet"), SETTINGS, **outputs)
    classes = pd.read_csv(outputs["classes"])
    assert len(classes) == len(SIDES) * len(CODES)
    for side, path in outputs["matrices"].items():
        lines = path.read_text().splitlines()
        assert lines[0] == "#Reference labels (rows):1,2,3"
        values = np.loadtxt(lines[2:], delimiter=",")
        pixels = classes[classes["side"] == side].set_index("class")["n_pixels"]
        np.testing.assert_array_equal(values.sum(axis=1), pixels.loc[[1, 2, 3]])
        recall = classes[classes["side"] == side].set_index("class")["recall"]
        np.testing.assert_allclose(np.diag(values[:, :3]) / values.sum(axis=1), recall.loc[[1, 2, 3]])
        assert np.isnan(recall.loc[8])


def test_same_bytes_whatever_the_order_of_pixels(inputs, outputs, tmp_path):
    pixels, predicted, rates, _ = inputs
    validate_run(predicted, rates, rates.with_name("split.parquet"), SETTINGS, **outputs)
    files = [outputs["counts"], outputs["metrics"], outputs["classes"], *outputs["matrices"].values()]
    first = [path.read_bytes() for path in files]
    pixels.sample(frac=1, random_state=1).to_parquet(tmp_path / "predicted.parquet")
    validate_run(predicted, rates, rates.with_name("split.parquet"), SETTINGS, **outputs)
    assert [path.read_bytes() for path in files] == first


def test_run_without_held_out_area_has_one_side(inputs, outputs):
    _, predicted, rates, _ = inputs
    settings = {**SETTINGS, "fold": "all", "held_out": []}
    with pytest.raises(ValueError, match="run all has in_area"):
        validate_run(predicted, rates, rates.with_name("split.parquet"), settings, **outputs)
    outputs["matrices"] = {"in_area": outputs["matrices"]["in_area"]}
    validate_run(predicted, rates, rates.with_name("split.parquet"), settings, **outputs)
    assert pd.read_csv(outputs["metrics"])["side"].tolist() == ["in_area"]


def test_no_predicted_pixels_give_empty_cells(inputs, outputs, tmp_path):
    pixels, predicted, rates, _ = inputs
    pixels[pixels["held_out_pixel"]].to_parquet(tmp_path / "predicted.parquet")
    validate_run(predicted, rates, rates.with_name("split.parquet"), SETTINGS, **outputs)
    row = pd.read_csv(outputs["metrics"]).set_index("side").loc["in_area"]
    assert row["n_pixels"] == 0
    assert row[["oa", "kappa", "mean_f1", "oa_with_nodata"]].isna().all()
    assert row["classes_not_tested"] == "1;2;3;8"


def test_tidy_matrices_of_tiles_and_regions_equal_pandas(inputs, tmp_path):
    pixels, predicted, _, roles = inputs
    paths = {name: tmp_path / f"{name}.csv" for name in ("confusion", "reliability", "risk")}
    describe_errors(predicted, roles, SETTINGS, **paths)
    table = pd.read_csv(paths["confusion"], dtype={"predicted": "Int64"})
    region = np.where(pixels["polygon"] < 15, "a", "b")
    for side, chosen in (("in_area", ~pixels["held_out_pixel"]), ("out_of_area", pixels["held_out_pixel"])):
        for key, values in (("tile", pixels["tile"]), ("region", region)):
            names = [values[chosen], pixels["code"][chosen], pixels["predicted"][chosen]]
            expected = pd.crosstab(names[0], names[1:])
            found = table[table["side"] == side].fillna({"predicted": 0})
            found = found.pivot_table("pixels", key, ["reference", "predicted"], "sum", fill_value=0)
            np.testing.assert_array_equal(found.to_numpy(), expected[found.columns].to_numpy())
            assert found.to_numpy().sum() == chosen.sum()
    assert table["predicted"].isna().any()
