import netCDF4
import numpy as np
import pytest
import rasterio

from tilefold.simulation.classes import CODES
from tilefold.simulation.decoder import decoders
from tilefold.simulation.dials import Dials, small
from tilefold.simulation.ground import make_ground
from tilefold.simulation.layout import tile_windows
from tilefold.simulation.parcels import make_parcels
from tilefold.simulation.scene import simulate_scene
from tilefold.simulation.sentinel1 import PATCH_DEVIATIONS, PATCH_MEANS, backscatter, observations

BAND = {"vv": "S1-SIGMA0-VV", "vh": "S1-SIGMA0-VH"}


@pytest.fixture(scope="module")
def ground():
    dials = Dials(tiles=("T31TCJ",), size=300, overlap=0, shift=0)
    return dials, make_ground(dials, make_parcels(dials), tile_windows(dials)["T31TCJ"])


def test_the_constants_are_those_of_the_patch(patch):
    with netCDF4.Dataset(patch) as dataset:
        dataset.set_auto_maskandscale(False)
        months = [stamp.month for stamp in netCDF4.num2date(dataset["t"][:], dataset["t"].units)]
        for polarisation, name in BAND.items():
            values = 20 * np.log10(dataset[name][:].view(np.uint16).astype(float)) - 83
            for month in range(1, 13):
                image = values[months.index(month)]
                assert image.mean() == pytest.approx(PATCH_MEANS[polarisation][month - 1], abs=0.006)
                assert image.std() == pytest.approx(PATCH_DEVIATIONS[polarisation][month - 1], abs=0.006)


@pytest.mark.parametrize("polarisation", ["vv", "vh"])
def test_levels_and_deviations_are_near_the_patch(ground, polarisation):
    dials, place = ground
    decoder = decoders(dials)["T31TCJ"]
    deviations = []
    land = place.class_index != CODES.index(23)
    for month, mean in enumerate(PATCH_MEANS[polarisation]):
        level = backscatter(polarisation, decoder, place.latents, 15.5 + 30.4 * month)[land]
        assert level.mean() == pytest.approx(mean, abs=0.5)
        deviations.append(level.std())
    # The instrument mixes borders, which takes some of the variance. The patch has no water.
    wanted = np.sqrt(np.mean(np.square(PATCH_DEVIATIONS[polarisation])))
    assert 0.75 * wanted < np.sqrt(np.mean(np.square(deviations))) < 1.1 * wanted


def test_speckle_has_its_looks_and_leaves_the_mean(ground):
    dials, place = ground
    decoder = decoders(dials)["T31TCJ"]
    quiet = Dials(tiles=("T31TCJ",), size=300, overlap=0, shift=0, sensor_noise=0.0, edge_share=0.0)
    acquisition, bands, _ = next(iter(observations(quiet, decoder, place.latents, "T31TCJ")))
    offset = -0.4 if acquisition.direction == "ASC" else 0.0
    for polarisation, power in bands.items():
        level = backscatter(polarisation, decoder, place.latents, acquisition.day) + offset
        speckle = power / 10 ** (level / 10)
        assert speckle.mean() == pytest.approx(1, abs=0.01)
        assert speckle.mean() ** 2 / speckle.var() == pytest.approx(4.4, abs=0.15)


def test_classes_differ_as_they_do_for_a_radar(ground):
    dials, place = ground
    decoder = decoders(dials)["T31TCJ"]

    def level(code, polarisation, day):
        chosen = place.class_index == CODES.index(code)
        return backscatter(polarisation, decoder, place.latents, day)[chosen].mean()

    for polarisation in ("vv", "vh"):
        others = [level(code, polarisation, 200) for code in CODES if code != 23]
        assert level(23, polarisation, 200) < min(others) - 3, "water is the darkest"
    assert level(10, "vh", 210) > level(10, "vh", 100) + 3, "corn grows in summer"
    assert level(6, "vv", 125) < level(10, "vv", 125) - 1, "upright stems of cereals weaken VV in spring"


def test_files_of_a_scene(tmp_path):
    dials = small(sensors=("sentinel1",), tiles=("T31TCJ", "T31TCK"))
    simulate_scene(tmp_path / "scene", dials)
    names = {t: sorted(p.name for p in (tmp_path / "scene" / "sentinel1" / t).iterdir()) for t in dials.tiles}
    assert [n.replace("31TCJ", "") for n in names["T31TCJ"]] == [
        n.replace("31TCK", "") for n in names["T31TCK"]
    ]
    assert len(names["T31TCJ"]) > 100
    borders = 0
    for direction in ("ASC", "DES"):
        for polarisation in ("vv", "vh"):
            files = sorted(
                (tmp_path / "scene" / "sentinel1" / "T31TCJ").glob(f"s1a_31TCJ_{polarisation}_{direction}_*")
            )
            days = [np.datetime64(f"{f.name[-19:-15]}-{f.name[-15:-13]}-{f.name[-13:-11]}") for f in files]
            assert set(np.diff(days).astype(int)) == {12}
            for file in files:
                with rasterio.open(file) as dataset:
                    power = dataset.read(1)
                    assert (dataset.dtypes[0], dataset.nodata) == ("float32", 0)
                assert (power >= 0).all()
                assert np.isfinite(power).all()
                borders += bool((power == 0).any())
    assert borders > 0
