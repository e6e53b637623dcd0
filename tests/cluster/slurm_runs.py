"""Runs of the engine through the Slurm profile."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import slurm_lab

ROOT = Path(__file__).parents[2]
#: Rules that compute on a GPU where there is one.
GPU_RULES = {"train_candidate", "classify_chunk", "predict_samples"}


def slurm_options(resources=()):
    """The profile, with what a test may wait less for."""
    partitions = [f"{rule}:slurm_partition=gpu" for rule in sorted(GPU_RULES)]
    return [
        *("--profile", str(ROOT / "profiles" / "slurm")),
        *("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "6"),
        *("--seconds-between-status-checks", "6", "--latency-wait", "5", "--slurm-no-account"),
        *("--set-resources", *partitions, *resources),
    ]


def command(*arguments, options=None, resources=()):
    """The command line of a run."""
    return [
        # A background process of a shell ignores Ctrl-C, and the engine would inherit that.
        *("env", "--default-signal=INT,QUIT"),
        *(sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")),
        *(options or slurm_options(resources)),
        *("--configfile", "config.yaml"),
        *arguments,
    ]


def environment(**changes):
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **changes}


def engine(folder, *arguments, seconds=1500, **options):
    return subprocess.run(
        command(*arguments, **options),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def said(done):
    return done.stdout + done.stderr


def succeed(folder, *arguments, **options):
    done = engine(folder, *arguments, **options)
    assert done.returncode == 0, said(done)[-6000:]
    return done


@contextmanager
def under_way(folder, *arguments, options=None, resources=(), **changes):
    """A run that goes on beside the test; its output is in `engine.log`."""
    with (folder / "engine.log").open("w") as log:
        process = subprocess.Popen(
            command(*arguments, options=options, resources=resources),
            cwd=folder,
            env=environment(**changes),
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        subprocess.run(["scancel", "--user=root"], check=False)
        slurm_lab.wait_until(lambda: not alive(), 120)


def alive():
    return [job for job in slurm_lab.jobs() if job["state"] in {"RUNNING", "PENDING", "COMPLETING"}]


def check_queues(jobs):
    """Jobs of the rules of the network asked for a GPU in its queue, and no others."""
    on_gpu = [job for job in jobs if "gpu" in job["gres"]]
    rules = {name for job in on_gpu for name in GPU_RULES if name in job["comment"]}
    assert rules == GPU_RULES
    assert all(any(name in job["comment"] for name in GPU_RULES) for job in on_gpu)
    others = [job for job in jobs if job not in on_gpu]
    assert others
    assert not any(name in job["comment"] for job in others for name in GPU_RULES)
    assert {job["partition"] for job in on_gpu} == {"gpu"}
