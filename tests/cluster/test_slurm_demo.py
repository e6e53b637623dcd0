"""The demo, all its folds, on a real Slurm through the profile that users copy."""

import pandas as pd
import pytest
import rasterio
import slurm_lab
import yaml
from slurm_runs import ROOT, check_queues, engine, said

from tilefold.simulation.dials import Dials
from tilefold.simulation.scene import simulate_scene


@pytest.mark.cluster
def test_the_demo_with_all_folds(slurm, tmp_path):
    dials = Dials()
    simulate_scene(tmp_path / "scene", dials)
    config = yaml.safe_load((ROOT / "config" / "demo.yaml").read_text())
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config | {"data": "scene", "results": "results"}))
    before = {job["id"] for job in slurm_lab.jobs()}
    done = engine(tmp_path, seconds=3600)
    assert done.returncode == 0, said(done)[-6000:]
    jobs = [job for job in slurm_lab.jobs() if job["id"] not in before]
    assert {job["state"] for job in jobs} == {"COMPLETED"}
    check_queues(jobs)
    results = tmp_path / "results"
    folds = pd.read_csv(results / "summary" / "folds.csv")
    held_out = {f"without_{tile}" for tile in dials.tiles}
    assert set(folds["fold"]) == {"all", "pooled", *held_out}
    for fold in sorted({"all", *held_out}):
        with rasterio.open(results / "maps" / fold / "seed_0" / "classification.tif") as raster:
            assert (raster.read(1) > 0).any()
    assert (results / "report" / "index.html").stat().st_size > 100_000
