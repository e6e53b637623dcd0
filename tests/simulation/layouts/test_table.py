import numpy as np
import pytest

from tilefold.simulation.dials import SENSORS, Dials, small
from tilefold.simulation.layouts.table import LAYOUTS
from tilefold.simulation.scene import simulate_scene


def test_the_dial_knows_the_layouts_of_the_table():
    assert list(SENSORS) == list(LAYOUTS)


def test_an_unknown_sensor_is_refused():
    with pytest.raises(ValueError, match=r"sensors: at least one of sentinel2, .*, found spot5"):
        Dials(sensors=("sentinel2", "spot5"))


@pytest.mark.parametrize("sensor", ["landsat8old", "landsat5old"])
def test_tiles_that_names_of_products_cannot_hold_are_refused(sensor):
    with pytest.raises(ValueError, match=rf"tiles: {sensor} needs names like D.*, found T31TCJ, T31TCK"):
        small(sensors=(sensor,), tiles=("T31TCJ", "D0005H0002", "T31TCK"))
    assert small(sensors=(sensor,), tiles=("D0005H0002",)).sensors == (sensor,)


@pytest.mark.slow
def test_other_sensors_change_nothing_of_sentinel2_and_of_the_truth(small_scene, tmp_path):
    simulate_scene(tmp_path / "scene", small(sensors=("landsat8", "sentinel1", "sentinel2"), dem=True))
    compared = 0
    for path in sorted(small_scene.rglob("*")):
        if path.is_file() and path.name not in ("truth.json",):
            compared += 1
            assert (tmp_path / "scene" / path.relative_to(small_scene)).read_bytes() == path.read_bytes()
    assert compared > 500
    assert len(list((tmp_path / "scene" / "dem").iterdir())) == 4
    assert (
        np.array([len(list((tmp_path / "scene" / "landsat8" / t).iterdir())) for t in small().tiles]).min()
        > 15
    )


def test_a_scene_may_lack_sentinel2(tmp_path):
    simulate_scene(tmp_path / "scene", small(sensors=("sentinel1",), tiles=("T31TCJ",)))
    names = {path.name for path in (tmp_path / "scene").iterdir()}
    assert names == {"nomenclature.csv", "reference.gpkg", "sentinel1", "truth"}
