"""The workflow on a real Slurm, with the profile that users copy: `make test-cluster-smoke`."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import rasterio
import slurm_lab
import yaml
from slurm_runs import (
    ROOT,
    alive,
    check_queues,
    engine,
    said,
    succeed,
    under_way,
)

from tilefold.simulation.dials import small
from tilefold.simulation.scene import simulate_scene

TILES = ["T31TCJ", "T31TCK"]
CONFIG = {
    "results": "results",
    "data": "scene",
    "tiles": {"train": TILES, "map": TILES},
    "sensors": {"sentinel2": {"path": "{data}/sentinel2"}},
    "calendar": {"start": "2018-01-01", "end": "2018-12-31", "step": 60},
    "reference": {
        "path": "{data}/reference.gpkg",
        "class_field": "code",
        "nomenclature": "{data}/nomenclature.csv",
        "min_area": 100.0,
    },
    "folds": {"scheme": TILES[:1]},
    "selection": {"count": 200},
    "training": {
        "epochs": 2,
        "dataloader_mode": "full",
        "hyperparameters_solver": {"batch_size": [64], "learning_rate": [0.003]},
    },
    "classification": {"number_of_chunks": 1},
    "validation": {"baselines": []},
}
REGION = Path("results/runs/all/seed_0/region_all")
WEIGHTS = REGION / "candidates" / "batch_64_lr_0.003" / "weights.safetensors"

pytestmark = pytest.mark.cluster


def tries(before):
    """What Slurm recorded of training since then, in the order of submission."""
    found = [
        job for job in slurm_lab.jobs() if job["id"] not in before and "train_candidate" in job["comment"]
    ]
    return sorted(found, key=number)


def hold_training(folder, seconds=300):
    """Stop the process that trains, so that it does not come to its end; the process."""
    found = []

    def is_found():
        for process in psutil.process_iter(["cmdline", "cwd"]):
            words = process.info["cmdline"] or []
            if process.info["cwd"] == str(folder) and any(".train_candidate.py" in word for word in words):
                process.suspend()
                found.append(process)
        return bool(found)

    slurm_lab.wait_until(is_found, seconds)
    return found[0]


@pytest.fixture(scope="module")
def finished(slurm, tmp_path_factory):
    """A run through the profile, with what a test may wait less for."""
    folder = tmp_path_factory.mktemp("run")
    simulate_scene(folder / "scene", small())
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    succeed(folder)
    return folder


@pytest.fixture
def untrained(finished):
    """The finished run without the model of the run `all`, so that the target `models` makes it again."""
    forget_model(finished)
    return finished


def forget_model(folder):
    region = folder / REGION
    for name in ("candidates", "checkpoints"):
        shutil.rmtree(region / name, ignore_errors=True)
    for name in ("model.safetensors", "model.json", "model_choice.csv"):
        (region / name).unlink(missing_ok=True)


def test_smoke_the_chain_runs_to_its_end(finished):
    folds = pd.read_csv(finished / "results" / "summary" / "folds.csv")
    assert set(folds["fold"]) == {"all", f"without_{TILES[0]}", "pooled"}
    assert (finished / "results" / "report" / "index.html").stat().st_size > 10_000


def test_smoke_rules_of_the_network_asked_for_a_gpu_and_no_others(finished):
    jobs = slurm_lab.jobs()
    assert {job["state"] for job in jobs} == {"COMPLETED"}
    check_queues(jobs)


def test_smoke_small_jobs_are_submitted_together(finished):
    logged = (finished / "results" / "logs").rglob("*.log")
    assert len(slurm_lab.jobs()) < len(list(logged))


def test_a_job_over_its_memory_is_tried_again_with_more(untrained):
    before = {job["id"] for job in slurm_lab.jobs()}
    succeed(untrained, "--", "models", resources=["train_candidate:mem_mb=attempt*600"])
    found = tries(before)
    assert len(found) > 1
    assert [job["memory"] for job in found] == [f"{600 * (attempt + 1)}M" for attempt in range(len(found))]
    assert [job["state"] for job in found].count("COMPLETED") == 1
    assert (untrained / WEIGHTS).exists()


def test_a_job_over_its_time_is_tried_again_with_more(untrained):
    before = {job["id"] for job in slurm_lab.jobs()}
    # Slurm counts minutes.
    with under_way(untrained, "--", "models", resources=["train_candidate:runtime=attempt"]) as process:
        hold_training(untrained)
        assert process.wait(timeout=300) == 0
    assert [(job["limit"], job["state"]) for job in tries(before)] == [
        ("00:01:00", "TIMEOUT"),
        ("00:02:00", "COMPLETED"),
    ]


def test_a_job_that_fails_for_good_is_reported_with_its_rule_and_log(untrained):
    done = engine(untrained, "--retries", "0", "--", "models", resources=["train_candidate:mem_mb=200"])
    assert done.returncode != 0
    # Wildcards stand in the paths of the outputs.
    assert re.search(rf"Error in rule train_candidate:(\n    .*)*output: {WEIGHTS}", said(done))
    assert "results/logs/train_candidate/all/seed_0/region_all/batch_64_lr_0.003.log" in said(done)


def test_a_second_invocation_is_refused_and_ctrl_c_cancels_all_jobs(untrained):
    before = {job["id"] for job in slurm_lab.jobs()}
    with under_way(untrained, "--", "models") as process:
        hold_training(untrained)
        second = engine(untrained, "--", "models")
        assert second.returncode != 0
        assert "--unlock" in said(second)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=120)
        slurm_lab.wait_until(lambda: not alive(), 120)
    assert [job["state"] for job in tries(before)] == ["CANCELLED"]
    succeed(untrained, "--", "models")


def test_a_controller_that_was_killed(untrained):
    """The next run names the jobs that are alive and refuses; what they finish is made again."""
    expected = (untrained / "results/runs/without_T31TCJ/seed_0/region_all/model.safetensors").read_bytes()
    with under_way(untrained, "--", "models") as process:
        training = hold_training(untrained)
        process.kill()
        process.wait()
        locked = engine(untrained, "--", "models")
        assert "--unlock" in said(locked)
        succeed(untrained, "--unlock")
        refused = engine(untrained, "--", "models")
        assert refused.returncode != 0
        (job,) = alive()
        assert f"{job['id']} RUNNING rule_train_candidate_wildcards_all_0_all" in said(refused)
        assert "scancel --name=" in said(refused)
        assert not (untrained / WEIGHTS).exists()
        training.resume()
        slurm_lab.wait_until(lambda: not alive(), 120)
    assert (untrained / WEIGHTS).exists()
    assert list((untrained / "results").rglob(".*.safetensors")) == []
    whole = (untrained / WEIGHTS).read_bytes()
    again = succeed(untrained, "--", "models")
    assert f"made again: {WEIGHTS.parent}" in said(again)
    assert (untrained / WEIGHTS).read_bytes() == whole
    succeed(untrained, "--dry-run", "--", "models")
    assert (
        untrained / "results/runs/without_T31TCJ/seed_0/region_all/model.safetensors"
    ).read_bytes() == expected


def test_a_scheduler_that_does_not_answer_is_waited_for(untrained, tmp_path):
    down = tmp_path / "down"
    for name in ("sbatch", "squeue"):
        path = tmp_path / name
        refused = f"{name}: error: Unable to contact slurm controller (connect failure)"
        path.write_text(
            f"#!/bin/sh\n[ ! -e {down} ] || {{ echo '{refused}' >&2; exit 1; }}\nexec {shutil.which(name)} \"$@\"\n"
        )
        path.chmod(0o755)
    before = {job["id"] for job in slurm_lab.jobs()}
    down.touch()
    with under_way(untrained, "--", "models", PATH=f"{tmp_path}:{os.environ['PATH']}") as process:
        log = untrained / "engine.log"
        slurm_lab.wait_until(lambda: "Select jobs to execute" in log.read_text(), 60)
        time.sleep(15)
        assert tries(before) == []
        down.unlink()
        training = hold_training(untrained)
        down.touch()
        training.resume()
        # Twice as long as the executor would ask by itself.
        time.sleep(20)
        assert process.poll() is None
        down.unlink()
        assert process.wait(timeout=200) == 0
    assert [job["state"] for job in tries(before)] == ["COMPLETED"]


#: Debian's wrapper takes no folder after `-o`, and a job finds its number in another variable than under PBS.
QSUB = """#!/bin/bash
words=()
for word; do [[ $word != */ ]] || word+=%j.log; words+=("$word"); done
sed -i '1a export PBS_JOBID=$SLURM_JOB_ID' "${words[-1]}"
exec {qsub} "${words[@]}"
"""
PBS = {
    "mem_mb": 2000,
    "runtime": 60,
    "gpu": 0,
    "pbs_dialect": "'torque'",
    "pbs_queue": "'cpu'",
    "pbs_gpu_queue": "'gpu'",
    "pbs_account": "''",
}


def test_the_pbs_profile_with_torques_commands(untrained, tmp_path):
    """Over the same Slurm; the wrappers know neither PBS Pro's `select` with GPUs nor its `qstat -x`."""
    if shutil.which("qsub") is None:
        pytest.skip("no qsub: needs Debian's slurm-wlm-torque")
    (tmp_path / "qsub").write_text(QSUB.replace("{qsub}", shutil.which("qsub")))
    (tmp_path / "qsub").chmod(0o755)
    before = {job["id"] for job in slurm_lab.jobs()}
    changed = [
        *("--profile", str(ROOT / "profiles" / "pbs"), "--default-resources"),
        *(f"{name}={value}" for name, value in PBS.items()),
        *("--cluster-generic-status-cmd", "tilefold-pbs-status --dialect torque"),
        *("--seconds-between-status-checks", "3", "--latency-wait", "5"),
    ]
    path = f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    with under_way(untrained, "--", "models", options=changed, PATH=path) as process:
        hold_training(untrained).resume()
        assert process.wait(timeout=200) == 0, (untrained / "engine.log").read_text()[-4000:]
    training, choosing = sorted((job for job in slurm_lab.jobs() if job["id"] not in before), key=number)
    assert (training["name"], training["partition"], training["state"]) == (
        "train_candidate",
        "gpu",
        "COMPLETED",
    )
    assert "gpu" in training["gres"]
    assert (choosing["name"], choosing["partition"], choosing["gres"]) == ("select_model_al", "cpu", "")
    forget_model(untrained)
    with under_way(untrained, "--", "models", options=changed, PATH=path) as process:
        hold_training(untrained)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=120)
        slurm_lab.wait_until(lambda: not alive(), 120)
    assert max(slurm_lab.jobs(), key=number)["state"] == "CANCELLED"
    succeed(untrained, "--", "models")


def number(job):
    return int(job["id"])


def test_a_full_disk(finished, tmp_path):
    """A clear error, no output under its final name, and the run goes on when there is room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(disk)], check=True)
    try:
        config = {**CONFIG, "results": str(disk / "results")}
        (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
        (tmp_path / "scene").symlink_to(finished / "scene")
        wanted = str(disk / "results/series/T31TCJ/sentinel2.tif")
        done = engine(tmp_path, "--retries", "0", "--", wanted)
        assert done.returncode != 0
        log = disk / "results/logs/preprocess/T31TCJ/sentinel2.log"
        assert str(log) in said(done)
        assert "No space left on device" in said(done) + log.read_text()
        assert not Path(wanted).exists()
        subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
        succeed(tmp_path, "--", wanted)
        with (
            rasterio.open(wanted) as made,
            rasterio.open(finished / "results/series/T31TCJ/sentinel2.tif") as expected,
        ):
            np.testing.assert_array_equal(made.read(), expected.read())
    finally:
        subprocess.run(["umount", str(disk)], check=True)
