import shutil

import pytest
from engine import run, workspace
from filelock import FileLock

from tilefold.simulation.dials import small
from tilefold.simulation.scene import simulate_scene

TILES = ["T31TCJ", "T31TCK", "T31TDJ"]


@pytest.fixture(scope="session")
def scene(tmp_path_factory):
    """A small simulated scene of four tiles, of which the configs use three."""
    folder = tmp_path_factory.mktemp("simulated") / "scene"
    simulate_scene(folder, small())
    return folder


@pytest.fixture(scope="session")
def content():
    """The config of the runs: three tiles, two of them held out in turn."""
    return {
        "results": "results",
        "data": "scene",
        "tiles": {"train": TILES, "map": TILES},
        "sensors": {"sentinel2": {"path": "{data}/sentinel2"}},
        "calendar": {"start": "2018-01-01", "end": "2018-12-31", "step": 30},
        "reference": {
            "path": "{data}/reference.gpkg",
            "class_field": "code",
            "nomenclature": "{data}/nomenclature.csv",
            "min_area": 100.0,
        },
        "folds": {"scheme": TILES[:2]},
        "selection": {"count": 300},
        "training": {
            "epochs": 8,
            "hyperparameters_solver": {"batch_size": [64], "learning_rate": [0.003]},
            "model_selection_criterion": "fscore",
            "dataloader_mode": "full",
        },
        "classification": {
            "number_of_chunks": 2,
            "enable_probability_map": True,
            "enable_margin_map": True,
            "enable_clear_dates_map": True,
        },
        # Most runs are about other things; see test_table.py.
        "validation": {"baselines": []},
    }


@pytest.fixture(scope="session")
def finished(tmp_path_factory, worker_id, scene, content):
    """A folder with a finished run, one for all test processes; tests look at it and leave it as it is."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "finished"
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            made = tmp_path_factory.mktemp("making") / "finished"
            made.mkdir()
            run(made, workspace(made, scene, content))
            made.rename(folder)
    return folder


@pytest.fixture
def copy(tmp_path, finished):
    """A copy of the finished run, to be spoilt."""
    folder = tmp_path / "copy"
    shutil.copytree(finished, folder, symlinks=True)
    return folder
