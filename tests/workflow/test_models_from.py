"""Tiles mapped with the models of another project: the same year, the same images a year later, another year."""

import shutil

import numpy as np
import pytest
import rasterio
from engine import engine, merged, planned, run, write_config

from tilefold.simulation.classes import CROP_CODES
from tilefold.simulation.dials import small
from tilefold.simulation.scene import simulate_scene

TILES = ["T31TCJ", "T31TCK"]
pytestmark = pytest.mark.slow
MAPPING = {"preprocess", "classify_chunk", "merge_chunks", "mosaic_tiles", "describe_map", "measure_seams"}


@pytest.fixture(scope="module")
def project(tmp_path_factory, finished, content):
    """A folder with the scene, with its images a year later beside it, and a config that uses the finished models."""
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(finished / "scene", folder / "scene")
    later = folder / "later" / "sentinel2"
    shutil.copytree(folder / "scene" / "sentinel2", later)
    for path in sorted(later.rglob("*2018*"), key=lambda path: -len(path.parts)):
        path.rename(path.with_name(path.name.replace("2018", "2019")))
    plain = {key: value for key, value in content.items() if key not in ("folds", "tiles")}
    changes = {
        "tiles": {"map": TILES},
        "models": {"from": str(finished / "results")},
        "classification": {"number_of_chunks": 1, "enable_probability_map": False},
    }
    return folder, merged(plain, changes)


def labels(results, tile):
    with rasterio.open(
        results / "maps" / "all" / "seed_0" / "tiles" / f"{tile}_classification.tif"
    ) as dataset:
        return dataset.read(1)


def test_maps_equal_those_of_the_project_that_trained(project, finished):
    folder, content = project
    config = write_config(folder / "config.yaml", content)
    assert {rule for rule, _ in planned(folder, config)} - {"maps"} == MAPPING
    run(folder, config)
    for tile in TILES:
        found = labels(folder / "results", tile)
        np.testing.assert_array_equal(found, labels(finished / "results", tile))
        assert len(np.unique(found)) > 3
    assert not (folder / "results" / "runs").exists() or not list(
        (folder / "results" / "runs").rglob("model*")
    )


def test_the_same_images_a_year_later_give_the_same_labels(project, finished):
    folder, content = project
    changes = {
        "results": "results_2019",
        "tiles": {"map": TILES[:1]},
        "sensors": {"sentinel2": {"path": "later/sentinel2"}},
        "calendar": {"start": "2019-01-01", "end": "2019-12-31"},
    }
    run(folder, write_config(folder / "later.yaml", merged(content, changes)))
    np.testing.assert_array_equal(
        labels(folder / "results_2019", TILES[0]), labels(finished / "results", TILES[0])
    )


def test_another_year_is_mapped_better_than_by_chance_and_worse_than_the_first(project, finished):
    """The scene a year later, with other crops and another season: what models of the first year make of it."""
    folder, content = project
    scene = simulate_scene(folder / "second", small(year=2019, years_on=1))
    changes = {
        "results": "results_second",
        "sensors": {"sentinel2": {"path": "second/sentinel2"}},
        "calendar": {"start": "2019-01-01", "end": "2019-12-31"},
    }
    run(folder, write_config(folder / "second.yaml", merged(content, changes)))
    first, second = [], []
    for tile in TILES:
        for results, home, found in (
            (finished / "results", folder / "scene", first),
            (folder / "results_second", scene.home, second),
        ):
            with rasterio.open(home / "truth" / f"{tile}.tif") as dataset:
                truth = dataset.read(1)
            found.append((labels(results, tile), truth))
    (one, was), (two, now) = (np.stack(list(zip(*found, strict=True))) for found in (first, second))
    crops = np.array(CROP_CODES)
    fields = np.isin(was, crops)
    assert 0.1 < (was != now)[fields].mean() < 0.6
    assert (was == now)[~np.isin(now, crops)].mean() > 0.99
    accuracy = (two == now).mean()
    assert accuracy < (one == was).mean()
    assert accuracy > np.bincount(now.ravel()).max() / now.size
    # The map shows the crops of its own year, not those of the year that the models know.
    changed = fields & (was != now)
    assert (two == now)[changed].mean() > (two == was)[changed].mean()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"calendar": {"step": 15}}, "dates (2018-01-01 to"),
        ({"calendar": {"start": "2018-01-05"}}, "dates lie elsewhere in the year"),
        ({"features": {"sentinel2": ["ndvi"]}}, "features of sentinel2 were"),
        ({"models": {"from": "nowhere"}}, "cannot be read as a model"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_difference(project, changes, words):
    folder, content = project
    done = engine(folder, write_config(folder / "wrong.yaml", merged(content, changes)), "--dry-run")
    assert done.returncode != 0
    assert "models.from" in done.stdout + done.stderr
    assert words in " ".join((done.stdout + done.stderr).split())
