"""Print what maps of France and of the Earth's land take: jobs, storage, core-hours, GPU-hours.

`python benchmarks/scaling.py` multiplies the costs of one tile that `make bench TOPICS=costs` measured with the
numbers of jobs that dry runs of two small projects plan. docs/scaling.md shows its output.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench_dag import planned_jobs
from run import RESULTS

from tilefold.storage.whole import read_json

#: Tiles of the two dry runs: the number of jobs is linear in tiles.
FEW, MANY = 10, 20
CHUNKS = 4
#: Rules whose jobs ask for a GPU.
GPU_RULES = ("train_candidate", "classify_chunk", "predict_samples")
SAMPLES = 1_000_000
EPOCHS = 100
#: Bytes of a pixel's label and confidence, before compression.
MAP_BYTES = 2
PIXELS = 10980**2
#: What a job costs beside its work on Slurm: two starts of the engine, the plan, the libraries.
START_SECONDS = 10


@dataclass(frozen=True)
class Area:
    """An area that is mapped by one model, trained on a million samples."""

    name: str
    tiles: int


AREAS = (Area("France", 100), Area("the Earth's land", 18_000))


def main() -> int:
    """Print the table; exit status 1 where costs were not measured."""
    costs = read_json(RESULTS) if RESULTS.exists() else {}
    if "core_hours_preprocess_tile" not in costs:
        print("no measured costs: run `make bench TOPICS=costs` first", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        counts = [planned_jobs(Path(folder) / str(tiles), tiles, "none", 1, CHUNKS) for tiles in (FEW, MANY)]
    rows = [_row(area, costs, _at(area.tiles, *counts)) for area in AREAS]
    print("| | " + " | ".join(area.name for area in AREAS) + " |")
    print("| --- |" + " --- |" * len(AREAS))
    for name in rows[0]:
        print(f"| {name} | " + " | ".join(_shown(row[name]) for row in rows) + " |")
    return 0


def _at(tiles: int, few: dict[str, int], many: dict[str, int]) -> dict[str, float]:
    """Jobs of each rule for this many tiles, on the line through two counts."""
    return {
        rule: few[rule] + (many[rule] - few[rule]) / (MANY - FEW) * (tiles - FEW)
        for rule in many
        if rule != "all"
    }


def _row(area: Area, costs: dict[str, float], jobs: dict[str, float]) -> dict[str, float]:
    classify = area.tiles * (costs["core_hours_read_tile"] + costs["core_hours_predict_tile"])
    train = costs["core_hours_epoch_million_samples"] * SAMPLES / 1e6 * EPOCHS
    starts = START_SECONDS / 3600
    return {
        "tiles": area.tiles,
        "jobs": sum(jobs.values()),
        "of these with a GPU": sum(jobs[rule] for rule in GPU_RULES),
        "series, TB": area.tiles * costs["gb_series_tile"] / 1000,
        "labels and confidence, TB at most": area.tiles * PIXELS * MAP_BYTES / 1e12,
        "core-hours of gap-filling": area.tiles * costs["core_hours_preprocess_tile"],
        "core-hours of reading the reference pixels": area.tiles * costs["core_hours_read_tile"],
        "core-hours of training (one candidate)": train,
        "core-hours of classification": classify,
        "core-hours of starting jobs": sum(jobs.values()) * starts,
        "GPU-hours at most": train + classify + starts * sum(jobs[rule] for rule in GPU_RULES),
    }


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


if __name__ == "__main__":
    sys.exit(main())
