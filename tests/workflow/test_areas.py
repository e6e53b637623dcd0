"""Points drawn on a finished map, interpreted, and estimated from by the workflow."""

import geopandas
import pandas as pd
import pytest
import rasterio
from engine import merged, planned, run, write_config

from tilefold.cli import main


@pytest.mark.slow
def test_points_drawn_interpreted_and_estimated(copy, content, scene):
    mosaic = copy / "results" / "maps" / "all" / "seed_0" / "classification.tif"
    points, strata = copy / "points.gpkg", copy / "strata.csv"
    arguments = ["--total", "200", "--points", str(points), "--strata", str(strata)]
    assert main(["sampling-design", str(mosaic), *arguments]) == 0
    table = geopandas.read_file(points)
    places = list(zip(table.geometry.x, table.geometry.y, strict=True))
    for tile in content["tiles"]["map"]:
        with rasterio.open(scene / "truth" / f"{tile}.tif") as truth:
            inside = [truth.bounds.left < x < truth.bounds.right for x, _ in places]
            inside = [
                yes and truth.bounds.bottom < y < truth.bounds.top
                for yes, (_, y) in zip(inside, places, strict=True)
            ]
            values = [int(value[0]) for value in truth.sample(places)]
        table.loc[inside, "class"] = [value for yes, value in zip(inside, values, strict=True) if yes]
    table.to_file(points, layer="points", driver="GPKG")
    sample = {"path": str(points), "strata": str(strata)}
    path = write_config(copy / "changed.yaml", merged(content, {"validation": {"reference_sample": sample}}))
    assert {rule for rule, _ in planned(copy, path)} == {"estimate_areas", "write_report"}
    run(copy, path)
    areas = pd.read_csv(copy / "results" / "summary" / "areas" / "seed_0.csv")
    shares = areas[areas["metric"] == "area_share"]["value"]
    assert shares.sum() == pytest.approx(1)
    mapped = areas[areas["metric"] == "mapped_ha"]["value"].sum()
    assert mapped == pytest.approx(pd.read_csv(strata)["hectares"].sum())
    page = (copy / "results" / "report" / "index.html").read_text()
    assert "Areas and accuracy of the map" in page


@pytest.mark.slow
def test_intervals_and_areas_by_blocks(copy, content):
    results = copy / "results"
    bootstrap = {"unit": "block", "block_m": 300.0}
    path = write_config(copy / "changed.yaml", merged(content, {"validation": {"bootstrap": bootstrap}}))
    before = {name: pd.read_csv(results / "summary" / f"{name}.csv") for name in ("folds", "intervals")}
    run(copy, path)
    intervals = pd.read_csv(results / "summary" / "intervals.csv")
    assert set(intervals["unit"]) == {"300 m block"}
    assert set(before["intervals"]["unit"]) == {"polygon"}
    pd.testing.assert_series_equal(intervals["value"], before["intervals"]["value"])
    pd.testing.assert_frame_equal(pd.read_csv(results / "summary" / "folds.csv"), before["folds"])
    # Each original lies in the square that holds the mean of its pixels; a unit is a square and a class.
    pixels = pd.concat(
        [pd.read_parquet(path) for path in sorted((results / "pools").glob("*_index.parquet"))]
    )
    split = pd.read_parquet(results / "split" / "seed_0.parquet").set_index("polygon")
    middle = pixels.groupby(pixels["polygon"].map(split["id"]))[["x", "y"]].mean()
    square = (middle // 300).astype(int).agg(tuple, axis=1)
    counts = pd.read_parquet(results / "validation" / "all" / "seed_0" / "counts.parquet")
    counts = counts[(counts["role"] == "test") & (counts["predicted"] != 0)]
    expected = counts["polygon"].map(split["id"]).map(square)
    oa = intervals[(intervals["fold"] == "all") & (intervals["metric"] == "oa")]
    number = len(set(zip(expected, counts["code"], strict=True)))
    assert oa["n_polygons"].item() == number < counts["polygon"].nunique()
    areas = pd.read_csv(results / "summary" / "areas_polygons" / "seed_0.csv")
    assert areas.loc[areas["metric"] == "oa", "n_polygons"].item() == number
    page = (results / "report" / "index.html").read_text()
    assert "resampling 300 m blocks within classes" in page
    assert "resampling polygons" not in page
