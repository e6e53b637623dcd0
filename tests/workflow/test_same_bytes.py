"""Same inputs, settings and seed give the same bytes, whatever the jobs, chunks and order of features."""

import geopandas
import pytest
from engine import digests, merged, run, workspace, write_config


@pytest.fixture(scope="session")
def again(tmp_path_factory, scene, content):
    """The run of `finished` with one of its folds, on one core, in seven chunks, features in reverse order."""
    folder = tmp_path_factory.mktemp("again")
    changes = {"classification": {"number_of_chunks": 7}, "folds": {"scheme": content["folds"]["scheme"][:1]}}
    config = workspace(folder, scene, merged(content, changes))
    reference = folder / "scene" / "reference.gpkg"
    features = geopandas.read_file(reference)
    reference.unlink()
    features.iloc[::-1].to_file(reference, driver="GPKG")
    run(folder, config, "validation", "maps", cores=1)
    return folder


@pytest.mark.slow
def test_one_core_seven_chunks_and_another_order_of_features(finished, again, content):
    expected, found = digests(finished / "results"), digests(again / "results")
    assert len(found) > 50
    other = f"without_{content['folds']['scheme'][1]}"
    missing = {name for name in expected.keys() - found.keys() if other not in name}
    assert found.keys() <= expected.keys()
    assert not any(name.startswith(("runs", "maps", "series", "pools")) for name in missing)
    # The summary of all runs is of fewer runs here.
    alike = [name for name in found if not name.startswith("summary/")]
    assert [name for name in alike if found[name] != expected[name]] == []


@pytest.mark.slow
def test_another_seed_gives_other_samples_and_weights(copy, content):
    config = write_config(
        copy / "config.yaml", merged(content, {"split": {"seeds": [1]}, "folds": {"scheme": "none"}})
    )
    run(copy, config, "models")
    runs = copy / "results" / "runs" / "all"
    for name in ("selection.parquet", "region_all/model.safetensors"):
        assert (runs / "seed_0" / name).read_bytes() != (runs / "seed_1" / name).read_bytes()
