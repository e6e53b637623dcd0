"""A wrong config is refused before any job, with every fault and what to do."""

import pytest
from engine import engine, merged, workspace, write_config


@pytest.fixture(scope="module")
def folder(tmp_path_factory, scene, content):
    """Data that nothing was run on: these tests wait for no run."""
    folder = tmp_path_factory.mktemp("refused")
    workspace(folder, scene, content)
    return folder


def refused(folder, tmp_path, content):
    done = engine(folder, write_config(tmp_path / "bad.yaml", content), "--dry-run")
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Building DAG" not in text
    assert not (folder / "results").exists()
    return text


def test_keys_and_values_are_listed_together(folder, tmp_path, content):
    changes = {"trainin": {"epochs": 3}, "split": {"ratio": 1.5}}
    text = refused(folder, tmp_path, merged(content, changes))
    assert "the configuration has 2 fault(s)" in text
    assert "split.ratio: found 1.5" in text
    assert "trainin: unknown key; did you mean training?" in text
    assert "Traceback" not in text


def test_data_and_names_are_listed_together(folder, tmp_path, content):
    changes = {
        "training": {"dl_name": "MLPClasifier"},
        "reference": {"class_field": "class"},
        "features": {"sentinel2": ["ndwi", "evi"]},
        "maps": {"nodata": 23},
        "folds": {"scheme": ["T31XXX"]},
        "output_crs": "EPSG:0",
    }
    text = refused(folder, tmp_path, merged(content, changes))
    for part in ("MLPClassifier", "no class field", "evi", "maps.nodata", "T31XXX", "output_crs"):
        assert part in text, text
    assert "Traceback" not in text


def test_missing_folder(folder, tmp_path, content):
    text = refused(folder, tmp_path, merged(content, {"sensors": {"sentinel2": {"path": "nowhere"}}}))
    assert "sensors.sentinel2.path: no folder nowhere" in text


def test_tile_without_products(folder, tmp_path, content):
    text = refused(folder, tmp_path, merged(content, {"tiles": {"train": ["T31TCJ", "T31TZZ"]}}))
    assert "T31TZZ" in text


def test_no_common_dates(folder, tmp_path, content):
    changes = {"calendar": {"start": "2025-01-01", "end": "2025-12-31"}}
    text = refused(folder, tmp_path, merged(content, changes))
    assert "no acquisition of" in text


def test_dates_that_differ_and_keys_without_use(folder, tmp_path, content):
    text = refused(folder, tmp_path, merged(content, {"calendar": {"method": "none"}}))
    assert (
        "sensors.sentinel2: the method none needs the same dates in all tiles, but T31TCJ lacks 2018-" in text
    )
    changes = {"sensors": {"sentinel2": {"method": "raw", "step": 5}}}
    text = refused(folder, tmp_path, merged(content, changes))
    assert "sensors.sentinel2.step: found 5, which the method raw has no use for; remove it" in text


def test_without_a_config_one_line_names_the_examples(tmp_path):
    import subprocess
    import sys

    from engine import ROOT

    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "-n"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "config/examples" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
