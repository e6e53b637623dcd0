import geopandas
import shapely

from tilefold.config.data import Regions
from tilefold.plan.regions import find_regions


def test_no_regions():
    assert find_regions(Regions()) == ([], [])
    assert find_regions(Regions(fallback="global")) == ([], [])


def test_names_come_from_the_file(tmp_path):
    path = tmp_path / "zones.gpkg"
    frame = geopandas.GeoDataFrame(
        {"zone": ["b", "a"]}, geometry=[shapely.box(0, 0, 1, 1)] * 2, crs="EPSG:2154"
    )
    frame.to_file(path)
    assert find_regions(Regions(path=str(path), field="zone")) == (["a", "b"], [])
    assert find_regions(Regions(path=str(path)))[1] == [
        f"regions.field: missing; name the field of {path} that holds the region's name"
    ]


def test_a_field_without_a_file_is_a_fault():
    assert find_regions(Regions(field="zone", layer="l"))[1] == [
        "regions.path: missing, but regions.field is given",
        "regions.path: missing, but regions.layer is given",
    ]
