"""A killed run, and what the README says, give the bytes of an uninterrupted run."""

import os
import random
import shutil
import signal
import subprocess
import time

import psutil
import pytest
from engine import command, digests, engine, environment, run


def start(folder, *targets):
    return subprocess.Popen(
        command(folder / "config.yaml", *targets),
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def jobs_of(process, script):
    found = []
    for child in process.children(recursive=True):
        try:
            if any(script in part for part in child.cmdline()):
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


def wait_for_job(process, script, seconds=120):
    engine_process = psutil.Process(process.pid)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = jobs_of(engine_process, script)
        if found:
            return found
        assert process.poll() is None, "the engine ended before the job was seen"
        time.sleep(0.02)
    pytest.fail(f"no job {script} within {seconds} s")


def forget(folder, part):
    """Remove the model or the maps of one run, so that they are made again; the target that makes them."""
    region = folder / "results" / "runs" / "all" / "seed_0" / "region_all"
    if part == "train_candidate":
        shutil.rmtree(region / "candidates")
        shutil.rmtree(region / "checkpoints")
        (region / "model.safetensors").unlink()
        (region / "model_choice.csv").unlink()
        return "models"
    shutil.rmtree(folder / "results" / "maps" / "all")
    return "maps"


def is_alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(
    ("victim", "script"),
    [
        ("job", "train_candidate"),
        pytest.param("engine", "classify_chunk", marks=pytest.mark.slow),
        pytest.param("job", "classify_chunk", marks=pytest.mark.slow),
        pytest.param("engine", "train_candidate", marks=pytest.mark.slow),
    ],
)
def test_sigkill(copy, script, victim):
    expected = digests(copy / "results")
    target = forget(copy, script)
    process = start(copy, target)
    jobs = wait_for_job(process, script)
    time.sleep(1.5)
    if victim == "job":
        jobs[0].kill()
        assert process.wait(timeout=300) != 0
    else:
        below = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        # A job that was still importing notices when it is done with that.
        end = time.monotonic() + 60
        while any(is_alive(child) for child in below) and time.monotonic() < end:
            time.sleep(0.05)
        assert [child.pid for child in below if is_alive(child)] == []
        run(copy, copy / "config.yaml", "--unlock")
    run(copy, copy / "config.yaml", target)
    assert digests(copy / "results") == expected
    assert list((copy / "results").rglob(".*.tmp*")) == []


@pytest.mark.slow
def test_many_kills_of_the_engine_from_the_first_job_to_the_last(copy):
    """Killed at twelve moments of one run, each time unlocked and started again."""
    expected = digests(copy / "results")
    shutil.rmtree(copy / "results")
    shutil.rmtree(copy / ".snakemake")
    moments = random.Random(0)
    for _ in range(12):
        process = start(copy)
        try:
            assert process.wait(timeout=moments.uniform(4, 25)) == 0
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        run(copy, copy / "config.yaml", "--unlock")
    assert engine(copy, copy / "config.yaml").returncode == 0
    assert digests(copy / "results") == expected
    assert list((copy / "results").rglob(".*.tmp*")) == []


def test_a_locked_folder_is_refused_with_the_way_out(copy):
    target = forget(copy, "train_candidate")
    process = start(copy, target)
    wait_for_job(process, "train_candidate")
    second = engine(copy, copy / "config.yaml")
    process.kill()
    process.wait()
    assert second.returncode != 0
    assert "--unlock" in second.stdout + second.stderr
