import pytest

from tilefold.simulation.dials import Dials, small
from tilefold.simulation.scene import simulate_scene


@pytest.fixture(scope="session")
def small_scene(tmp_path_factory):
    """A small scene; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("simulated") / "scene"
    simulate_scene(folder, small())
    return folder


@pytest.fixture(scope="session")
def default_scene(tmp_path_factory):
    """The demo's ground, parcels and reference with fewer acquisitions."""
    folder = tmp_path_factory.mktemp("simulated") / "scene"
    simulate_scene(folder, Dials(acquisitions=24))
    return folder


@pytest.fixture(scope="session")
def patch(real_data):
    """The real patch; its tests are skipped where it is missing."""
    return real_data("multisensor_patch/patch.nc")


@pytest.fixture(scope="session")
def theia_landsat8(real_data):
    """Real products of Theia's old form; their tests are skipped where they are missing."""
    return real_data("theia_landsat8")
