"""The workflow on a real Slurm, with the profile that users copy: `make test-cluster-smoke`."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import slurm_lab
import yaml

from tilefold.simulation.dials import small
from tilefold.simulation.scene import simulate_scene

ROOT = Path(__file__).parents[2]
TILES = ["T31TCJ", "T31TCK"]
#: Rules that compute on a GPU where there is one.
GPU_RULES = {"train_candidate", "classify_chunk", "predict_samples"}
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
    "classification": {"number_of_chunks": 2},
    "validation": {"baselines": []},
}

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slurm")
    try:
        slurm_lab.start(folder)
        yield folder
    finally:
        slurm_lab.stop(folder)


def command(*arguments, resources=()):
    """The command line of a run through the profile, with what a test may wait less for."""
    partitions = [f"{rule}:slurm_partition=gpu" for rule in sorted(GPU_RULES)]
    return [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")),
        *("--profile", str(ROOT / "profiles" / "slurm"), "--configfile", "config.yaml"),
        *("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "3"),
        *("--seconds-between-status-checks", "3", "--latency-wait", "5", "--slurm-no-account"),
        *("--set-resources", *partitions, *resources),
        *arguments,
    ]


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def engine(folder, *arguments, **options):
    return subprocess.run(
        command(*arguments, **options),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )


def forget_model(folder):
    """Remove the model of the run `all`, so that the target `models` makes it again."""
    region = folder / "results" / "runs" / "all" / "seed_0" / "region_all"
    for name in ("candidates", "checkpoints"):
        shutil.rmtree(region / name)
    for path in (region / "model.safetensors", region / "model.json", region / "model_choice.csv"):
        path.unlink()
    return region


@pytest.fixture(scope="module")
def finished(slurm, tmp_path_factory):
    """A run through the profile, with what a test may wait less for."""
    folder = tmp_path_factory.mktemp("run")
    simulate_scene(folder / "scene", small())
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    done = engine(folder)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return folder


def test_smoke_the_chain_runs_to_its_end(finished):
    folds = pd.read_csv(finished / "results" / "summary" / "folds.csv")
    assert set(folds["fold"]) == {"all", f"without_{TILES[0]}", "pooled"}
    assert (finished / "results" / "report" / "index.html").stat().st_size > 10_000


def test_smoke_rules_of_the_network_asked_for_a_gpu_and_no_others(finished):
    jobs = slurm_lab.jobs()
    assert {job["state"] for job in jobs} == {"COMPLETED"}
    on_gpu = [job for job in jobs if "gpu" in job["gres"]]
    rules = {name for job in on_gpu for name in GPU_RULES if name in job["comment"]}
    assert rules == GPU_RULES
    assert all(any(name in job["comment"] for name in GPU_RULES) for job in on_gpu)
    others = [job for job in jobs if job not in on_gpu]
    assert others
    assert not any(name in job["comment"] for job in others for name in GPU_RULES)
    assert {job["partition"] for job in on_gpu} == {"gpu"}


def test_smoke_small_jobs_are_submitted_together(finished):
    logged = (finished / "results" / "logs").rglob("*.log")
    assert len(slurm_lab.jobs()) < len(list(logged))


def test_a_job_over_its_memory_is_tried_again_with_more(finished):
    region = forget_model(finished)
    before = {job["id"] for job in slurm_lab.jobs()}
    done = engine(finished, "--", "models", resources=["train_candidate:mem_mb=attempt*350"])
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    tries = [
        (job["memory"], job["state"])
        for job in slurm_lab.jobs()
        if job["id"] not in before and "train_candidate" in job["comment"]
    ]
    assert len(tries) > 1
    assert [memory for memory, _ in sorted(tries, key=lambda item: int(item[0][:-1]))] == [
        f"{350 * (number + 1)}M" for number in range(len(tries))
    ]
    assert [state for _, state in tries].count("COMPLETED") == 1
    assert (region / "model.safetensors").exists()


def test_a_job_that_fails_for_good_is_reported_with_its_rule_and_log(finished):
    forget_model(finished)
    done = engine(finished, "--retries", "0", "--", "models", resources=["train_candidate:mem_mb=200"])
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "train_candidate" in said
    assert "results/logs/train_candidate/all/seed_0/region_all/batch_64_lr_0.003.log" in said
    assert engine(finished, "--", "models").returncode == 0


def test_ctrl_c_cancels_all_jobs(finished):
    forget_model(finished)
    # A background process of a shell ignores Ctrl-C, and the engine would inherit that.
    process = subprocess.Popen(
        ["env", "--default-signal=INT,QUIT", *command("--", "models")],
        cwd=finished,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    slurm_lab.wait_until(alive, 120)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=120)
    slurm_lab.wait_until(lambda: not alive(), 60)
    assert {job["state"] for job in slurm_lab.jobs()} & {"CANCELLED"}
    assert engine(finished, "--", "models").returncode == 0


def alive():
    return [job for job in slurm_lab.jobs() if job["state"] in {"RUNNING", "PENDING"}]
