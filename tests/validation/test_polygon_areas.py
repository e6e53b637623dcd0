import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin

from tilefold.validation.ground_area import raster_areas
from tilefold.validation.polygon_areas import estimate_polygon_areas, post_stratified

#: Olofsson et al. 2014, section 5: rows are the map, columns the reference.
PAPER = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
PIXELS = np.array([200_000, 150_000, 3_200_000, 6_450_000])
CODES = [1, 2, 5, 9]


def write_map(path, pixels, nodata=0):
    """A map with numbers of pixels by code, on a lattice whose pixels have nearly one ground area."""
    values = np.concatenate([np.full(number, code) for code, number in pixels.items()])
    width = 100
    values = np.pad(values, (0, -len(values) % width), constant_values=nodata).reshape(-1, width)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=values.shape[0],
        width=width,
        count=1,
        dtype="uint8",
        crs="EPSG:32631",
        transform=from_origin(500000, 4800000, 10, 10),
    ) as dataset:
        dataset.write(values.astype("uint8"), 1)


def world(rng, polygons, pixels=40, wrong=0.25, codes=CODES):
    """Counts of test polygons, `polygons[i]` of class i, each with its own share of wrong pixels."""
    rows, number = [], 0
    for code, many in zip(codes, polygons, strict=True):
        others = [other for other in codes if other != code]
        for _ in range(many):
            share = np.clip(wrong + 0.15 * rng.standard_normal(), 0, 1)
            labels = np.where(rng.random(pixels) < share, rng.choice(others, pixels), code)
            found, times = np.unique(labels, return_counts=True)
            rows += [(number, code, label, n) for label, n in zip(found, times, strict=True)]
            number += 1
    return pd.DataFrame(rows, columns=["polygon", "code", "predicted", "pixels"])


@pytest.fixture
def estimate(tmp_path):
    """Estimates of counts and a map with these pixels by code, as a table by metric and class."""

    def make(counts, mapped, *, pixels=None, kind=None, tiles=("T",), replicates=1000, **columns):
        defaults = {"tile": "T", "role": "test", "cell": "T", "held_out_pixel": False}
        given = {"group": counts["polygon"], "unit": counts["polygon"], **defaults, **columns}
        counts = counts.assign(**{name: value for name, value in given.items() if name not in counts})
        counts.attrs = {"unit": kind or {"kind": "polygon"}}
        counts.to_parquet(tmp_path / "counts.parquet")
        total = counts.groupby("polygon")["pixels"].sum().rename("pixels").reset_index()
        (total if pixels is None else total.assign(pixels=pixels)).to_parquet(tmp_path / "split.parquet")
        write_map(tmp_path / "map.tif", mapped)
        settings = {
            "seed": 3,
            "tiles": list(tiles),
            "classes": [{"code": code, "label": f"class {code}"} for code in CODES],
            "nodata": 0,
            "bootstrap": {"replicates": replicates, "seed": 0},
        }
        paths = [tmp_path / name for name in ("map.tif", "counts.parquet", "split.parquet")]
        estimate_polygon_areas(*paths, settings, areas=tmp_path / "areas.csv")
        table = pd.read_csv(tmp_path / "areas.csv", dtype={"note": str}).fillna({"note": ""})
        assert (table["seed"] == 3).all()
        return table.set_index(["metric", "class"]).sort_index()

    return make


def test_the_estimator_gives_the_figures_of_the_paper():
    hectares = PIXELS * 0.09
    found = post_stratified(PAPER.T.astype(float), hectares)
    assert found["oa"] == pytest.approx(0.947, abs=5e-4)
    np.testing.assert_allclose(found["users_accuracy"], [0.880, 0.733, 0.927, 0.963], atol=5e-4)
    np.testing.assert_allclose(found["producers_accuracy"], [0.749, 0.847, 0.935, 0.962], atol=1e-3)
    areas = found["area_share"] * hectares.sum()
    np.testing.assert_allclose(areas, [21_158, 11_686, 285_770, 581_386], atol=1)


def by_hand(counts, hectares):
    """Areas of the classes, by loops."""
    areas = dict.fromkeys(CODES, 0.0)
    for stratum in CODES:
        mapped = counts[counts["predicted"] == stratum]
        for code in CODES:
            share = mapped.loc[mapped["code"] == code, "pixels"].sum() / mapped["pixels"].sum()
            areas[code] += hectares[stratum] * share
    return areas


