"""Counts and picks on small scenes made for this, against Orfeo ToolBox."""

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from otb_command import class_statistics, needs_otb, select

from tilefold.grids.grid import Grid
from tilefold.grids.windows import whole
from tilefold.ground_truth.rasterise import burn, load_reference
from tilefold.sampling.samplers import periodic_ranks
from tilefold.sampling.strategies import wanted_pixels

pytestmark = needs_otb
CRS = "EPSG:32631"


class Scene:
    """A raster, polygons with codes in file order, and what OTB and the library make of them."""

    def __init__(self, folder, grid, shapes, codes):
        self.folder, self.grid, self.codes = folder, grid, np.array(codes, np.int32)
        self.image, self.vector, self.statistics = (
            folder / "img.tif",
            folder / "poly.shp",
            folder / "stats.xml",
        )
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
        self.by_class, self.by_vector = class_statistics(self.image, self.vector, self.statistics)

    def otb_picks(self, *strategy, **options):
        return select(self.image, self.vector, self.statistics, self.folder, *strategy, **options)

    def candidates(self):
        """Reference pixels in the order polygon, row, column: polygon number and (x, y)."""
        burnt = burn(load_reference(self.folder / "reference.gpkg", self.grid), whole(*self.grid.shape))
        row, col = np.nonzero(burnt)
        order = np.lexsort((col, row, burnt[row, col]))
        row, col = row[order], col[order]
        return burnt[row, col], list(zip(*self.grid.centres(row, col), strict=True))

    def picks(self, strategy):
        """Pixels picked by class, and how many are wanted."""
        polygon, places = self.candidates()
        code = self.codes[polygon - 1]
        classes = np.unique(self.codes)
        available = np.array([[(code == value).sum() for value in classes]])
        none = [None] * len(classes)
        settings = {"strategy": strategy, "prevalence": "sampled", "limits": {"min": none, "max": none}}
        wanted = wanted_pixels(available, settings)[0]
        found = {}
        for value, number in zip(classes.tolist(), wanted.tolist(), strict=True):
            mine = np.flatnonzero(code == value)
            ranks = periodic_ranks(mine.size, number) if number < mine.size else range(mine.size)
            if len(ranks):
                found[value] = [places[mine[rank]] for rank in ranks]
        return found, dict(zip(classes.tolist(), wanted.tolist(), strict=True))


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """Polygons of 16, 12, 9 and 8 pixels."""
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
    assert scene.by_vector == dict(enumerate(by_polygon.tolist()))
    by_class = np.bincount(scene.codes[polygon - 1])
    assert scene.by_class == {code: int(by_class[code]) for code in np.unique(scene.codes).tolist()}


def test_toy_has_the_known_counts(toy):
    polygon, _ = toy.candidates()
    assert np.bincount(polygon).tolist() == [0, 16, 12, 9, 8]


def strategies(folder, codes, numbers):
    """Every strategy as the library's settings, with OTB's arguments for it."""
    constants, shares, totals, counts = numbers
    (folder / "by_class.csv").write_text("".join(f"{a},{b}\n" for a, b in zip(codes, counts, strict=True)))
    by_class = ("byclass", "-strategy.byclass.in", folder / "by_class.csv")
    return [
        ({"name": "all"}, ("all",)),
        ({"name": "smallest"}, ("smallest",)),
        *(({"name": "constant", "count": n}, ("constant", "-strategy.constant.nb", n)) for n in constants),
        *(({"name": "percent", "share": p}, ("percent", "-strategy.percent.p", p)) for p in shares),
        *(({"name": "total", "total": n}, ("total", "-strategy.total.v", n)) for n in totals),
        ({"name": "byclass", "by_class": counts}, by_class),
    ]


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("toy", ([5, 10], [0.5, 0.33, 0.1, 0.05], [7, 18, 20, 100], [3, 20, 2])),
        ("fields", ([300, 1111], [0.25, 0.037], [5000], [7, 0, 100000, 350])),
    ],
)
def test_every_strategy_takes_the_same_pixels(name, numbers, request):
    scene = request.getfixturevalue(name)
    for ours, theirs in strategies(scene.folder, np.unique(scene.codes), numbers):
        picks, rates = scene.otb_picks(*theirs)
        found, wanted = scene.picks(ours)
        assert found == picks, ours
        assert {code: row[0] for code, row in rates.items()} == wanted, ours
        for code, (_, available, rate) in rates.items():
            assert available == scene.by_class[code]
            # Of parts the file has the part itself; the sampler goes by the rounded number.
            expected = ours.get("share", wanted[code] / available)
            assert rate == pytest.approx(min(1, expected), rel=1e-5), ours


