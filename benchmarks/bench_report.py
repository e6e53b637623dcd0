"""The demo, four tiles and five runs: time of its report, and what holding each tile out costs before training."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import yaml

from tilefold.simulation.dials import Dials
from tilefold.simulation.scene import simulate_scene

ROOT = Path(__file__).parents[1]
#: All that a run needs before it trains.
PREPARING = (
    *("preprocess", "clean_ground_truth", "split_polygons", "extract_pool"),
    *("select_samples", "assemble_samples"),
)


def bench_report() -> dict[str, float]:
    """Seconds as the engine measures them, each job with the start of its process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate_scene(folder / "scene", Dials())
        config = yaml.safe_load((ROOT / "config" / "demo.yaml").read_text())
        (folder / "config.yaml").write_text(yaml.safe_dump(config | {"data": "scene", "results": "results"}))
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
        command += ["report", "--profile", str(ROOT / "profiles" / "local"), "--configfile", "config.yaml"]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"the workflow failed:\n{done.stderr[-3000:]}")
        measured = folder / "results" / "benchmarks"
        jobs = {path: path.relative_to(measured) for rule in PREPARING for path in _files(measured, rule)}
        whole = [path for path, inside in jobs.items() if "without_" not in str(inside)]
        return {
            "report_seconds_4_tiles_5_runs": _seconds(measured / "write_report.tsv"),
            "loto_overhead": sum(map(_seconds, jobs)) / sum(map(_seconds, whole)),
        }


def _files(folder: Path, rule: str) -> list[Path]:
    """Measurements of all jobs of a rule."""
    found = [*folder.glob(f"{rule}.tsv"), *(folder / rule).rglob("*.tsv")]
    if not found:
        raise ValueError(f"{folder}: nothing measured of {rule}")
    return found


def _seconds(path: Path) -> float:
    return float(pd.read_csv(path, sep="\t")["s"].iloc[0])
