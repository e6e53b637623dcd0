"""Planning time: a dry run against the bare engine's for as many jobs; processor time, see `bench_costs`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from tilefold.simulation.names import simulate_names

ROOT = Path(__file__).parents[1]
ROUNDS = 2


def bench_dag() -> dict[str, float]:
    """Seconds of the dry run over seconds of a bare workflow of as many jobs."""
    with tempfile.TemporaryDirectory() as folder:
        return {
            "dag_seconds_1000_tiles": _ratio(Path(folder) / "many", 1000, "none", 1, 1),
            "dag_seconds_100_tiles_loto": _ratio(Path(folder) / "folds", 100, "leave_one_tile_out", 2, 4),
        }


def planned_jobs(folder: Path, tiles: int, scheme: str, pairs: int, chunks: int) -> dict[str, int]:
    """Jobs of each rule that a dry run plans for a project of names."""
    ours = _write_project(folder, tiles, scheme, pairs, chunks)
    found = re.findall(r"^(\w+) +(\d+)$", _dry_run(folder, ours)[1], re.MULTILINE)
    return {rule: int(count) for rule, count in found if rule != "total"}


def _ratio(folder: Path, tiles: int, scheme: str, pairs: int, chunks: int) -> float:
    ours = _write_project(folder, tiles, scheme, pairs, chunks)
    jobs = _count(_dry_run(folder, ours)[1])
    (folder / "bare.smk").write_text(_bare(jobs))
    times = [
        (_dry_run(folder, ours)[0], _dry_run(folder, ["--snakefile", "bare.smk"])[0]) for _ in range(ROUNDS)
    ]
    best, bare = min(ours for ours, _ in times), min(bare for _, bare in times)
    print(f"    {tiles} tiles, {jobs} jobs: {best:.1f} s, the bare engine {bare:.1f} s", flush=True)
    return best / bare


def _write_project(folder: Path, tiles: int, scheme: str, pairs: int, chunks: int) -> list[str]:
    """Write products by their names alone, and a config; the engine's arguments for it."""
    simulate_names(folder / "scene", tiles)
    config = {
        "results": "results",
        "sensors": {"sentinel2": {"path": str(folder / "scene" / "sentinel2")}},
        "reference": {
            "path": str(folder / "scene" / "reference.gpkg"),
            "class_field": "code",
            "nomenclature": str(folder / "scene" / "nomenclature.csv"),
        },
        "folds": {"scheme": scheme},
        "training": {"hyperparameters_solver": {"learning_rate": [1e-3, 1e-4][:pairs]}},
        "classification": {"number_of_chunks": chunks},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return ["--snakefile", str(ROOT / "Snakefile"), "--configfile", "config.yaml"]


def _bare(jobs: int) -> str:
    """A workflow of this many jobs with plain strings: three a chain, as short as can be."""
    chains = (jobs - 1) // 3
    return f"""
rule all:
    input:
        expand("c/{{i}}.txt", i=range({chains})),


rule a:
    output:
        "a/{{i}}.txt",
    shell:
        "touch {{output}}"


rule b:
    input:
        "a/{{i}}.txt",
    output:
        "b/{{i}}.txt",
    shell:
        "touch {{output}}"


rule c:
    input:
        "b/{{i}}.txt",
    output:
        "c/{{i}}.txt",
    shell:
        "touch {{output}}"
"""


def _dry_run(folder: Path, arguments: list[str]) -> tuple[float, str]:
    start = os.times()
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--dry-run", "--cores", "1", "--scheduler", "greedy", *arguments],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-4000:])
    end = os.times()
    used = end.children_user - start.children_user + end.children_system - start.children_system
    return used, done.stdout


def _count(text: str) -> int:
    found = re.search(r"^total\s+(\d+)$", text, re.MULTILINE)
    if found is None:
        raise RuntimeError("the dry run printed no number of jobs")
    return int(found[1])
