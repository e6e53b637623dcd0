import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin

from tilefold.cli import main
from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.simulation.dials import small
from tilefold.simulation.ground import make_ground
from tilefold.simulation.parcels import make_parcels
from tilefold.validation.area_estimates import estimate_areas
from tilefold.validation.ground_area import pixel_hectares, raster_areas
from tilefold.validation.sampling_design import allocate, design_sample
from tilefold.validation.stratified import SampleError, Stratified, design_estimates


def write_map(path, values, crs="EPSG:32631", origin=(500_000, 4_900_000), size=10):
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype="uint8",
        nodata=0,
        crs=crs,
        transform=from_origin(*origin, size, size),
    ) as dataset:
        dataset.write(values.astype("uint8"), 1)
    return path


def test_allocations_by_hand():
    pixels, even = np.array([8000, 1500, 500]), np.full(3, 0.8)
    assert allocate(pixels, 30, "equal", even).tolist() == [10, 10, 10]
    assert allocate(pixels, 100, "proportional", even).tolist() == [80, 15, 5]
    # 8000 * 0.3, 1500 * 0.5, 500 * 0.4: 2400, 750, 200 of 3350.
    assert allocate(pixels, 67, "neyman", np.array([0.9, 0.5, 0.8])).tolist() == [48, 15, 4]
    # Two at least, and no more than there are.
    assert allocate(pixels, 20, "proportional", even).tolist() == [15, 3, 2]
    assert allocate(np.array([8000, 5, 1]), 40, "equal", even).tolist() == [34, 5, 1]
    with pytest.raises(SampleError, match="from 6 to 10,000"):
        allocate(pixels, 5, "equal", even)


def test_points_are_pixels_of_their_stratum(tmp_path):
    values = np.random.default_rng(0).choice([0, 3, 7, 9], (300, 290), p=[0.1, 0.6, 0.25, 0.05])
    raster = write_map(tmp_path / "map.tif", values)
    arguments = ["--total", "90", "--allocation", "equal", "--seed", "4"]
    arguments += ["--points", str(tmp_path / "p.gpkg"), "--strata", str(tmp_path / "s.csv")]
    assert main(["sampling-design", str(raster), *arguments]) == 0
    points, strata = geopandas.read_file(tmp_path / "p.gpkg"), pd.read_csv(tmp_path / "s.csv")
    assert strata["stratum"].tolist() == [3, 7, 9]
    assert strata["pixels"].tolist() == [np.count_nonzero(values == code) for code in (3, 7, 9)]
    assert points["stratum"].value_counts().to_dict() == {3: 30, 7: 30, 9: 30}
    assert not points.geometry.duplicated().any()
    cols = (points.geometry.x - 500_000) / 10
    rows = (4_900_000 - points.geometry.y) / 10
    assert np.allclose(cols % 1, 0.5)
    np.testing.assert_array_equal(values[rows.astype(int), cols.astype(int)], points["stratum"])
    assert points["class"].isna().all()
    first = (tmp_path / "p.gpkg").read_bytes()
    main(["sampling-design", str(raster), *arguments])
    assert (tmp_path / "p.gpkg").read_bytes() == first


def test_every_pixel_is_equally_likely(tmp_path):
    values = np.repeat([[1, 2]], 20, axis=0).repeat(10, axis=1)
    raster = write_map(tmp_path / "map.tif", values)
    times = np.zeros((20, 20))
    for seed in range(50):
        files = {"points": tmp_path / "p.gpkg", "strata": tmp_path / "s.csv"}
        design_sample(raster, 40, allocation="equal", nodata=0, seed=seed, **files)
        places = geopandas.read_file(files["points"]).geometry
        rows, cols = (4_900_000 - places.y) / 10, (places.x - 500_000) / 10
        times[rows.astype(int), cols.astype(int)] += 1
    # 20 of 200 pixels in each of 50 draws: 5 times each, with the variance of a binomial draw.
    assert times.mean() == 5
    assert times.var() == pytest.approx(50 * 0.1 * 0.9, rel=0.3)


def test_areas_in_degrees_and_metres():
    # One degree by one degree at 45 to 46 N on the ellipsoid WGS 84: 8,685 km2 (Snyder 1987, equation 3-12).
    grid = Grid("EPSG:4326", (0.1, 0.0, 3.0, 0.0, -0.1, 46.0), 10, 10)
    area = pixel_hectares(grid, Window(0, 10, 0, 10)) * 100
    e2 = 0.00669437999014
    e = np.sqrt(e2)

    def zone(latitude):
        s = np.sin(np.radians(latitude))
        return s / (1 - e2 * s**2) - np.log((1 - e * s) / (1 + e * s)) / (2 * e)

    expected = 6378137.0**2 * (1 - e2) / 2 * np.radians(1) * (zone(46) - zone(45)) / 10_000
    assert area == pytest.approx(expected, rel=1e-4)
    # On the central meridian of a UTM zone lengths are 0.9996 of the ground's.
    utm = Grid("EPSG:32631", (10.0, 0.0, 500_000.0, 0.0, -10.0, 4_900_000.0), 50, 50)
    assert pixel_hectares(utm, Window(0, 50, 0, 50)) == pytest.approx(0.01 / 0.9996**2, rel=1e-6)