def test_areas_of_a_map_equal_loops_over_its_classes(estimate, tmp_path):
    counts = world(np.random.default_rng(0), [20, 30, 25, 40])
    table = estimate(counts, {1: 3000, 2: 900, 5: 5000, 9: 200})
    hectares = raster_areas(tmp_path / "map.tif", 0).set_index("value")["hectares"]
    expected = by_hand(counts, hectares)
    for code in CODES:
        assert table.loc[("area_ha", code), "value"] == pytest.approx(expected[code])
        assert table.loc[("mapped_ha", code), "value"] == pytest.approx(hectares[code])
        row = table.loc[("area_ha", code)]
        assert row["low"] < row["value"] < row["high"]
        assert row["note"] == ""
    assert table.loc["area_share", "value"].sum() == pytest.approx(1)
    assert table.loc["estimated_ha", "value"].item() == pytest.approx(hectares.sum())
    assert table.loc["area_ha", "n_polygons"].tolist() == [20, 30, 25, 40]
    assert table.loc["oa", "n_polygons"].item() == 115
    assert set(table["unit"]) == {"polygon"}


def test_standard_errors_are_those_of_linearised_totals_of_polygons(estimate, tmp_path):
    """By Taylor: the variance of the sum over polygons, within class, of what each polygon does to the estimate."""
    counts = world(np.random.default_rng(1), [40, 60, 50, 80])
    table = estimate(counts, {1: 3000, 2: 900, 5: 5000, 9: 200}, replicates=6000)
    hectares = raster_areas(tmp_path / "map.tif", 0).set_index("value")["hectares"]
    whole, step = by_hand(counts, hectares), 1e-4
    effects = []
    for polygon, part in counts.groupby("polygon"):
        more = counts.assign(
            pixels=counts["pixels"] + step * counts["pixels"] * (counts["polygon"] == polygon)
        )
        changed = by_hand(more, hectares)
        effects.append({"code": part["code"].iloc[0], **{c: (changed[c] - whole[c]) / step for c in CODES}})
    effects = pd.DataFrame(effects)
    for code in CODES:
        by_class = effects.groupby("code")[code]
        error = np.sqrt((by_class.var(ddof=1) * by_class.size()).sum())
        row = table.loc[("area_ha", code)]
        assert row["se"] == pytest.approx(error, rel=0.05)
        assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * error, rel=0.08)


def test_intervals_cover_the_areas_where_polygons_represent_their_map_class(estimate, tmp_path):
    """Polygons whose shares of labels are those of the map's pixels: the assumption of the heading."""
    rng = np.random.default_rng(5)
    truth = by_hand(world(rng, [3000, 4000, 2000, 3000]), pd.Series({1: 30.0, 2: 9.0, 5: 50.0, 9: 2.0}))
    total = sum(truth.values())
    hits = 0
    for _ in range(30):
        table = estimate(world(rng, [30, 40, 20, 30]), {1: 3000, 2: 900, 5: 5000, 9: 200})
        rows = table.loc["area_share"]
        hits += sum(rows.loc[c, "low"] <= truth[c] / total <= rows.loc[c, "high"] for c in CODES)
    assert hits >= 105


def test_few_polygons_of_a_class(estimate):
    table = estimate(world(np.random.default_rng(2), [3, 12, 30, 30]), dict.fromkeys(CODES, 1000))
    few, some, many = (table.loc[("area_ha", code)] for code in (1, 2, 5))
    assert few["value"] > 0
    assert few[["se", "low", "high"]].isna().all()
    assert few["note"] == "no interval: 3 polygon(s), at least 5 are needed"
    assert some["note"] == "optimistic: 12 polygons in all"
    assert many["note"] == ""
    assert table.loc["oa", "note"].item() == "optimistic: fewer than 5 polygons in class 1"


