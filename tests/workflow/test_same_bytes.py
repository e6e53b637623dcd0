"""Same inputs, settings and seed give the same bytes, whatever the jobs, chunks and order of features."""

import geopandas
import pytest
from engine import digests, merged, run, workspace, write_config


@pytest.fixture(scope="session")
def again(tmp_path_factory, scene, content):
    """The run of `finished` on one core, in seven chunks, with the features in reverse order."""
    folder = tmp_path_factory.mktemp("again")
    config = workspace(folder, scene, merged(content, {"classification": {"number_of_chunks": 7}}))
    reference = folder / "scene" / "reference.gpkg"
    features = geopandas.read_file(reference)
    reference.unlink()
    features.iloc[::-1].to_file(reference, driver="GPKG")
    run(folder, config, cores=1)
    return folder


def test_one_core_seven_chunks_and_another_order_of_features(finished, again):
    expected, found = digests(finished / "results"), digests(again / "results")
    assert len(expected) > 50
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []


def test_another_seed_gives_other_samples_and_weights(copy, content):
    config = write_config(
        copy / "config.yaml", merged(content, {"split": {"seeds": [1]}, "folds": {"scheme": "none"}})
    )
    run(copy, config, "models")
    runs = copy / "results" / "runs" / "all"
    for name in ("selection.parquet", "region_all/model.safetensors"):
        assert (runs / "seed_0" / name).read_bytes() != (runs / "seed_1" / name).read_bytes()
