"""Counts and periodic picks against Orfeo ToolBox, whose rules the project follows (measured on 8.1)."""

import os
import shutil
import subprocess
import xml.etree.ElementTree as ET

import geopandas
import numpy as np
import pytest
import rasterio
import shapely

from tilefold.grids.grid import Grid
from tilefold.grids.windows import whole
from tilefold.ground_truth.rasterise import burn, load_reference
from tilefold.sampling.periodic import PeriodicSampler

MISSING = shutil.which("otbcli_PolygonClassStatistics") is None
pytestmark = pytest.mark.skipif(MISSING, reason="no otbcli_PolygonClassStatistics; install otb-bin")
CRS = "EPSG:32631"


def otb(application, *arguments):
    command = [f"otbcli_{application}", *map(str, arguments)]
    environment = {**os.environ, "OTB_LOGGER_LEVEL": "ERROR", "OMP_NUM_THREADS": "1"}
    subprocess.run(command, check=True, capture_output=True, env=environment, timeout=120)


class Scene:
    """A raster, polygons with codes in file order, and what OTB and the library make of them."""

    def __init__(self, folder, grid, shapes, codes):
        self.folder, self.grid, self.codes = folder, grid, np.array(codes, np.int32)
        self.image, self.vector = folder / "img.tif", folder / "poly.shp"
        values = np.arange(grid.height * grid.width, dtype="int32").reshape(1, *grid.shape)
        with rasterio.open(
            self.image,
            "w",
            driver="GTiff",
            height=grid.height,
            width=grid.width,
            count=1,
            dtype="int32",
            crs=CRS,
            transform=grid.affine,
        ) as dataset:
            dataset.write(values)
        numbers = np.arange(1, len(shapes) + 1, dtype=np.int32)
        frame = geopandas.GeoDataFrame({"code": self.codes}, geometry=shapes, crs=CRS)
        frame.to_file(self.vector)
        frame.assign(polygon=numbers, group=numbers).to_file(folder / "reference.gpkg", layer="reference")
        otb(
            *("PolygonClassStatistics", "-in", self.image, "-vec", self.vector, "-field", "code"),
            *("-out", folder / "stats.xml"),
        )

    def otb_counts(self, name):
        statistic = ET.parse(self.folder / "stats.xml").find(f"Statistic[@name='{name}']")
        return {int(item.get("key")): int(float(item.get("value"))) for item in statistic}

    def otb_picks(self, *strategy):
        """Pixels picked by class, as (x, y), and the table of rates."""
        otb(
            *("SampleSelection", "-in", self.image, "-vec", self.vector, "-field", "code"),
            *("-instats", self.folder / "stats.xml", "-strategy", *strategy, "-sampler", "periodic"),
            *("-outrates", self.folder / "rates.csv", "-out", self.folder / "sel.shp"),
        )
        points = geopandas.read_file(self.folder / "sel.shp")
        picks = {
            code: list(zip(members.geometry.x, members.geometry.y, strict=True))
            for code, members in points.groupby("code")
        }
        lines = (self.folder / "rates.csv").read_text().splitlines()[1:]
        return picks, {int(line.split()[0]): line.split()[1:] for line in lines}

    def candidates(self):
        """Reference pixels in the order polygon, row, column: polygon number and (x, y)."""
        burnt = burn(load_reference(self.folder / "reference.gpkg", self.grid), whole(*self.grid.shape))
        row, col = np.nonzero(burnt)
        order = np.lexsort((col, row, burnt[row, col]))
        row, col = row[order], col[order]
        return burnt[row, col], list(zip(*self.grid.centres(row, col), strict=True))

    def picks(self, wanted):
        polygon, places = self.candidates()
        code = self.codes[polygon - 1]
        found = {}
        for value in np.unique(code):
            mine = np.flatnonzero(code == value)
            chosen = mine[PeriodicSampler(mine.size, wanted).take(mine.size)]
            found[int(value)] = [places[place] for place in chosen]
        return found


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """The toy of the project's facts about OTB: polygons of 16, 12, 9 and 8 pixels."""
    boxes = [(0, 60, 40, 100), (50, 70, 90, 100), (0, 0, 30, 30), (60, 0, 100, 20)]
    grid = Grid(CRS, (10.0, 0.0, 0.0, 0.0, -10.0, 100.0), 10, 10)
    return Scene(tmp_path_factory.mktemp("toy"), grid, [shapely.box(*box) for box in boxes], [1, 2, 1, 3])


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    """About 60 fields of three or more sides on 300 x 300 px that do not overlap, four classes."""
    rng = np.random.default_rng(8)
    shapes = []
    for row in range(8):
        for col in range(8):
            middle = np.array([375 * col + 187.0, 375 * row + 187.0])
            shapes.append(shapely.MultiPoint(middle + rng.uniform(-170, 170, (6, 2))).convex_hull)
    grid = Grid(CRS, (10.0, 0.0, 0.0, 0.0, -10.0, 3000.0), 300, 300)
    return Scene(tmp_path_factory.mktemp("fields"), grid, shapes, rng.integers(1, 5, len(shapes)))


@pytest.mark.parametrize("name", ["toy", "fields"])
def test_counts(name, request):
    scene = request.getfixturevalue(name)
    polygon, _ = scene.candidates()
    by_polygon = np.bincount(polygon, minlength=len(scene.codes) + 1)[1:]
    assert scene.otb_counts("samplesPerVector") == dict(enumerate(by_polygon.tolist()))
    by_class = np.bincount(scene.codes[polygon - 1])
    assert scene.otb_counts("samplesPerClass") == {
        code: int(by_class[code]) for code in np.unique(scene.codes).tolist()
    }


def test_toy_has_the_known_counts(toy):
    polygon, _ = toy.candidates()
    assert np.bincount(polygon).tolist() == [0, 16, 12, 9, 8]


@pytest.mark.parametrize("wanted", [5, 10])
def test_picks_on_the_toy(toy, wanted):
    picks, rates = toy.otb_picks("constant", "-strategy.constant.nb", wanted)
    assert toy.picks(wanted) == picks
    for code, available in ((1, 25), (2, 12), (3, 8)):
        required, total, rate = rates[code]
        assert (int(required), int(total)) == (wanted, available)
        assert float(rate) == pytest.approx(min(1, wanted / available), rel=1e-5)


@pytest.mark.parametrize("wanted", [300, 1111])
def test_picks_on_many_fields(fields, wanted):
    picks, _ = fields.otb_picks("constant", "-strategy.constant.nb", wanted)
    found = fields.picks(wanted)
    assert found == picks
    assert len(found) == 4
    assert {len(places) for places in found.values()} == {wanted}


def test_all(toy):
    picks, _ = toy.otb_picks("all")
    assert toy.picks(10**6) == picks


def test_the_one_known_difference(tmp_path):
    # 3 / 187 * 187 is above 3 in double precision: OTB then takes a fourth, the last candidate.
    assert 3 / 187 * 187 > 3
    # No wider than 16 px, so that OTB reads row by row and not block by block.
    grid = Grid(CRS, (10.0, 0.0, 0.0, 0.0, -10.0, 170.0), 17, 11)
    scene = Scene(tmp_path, grid, [shapely.box(0, 0, 110, 170)], [1])
    picks, _ = scene.otb_picks("constant", "-strategy.constant.nb", 3)
    assert scene.picks(3)[1] == picks[1][:3]
    assert picks[1][3:] == [(105.0, 5.0)]
