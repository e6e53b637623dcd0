import geopandas
import pytest
import shapely

from tilefold.config.load import read_config
from tilefold.grids.grid import Grid
from tilefold.plan.reference import classes_are_text, nominal_pixel, reference_faults, reference_inputs


@pytest.fixture
def config(tmp_path):
    def make(**reference):
        return read_config(
            {
                "results": "r",
                "sensors": {"s": {"path": "p"}},
                "reference": {
                    "path": str(tmp_path / "main.gpkg"),
                    "class_field": "code",
                    "nomenclature": [],
                    **reference,
                },
            }
        )

    return make


@pytest.fixture
def write(tmp_path):
    def make(name, value=1, crs="EPSG:32631", **options):
        frame = geopandas.GeoDataFrame({"code": [value]}, geometry=[shapely.box(0, 0, 9, 9)], crs=crs)
        frame.to_file(tmp_path / name, **options)
        return str(tmp_path / name)

    return make


def test_faults_of_both_files(config, write, tmp_path):
    assert reference_faults(config()) == [f"reference.path: no file {tmp_path / 'main.gpkg'}"]
    write("main.gpkg")
    assert reference_faults(config()) == []
    assert "another" in reference_faults(config(test_path=write("t.gpkg"), test_layer="another"))[0]
    assert reference_faults(config(test_path="none.gpkg")) == ["reference.test_path: no file none.gpkg"]
    assert "there is no reference.test_path" in reference_faults(config(test_layer="t"))[0]
    assert "is given" in reference_faults(config(crs="EPSG:2154"))[0]


def test_a_folder_may_be_a_file(config, write):
    folder = write("folder", driver="ESRI Shapefile")
    assert reference_faults(config(path=folder)) == []


def test_parts_of_shapefiles_are_watched(config, write, tmp_path):
    assert reference_inputs(config()) == {"source": str(tmp_path / "main.gpkg")}
    main, test = write("a.shp"), write("b.shp")
    assert reference_inputs(config(path=main, test_path=test)) == {
        "source": main,
        "test": test,
        "parts": [str(tmp_path / name) for name in ("a.dbf", "a.prj", "b.dbf", "b.prj")],
    }


def test_text_in_either_file(config, write):
    write("main.gpkg")
    assert not classes_are_text(config())
    assert classes_are_text(config(test_path=write("t.gpkg", value="wheat")))


def test_the_nominal_pixel_does_not_depend_on_place():
    def grid(crs, side, left):
        return Grid(crs, (side, 0.0, left, 0.0, -side, 5000000.0 if side > 1 else 45.0), 10, 10)

    ten = grid("EPSG:32631", 10.0, 300000.0)
    assert nominal_pixel([ten, grid("EPSG:32632", 20.0, 0.0)]) == [10.0, 10.0]
    assert nominal_pixel([ten, grid("EPSG:32632", 10.0, 900000.0)]) == [10.0, 10.0]
    assert nominal_pixel([grid("EPSG:2263", 10.0, 0.0)]) == pytest.approx([3.048006, 3.048006])
    assert nominal_pixel([grid("EPSG:4326", 1e-4, 3.0)]) == pytest.approx([11.1319, 11.1319], abs=1e-3)
