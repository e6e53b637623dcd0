"""Where sites lie, counted by hand."""

import pytest
from pyproj import Transformer

from tilefold.config.load import ConfigError, read_config
from tilefold.config.products import Site
from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring
from tilefold.grids.windows import Window
from tilefold.plan.sites import place_sites, site_window

#: Two tiles of 100 x 100 pixels of 10 m; B begins 800 m east of A.
GRIDS = {
    tile: Grid("EPSG:32631", (10.0, 0.0, 500000.0 + east, 0.0, -10.0, 4900000.0), 100, 100)
    for tile, east in (("A", 0), ("B", 800))
}
OWNERSHIP = Ownership("EPSG:32631", {tile: footprint_ring(grid, grid.crs) for tile, grid in GRIDS.items()})


def site(**changes):
    return Site(**{"name": "delta", "x": 500300.0, "y": 4899500.0, "size": 200.0} | changes)


def test_the_window_is_centred():
    # 300 m east, 500 m south of the corner of A: pixels 20 to 39 and 40 to 59.
    placed, faults = place_sites([site()], GRIDS, OWNERSHIP)
    assert faults == []
    assert placed == {"delta": {"tile": "A", "window": [40, 60, 20, 40]}}


@pytest.mark.parametrize(
    ("size", "rows"), [(1.0, (50, 51)), (30.0, (49, 52)), (34.0, (49, 52)), (1000.0, (0, 100))]
)
def test_sizes_are_whole_pixels(size, rows):
    window = site_window(GRIDS["A"], 500505.0, 4899495.0, "EPSG:32631", size)
    assert (window.row_start, window.row_stop) == rows
    assert (window.col_start, window.col_stop) == rows


def test_a_site_is_of_the_tile_that_owns_its_centre_and_ends_at_its_edge():
    # The tiles overlap from 500800 to 501000; the line between their owners is 500900.
    placed, _ = place_sites([site(x=500880.0), site(name="east", x=500920.0)], GRIDS, OWNERSHIP)
    assert placed["delta"] == {"tile": "A", "window": [40, 60, 78, 98]}
    assert placed["east"] == {"tile": "B", "window": [40, 60, 2, 22]}
    corner, _ = place_sites([site(x=500010.0, y=4899990.0)], GRIDS, OWNERSHIP)
    assert corner["delta"]["window"] == [0, 11, 0, 11]


def test_coordinates_in_degrees():
    x, y = Transformer.from_crs("EPSG:32631", "EPSG:4326", always_xy=True).transform(500300.0, 4899500.0)
    placed, faults = place_sites([site(x=x, y=y, crs="EPSG:4326")], GRIDS, OWNERSHIP)
    assert faults == []
    assert placed["delta"]["window"] == [40, 60, 20, 40]


def test_sites_that_lie_nowhere_are_faults():
    wrong = [
        site(x=4899500.0, y=500300.0),
        site(name="hills", crs="EPSG:0"),
        site(name="fine"),
    ]
    placed, faults = place_sites(wrong, GRIDS, OWNERSHIP)
    assert list(placed) == ["fine"]
    assert [fault.split(":")[1].strip() for fault in faults] == ["delta", "hills"]
    assert "A, B" in faults[0]
    assert "EPSG:0" in faults[1]


def test_windows_cut_by_hand():
    assert site_window(GRIDS["A"], 500000.0, 4900000.0, "EPSG:32631", 40.0) == Window(0, 2, 0, 2)
    assert site_window(GRIDS["A"], 400000.0, 4900000.0, "EPSG:32631", 40.0) is None


def test_configs_without_maps_of_runs_have_no_sites():
    reference = {"path": "v.gpkg", "class_field": "code", "nomenclature": [{"code": 1, "label": "one"}]}
    raw = {
        "results": "r",
        "sensors": {"sentinel2": {"path": "p"}},
        "reference": reference,
        "report": {"sites": [{"name": "delta", "x": 1, "y": 2, "size": 3}]},
    }
    assert read_config(raw).report.sites[0].name == "delta"
    with pytest.raises(ConfigError, match=r"models\.from"):
        read_config({**raw, "models": {"from": "elsewhere"}})
    twice = {"sites": [{"name": "delta", "x": 1, "y": 2, "size": 3}] * 2}
    with pytest.raises(ConfigError, match="another name"):
        read_config({**raw, "report": twice})