@pytest.mark.parametrize("wanted", [300, 1111])
def test_random_takes_as_many(fields, wanted):
    picks, _ = fields.otb_picks("constant", "-strategy.constant.nb", wanted, sampler="random")
    assert {code: len(places) for code, places in picks.items()} == dict.fromkeys((1, 2, 3, 4), wanted)


def test_jitter_moves_picks_within_the_same_bounds(fields):
    sampler = "periodic -sampler.periodic.jitter 4"
    picks, _ = fields.otb_picks("constant", "-strategy.constant.nb", 300, sampler=sampler)
    polygon, places = fields.candidates()
    code = fields.codes[polygon - 1]
    for value in np.unique(code).tolist():
        ranks = {places[place]: rank for rank, place in enumerate(np.flatnonzero(code == value))}
        moved = np.array([ranks[place] for place in picks[value]]) - periodic_ranks(len(ranks), 300)
        assert len(moved) == 300
        assert moved.min() >= 0
        assert moved.max() == 4


def test_one_sample_too_many_is_known(tmp_path):
    # 3 / 187 * 187 is above 3 in double precision: OTB then takes a fourth, the last candidate.
    assert 3 / 187 * 187 > 3
    # No wider than 16 px, so that OTB reads row by row and not block by block.
    grid = Grid(CRS, (10.0, 0.0, 0.0, 0.0, -10.0, 170.0), 17, 11)
    scene = Scene(tmp_path, grid, [shapely.box(0, 0, 110, 170)], [1])
    picks, _ = scene.otb_picks("constant", "-strategy.constant.nb", 3)
    assert scene.picks({"name": "constant", "count": 3})[0][1] == picks[1][:3]
    assert picks[1][3:] == [(105.0, 5.0)]


def test_single_precision_of_a_share_is_known(tmp_path):
    # 0.7 of 5 is 3.5; in single precision 0.7 is a little less, and OTB rounds down.
    grid = Grid(CRS, (10.0, 0.0, 0.0, 0.0, -10.0, 50.0), 5, 5)
    scene = Scene(tmp_path, grid, [shapely.box(0, 0, 50, 10)], [1])
    _, rates = scene.otb_picks("percent", "-strategy.percent.p", 0.7)
    assert scene.picks({"name": "percent", "share": 0.7})[1] == {1: 4}
    assert rates[1][0] == 3


def test_edges_through_pixel_centres_are_known(tmp_path):
    # Left and bottom edges are in for OTB, right and top edges for the library (and GDAL): as many pixels.
    grid = Grid(CRS, (10.0, 0.0, 0.0, 0.0, -10.0, 100.0), 10, 10)
    scene = Scene(tmp_path, grid, [shapely.box(5, 75, 25, 95)], [1])
    assert scene.otb_picks("all")[0] == {1: [(5.0, 85.0), (15.0, 85.0), (5.0, 75.0), (15.0, 75.0)]}
    assert scene.picks({"name": "all"})[0] == {1: [(15.0, 95.0), (25.0, 95.0), (15.0, 85.0), (25.0, 85.0)]}


def test_overlaps_are_known(tmp_path):
    # OTB counts a pixel for each polygon; in the library it belongs to the first.
    grid = Grid(CRS, (10.0, 0.0, 0.0, 0.0, -10.0, 100.0), 10, 10)
    scene = Scene(tmp_path, grid, [shapely.box(0, 0, 30, 30), shapely.box(20, 20, 50, 50)], [1, 2])
    assert scene.by_class == {1: 9, 2: 9}
    assert np.bincount(scene.candidates()[0]).tolist() == [0, 9, 8]


def test_a_class_without_a_pixel_centre_is_not_the_smallest(tmp_path):
    grid = Grid(CRS, (10.0, 0.0, 0.0, 0.0, -10.0, 100.0), 10, 10)
    boxes = [shapely.box(0, 0, 30, 30), shapely.box(60, 60, 63, 63), shapely.box(50, 0, 70, 20)]
    scene = Scene(tmp_path, grid, boxes, [1, 2, 3])
    assert scene.by_class == {1: 9, 2: 0, 3: 4}
    picks, rates = scene.otb_picks("smallest")
    assert scene.picks({"name": "smallest"}) == (picks, {code: row[0] for code, row in rates.items()})
    assert [row[0] for row in rates.values()] == [4, 0, 4]