def test_raster_areas_count_every_pixel(tmp_path):
    values = np.random.default_rng(1).integers(0, 4, (270, 520))
    found = raster_areas(write_map(tmp_path / "map.tif", values), 0)
    assert found["pixels"].tolist() == np.bincount(values.ravel())[1:].tolist()
    np.testing.assert_allclose(found["hectares"], found["pixels"] * 0.01 / 0.9996**2, rtol=1e-5)


CLASSES = [{"code": code, "label": f"class {code}"} for code in range(1, 21)]


def interpreted(points, truth):
    """What a perfect interpreter says of the points."""
    table = geopandas.read_file(points)
    rows, cols = (4_900_000 - table.geometry.y) / 10, (table.geometry.x - 500_000) / 10
    table["class"] = truth[rows.astype(int), cols.astype(int)].astype("int64")
    table.to_file(points, layer="points", driver="GPKG")


@pytest.fixture(scope="module")
def simulated():
    """True classes of a simulated tile, and a map with errors that hang together and favour one class."""
    dials = small()
    window = Window(0, 128, 0, 128)
    truth = make_ground(dials, make_parcels(dials), window).class_index + 1
    rng = np.random.default_rng(5)
    wrong = rng.random((32, 32)).repeat(4, 0).repeat(4, 1) < 0.25
    commonest = np.bincount(truth.ravel()).argmax()
    other = np.where(rng.random(truth.shape) < 0.5, commonest, np.roll(truth, 17, axis=1))
    return truth, np.where(wrong, other, truth)


def test_design_intervals_cover_the_simulated_truth(simulated):
    truth, mapped = (values.ravel().astype(np.int64) for values in simulated)
    strata, pixels = np.unique(mapped, return_counts=True)
    members = [np.flatnonzero(mapped == stratum) for stratum in strata]
    largest = np.bincount(truth).argsort()[::-1][:3].tolist()
    hits = dict.fromkeys(("oa", *largest), 0)
    numbers = allocate(pixels, 400, "proportional", np.full(len(strata), 0.8))
    for trial in range(100):
        rng = np.random.default_rng(trial)
        drawn = [rng.choice(places, n, replace=False) for places, n in zip(members, numbers, strict=True)]
        of_point = np.concatenate(drawn)
        stratum = np.repeat(np.arange(len(strata)), numbers)
        sample = Stratified(stratum, mapped[of_point], truth[of_point], pixels / pixels.sum(), pixels * 1.0)
        found = design_estimates(sample, largest, 1.0).set_index(["metric", "class"])
        oa = found.loc["oa"].iloc[0]
        hits["oa"] += oa["low"] <= (truth == mapped).mean() <= oa["high"]
        for code in largest:
            row = found.loc[("area_share", code)]
            hits[code] += row["low"] <= (truth == code).mean() <= row["high"]
    assert min(hits.values()) >= 90, hits
    # What the map says of the commonest class is no estimate: it is far off.
    assert (mapped == largest[0]).mean() > (truth == largest[0]).mean() + 0.05


def test_strata_of_an_older_map_still_estimate_a_new_one(simulated, tmp_path):
    truth, mapped = simulated
    old, new = write_map(tmp_path / "old.tif", mapped), write_map(tmp_path / "new.tif", truth)
    files = {"points": tmp_path / "p.gpkg", "strata": tmp_path / "s.csv"}
    design_sample(old, 300, allocation="equal", nodata=0, seed=1, **files)
    interpreted(files["points"], truth)
    settings = {
        "seed": 0,
        "classes": CLASSES,
        "nodata": 0,
        "class_field": "class",
        "stratum_field": "stratum",
    }
    estimate_areas(new, files["points"], files["strata"], settings, areas=tmp_path / "areas.csv")
    assert pd.read_csv(tmp_path / "areas.csv").set_index("metric").loc["oa", "value"] == 1


def test_faults_of_points_are_told(simulated, tmp_path):
    raster = write_map(tmp_path / "map.tif", simulated[1])
    files = {"points": tmp_path / "p.gpkg", "strata": tmp_path / "s.csv"}
    design_sample(raster, 100, allocation="equal", nodata=0, seed=1, **files)
    interpreted(files["points"], simulated[0] + 50)
    settings = {
        "seed": 0,
        "classes": CLASSES,
        "nodata": 0,
        "class_field": "class",
        "stratum_field": "stratum",
    }
    outputs = {"areas": tmp_path / "areas.csv"}
    with pytest.raises(SampleError, match="expected codes"):
        estimate_areas(raster, files["points"], files["strata"], settings, **outputs)
    with pytest.raises(SampleError, match="no field code"):
        estimate_areas(
            raster, files["points"], files["strata"], {**settings, "class_field": "code"}, **outputs
        )
    interpreted(files["points"], simulated[0])
    small_map = write_map(tmp_path / "small.tif", simulated[1][:20])
    with pytest.raises(SampleError, match="lie outside"):
        estimate_areas(small_map, files["points"], files["strata"], settings, **outputs)