def test_units_are_what_is_resampled(estimate):
    counts = world(np.random.default_rng(2), [30, 30, 30, 30])
    block = {"kind": "block", "size_m": 500.0, "crs": "EPSG:32631"}
    table = estimate(counts, dict.fromkeys(CODES, 1000), kind=block, unit=counts["polygon"] // 10)
    assert set(table["unit"]) == {"500 m block"}
    assert table.loc[("area_ha", 1), "note"] == "no interval: 3 block(s), at least 5 are needed"


def test_map_classes_that_no_test_pixel_is_mapped_as_are_left_out_and_said(estimate):
    counts = world(np.random.default_rng(3), [20, 20, 20], codes=CODES[:3])
    table = estimate(counts, {1: 100, 2: 100, 5: 100, 9: 100})
    assert (
        table.loc[("mapped_ha", 9), "note"]
        == "mapped area in no estimate: no test pixel is mapped as this class"
    )
    assert (table.loc["mapped_ha", "note"] != "").sum() == 1
    mapped = table.loc["mapped_ha", "value"].sum()
    assert table.loc["estimated_ha", "value"].item() == pytest.approx(0.75 * mapped, rel=1e-5)
    # Of a class without test polygons nothing is said, least of all that it has no area.
    for metric in ("area_ha", "area_share", "producers_accuracy"):
        row = table.loc[(metric, 9)]
        assert np.isnan(row["value"])
        assert row["note"] == "no estimate: no test polygon of this class"
    assert table.loc[("users_accuracy", 9), "note"] == "no estimate: no test pixel is mapped as this class"
    assert table.loc["area_ha", "value"].sum() == pytest.approx(0.75 * mapped, rel=1e-5)


def test_a_class_that_is_right_everywhere_has_no_interval_of_width_zero(estimate):
    counts = world(np.random.default_rng(4), [20, 20, 20, 20], wrong=-9)
    table = estimate(counts, dict.fromkeys(CODES, 100))
    row = table.loc[("area_ha", 2)]
    assert row["value"] == pytest.approx(table.loc[("mapped_ha", 2), "value"])
    assert row[["se", "low", "high"]].isna().all()
    assert "does not change" in row["note"]


def test_only_test_polygons_in_mapped_tiles_count(estimate):
    counts = world(np.random.default_rng(6), [20, 20, 20, 20])
    alone = estimate(counts, dict.fromkeys(CODES, 100))
    wrong = world(np.random.default_rng(7), [9, 9, 9, 9], wrong=0.9)
    others = [
        wrong.assign(polygon=wrong["polygon"] + 100, tile="elsewhere", role="test"),
        wrong.assign(polygon=wrong["polygon"] + 200, tile="T", role="learn"),
    ]
    together = pd.concat([counts.assign(tile="T", role="test"), *others], ignore_index=True)
    found = estimate(together, dict.fromkeys(CODES, 100))
    pd.testing.assert_frame_equal(found, alone)


def test_thinned_classes_count_with_all_their_pixels(estimate):
    counts = world(np.random.default_rng(8), [20, 20, 20, 20])
    whole = estimate(counts, dict.fromkeys(CODES, 100))
    # Class 5 has three times the pixels that are predicted.
    many = counts.assign(pixels=counts["pixels"] * np.where(counts["code"] == 5, 3, 1))
    expected = estimate(many, dict.fromkeys(CODES, 100))
    number = counts.drop_duplicates("polygon").set_index("polygon")["code"]
    found = estimate(counts, dict.fromkeys(CODES, 100), pixels=np.where(number == 5, 120, 40))
    pd.testing.assert_frame_equal(found, expected)
    assert found.loc[("area_ha", 5), "value"] > 1.2 * whole.loc[("area_ha", 5), "value"]


def test_a_map_without_test_polygons(estimate):
    counts = world(np.random.default_rng(9), [5, 5, 5, 5])
    table = estimate(counts, dict.fromkeys(CODES, 100), tiles=["other"])
    assert table.drop(index=["mapped_ha", "estimated_ha"], level=0)["value"].isna().all()
    assert table.loc["oa", "note"].item() == "no estimate: no test polygon in the mapped tiles"
    assert table.loc["estimated_ha", "value"].item() == 0
    assert (table.loc["mapped_ha", "value"] > 0).all()


def one_stratum_on(polygons):
    """Twenty polygons of classes 1, 2 and 5 each; class 9 is mapped in the first `polygons` of class 2 alone."""
    rng, rows = np.random.default_rng(0), []
    for number in range(60):
        code = [1, 2, 5][number // 20]
        shares = [0.9 if other == code else 0.05 for other in (1, 2, 5)]
        found = dict(zip((1, 2, 5), rng.multinomial(60, shares), strict=True))
        found = {9: 60} if 20 <= number < 20 + polygons else found
        rows += [(number, code, label, n) for label, n in found.items() if n]
    return pd.DataFrame(rows, columns=["polygon", "code", "predicted", "pixels"])


def test_other_classes_do_not_stand_for_a_map_class_that_a_resample_lacks(estimate):
    """No class but 2 has a pixel mapped as 9: whoever draws that polygon, their areas do not hang on class 9."""
    mapped = {1: 2000, 2: 2000, 5: 2000, 9: 4000}
    alone = estimate(one_stratum_on(1), mapped, replicates=4000)
    assert alone.loc[("area_ha", 2), "note"] == "optimistic: fewer than 5 polygons mapped as class 9"
    for code in (1, 5):
        row = alone.loc[("area_ha", code)]
        assert row["high"] - row["value"] == pytest.approx(row["value"] - row["low"], rel=0.3)
        assert row["high"] - row["low"] < 0.1 * row["value"]
        assert row["note"] == ""
    assert estimate(one_stratum_on(6), mapped).loc[("area_ha", 2), "note"] == ""


def test_without_half_of_the_resamples_there_is_no_interval(estimate):
    """Both of two polygons of 20 are in 19 draws with a chance of 1 - 2 * 0.95 ** 19 + 0.9 ** 19, 0.380."""
    counts = one_stratum_on(1)
    counts = counts[(counts["code"] != 5) & ((counts["predicted"] != 5) | (counts["polygon"] == 21))]
    row = estimate(counts, dict.fromkeys(CODES, 2000)).loc[("area_ha", 2)]
    assert row["note"].startswith("no interval: only ")
    assert int(row["note"].split()[3]) == pytest.approx(1000 * (1 - 2 * 0.95**19 + 0.9**19), abs=50)
    assert row[["se", "low", "high"]].isna().all()
    assert row["value"] > 0
