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
