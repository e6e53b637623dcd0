import geopandas
import pandas as pd
import pytest
import shapely

from tilefold.regions.names import RegionError
from tilefold.regions.preparing import prepare_regions, read_neighbours

CRS = "EPSG:32631"


@pytest.fixture
def prepare(tmp_path):
    def run(source, names, name="regions", crs=CRS):
        paths = {"regions": tmp_path / f"{name}.gpkg", "neighbours": tmp_path / f"{name}.csv"}
        prepare_regions(
            source, {"layer": None, "field": "zone", "names": names, "crs": crs, "code": "c"}, **paths
        )
        return geopandas.read_file(paths["regions"]), paths

    return run


def test_polygons_of_a_name_are_one_region(write_regions, prepare, bands):
    rows = [*bands, ("south", shapely.box(0, 200, 1000, 400)), ("south", None)]
    found, _ = prepare(write_regions(rows), ["middle", "north", "south"])
    assert found["region"].tolist() == ["middle", "north", "south"]
    assert found["number"].tolist() == [1, 2, 3]
    assert found["hectares"].tolist() == pytest.approx([8, 30, 40])
    assert found.geometry.iloc[2].equals(shapely.box(0, 0, 1000, 400))


def test_another_crs_and_an_invalid_ring(write_regions, prepare):
    bow = shapely.Polygon([(3.0, 43.0), (3.1, 43.1), (3.1, 43.0), (3.0, 43.1)])
    found, _ = prepare(write_regions([("a", bow)], crs="EPSG:4326"), ["a"])
    expected = geopandas.GeoSeries([bow.buffer(0)], crs="EPSG:4326").to_crs("EPSG:6933")
    assert found.crs == CRS
    assert found.geometry.is_valid.all()
    # `buffer(0)` keeps one lobe of the bow, the repair both.
    assert found.to_crs("EPSG:6933").area.iloc[0] == pytest.approx(2 * expected.area.iloc[0], rel=1e-3)


def test_neighbours_nearest_first(write_regions, prepare, bands):
    far = ("far", shapely.box(0, 1900, 1000, 2000))
    also = ("also_far", shapely.box(0, 1900, 10, 1950))
    names = ["also_far", "far", "middle", "north", "south"]
    _, paths = prepare(write_regions([*bands, far, also]), names)
    neighbours = read_neighbours(paths["neighbours"])
    assert neighbours == {
        "also_far": ["far", "north", "middle", "south"],
        "far": ["also_far", "north", "middle", "south"],
        "middle": ["north", "south", "far", "also_far"],
        "north": ["middle", "south", "also_far", "far"],
        "south": ["north", "middle", "also_far", "far"],
    }
    table = pd.read_csv(paths["neighbours"])
    south = table[table["region"] == "south"]
    assert south["distance"].tolist() == [200, 300, 1600, 1600]


def test_a_single_region_has_no_neighbour(write_regions, prepare, bands):
    _, paths = prepare(write_regions(bands[:1]), ["south"])
    assert read_neighbours(paths["neighbours"]) == {}


def test_integers_stay_names(write_regions, prepare, bands):
    rows = [(number, shape) for number, (_, shape) in enumerate(bands)]
    _, paths = prepare(write_regions(rows), ["0", "1", "2"])
    assert read_neighbours(paths["neighbours"])["0"] == ["1", "2"]


def test_same_bytes_whatever_the_order_and_other_fields(write_regions, prepare, bands):
    first = prepare(write_regions(bands), ["middle", "north", "south"], "one")[1]
    other = write_regions(bands[::-1], "other.gpkg", note=["x", "y", "z"])
    second = prepare(other, ["middle", "north", "south"], "two")[1]
    for name in first:
        assert first[name].read_bytes() == second[name].read_bytes()


def test_faults_say_what_to_do(write_regions, prepare, bands):
    path = write_regions(bands)
    with pytest.raises(RegionError, match="the regions have changed since the start"):
        prepare(path, ["north", "south"])
    mixed = write_regions([*bands, ("south", shapely.Point(0, 0))], "mixed.gpkg")
    with pytest.raises(RegionError, match="features of the kind POINT; regions are polygons"):
        prepare(mixed, ["middle", "north", "south"])
    nothing = write_regions([*bands, ("void", None)], "void.gpkg")
    with pytest.raises(RegionError, match=r"no area in the region\(s\) void"):
        prepare(nothing, ["middle", "north", "south", "void"])
