import os
from pathlib import Path

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
    simulate_scene(folder, Dials(acquisitions=12))
    return folder


@pytest.fixture(scope="session")
def patch():
    """The real patch; its tests are skipped where it is missing."""
    default = Path(__file__).parents[3] / "shared" / "data"
    file = Path(os.environ.get("TILEFOLD_TEST_DATA", default)) / "multisensor_patch" / "patch.nc"
    if not file.is_file():
        pytest.skip(f"no real data in {file}; set TILEFOLD_TEST_DATA")
    return file


@pytest.fixture(scope="session")
def theia_landsat8():
    """Real products of Theia's old form; their tests are skipped where they are missing."""
    default = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("TILEFOLD_TEST_DATA", default)) / "theia_landsat8"
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; set TILEFOLD_TEST_DATA")
    return folder
