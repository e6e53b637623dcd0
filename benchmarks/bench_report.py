"""Time of the report of four tiles and five runs: `all`, and each tile held out."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import yaml

from tilefold.simulation.dials import small
from tilefold.simulation.scene import simulate_scene

ROOT = Path(__file__).parents[1]


def bench_report() -> dict[str, float]:
    """Seconds of `write_report` on a small scene, as the engine measures them, with the start of its process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate_scene(folder / "scene", small())
        config = {
            "results": "results",
            "sensors": {"sentinel2": {"path": "scene/sentinel2"}},
            "calendar": {"start": "2018-01-01", "end": "2018-12-31", "step": 30},
            "reference": {
                "path": "scene/reference.gpkg",
                "class_field": "code",
                "nomenclature": "scene/nomenclature.csv",
                "min_area": 100.0,
            },
            "folds": {"scheme": "leave_one_tile_out"},
            "selection": {"count": 300},
            "training": {"epochs": 8, "dataloader_mode": "full"},
        }
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
        command += ["report", "--profile", str(ROOT / "profiles" / "local"), "--configfile", "config.yaml"]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"the workflow failed:\n{done.stderr[-3000:]}")
        measured = pd.read_csv(folder / "results" / "benchmarks" / "write_report.tsv", sep="\t")
        return {"report_seconds_4_tiles_5_runs": float(measured["s"].iloc[0])}
