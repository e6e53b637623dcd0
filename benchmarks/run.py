"""Run the benchmarks, print a table and write benchmarks/results.json: name of the ratio to number.

`python benchmarks/run.py` runs all; `python benchmarks/run.py prediction dag` runs bench_prediction.py and
bench_dag.py, and keeps the other numbers that are in the file.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

from tilefold.storage.whole import read_json, write_json

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.json"

#: Figures are for one compute thread. Libraries read these when they are imported, so nothing that computes is
#: imported above.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")

AT_LEAST, AT_MOST = "at least", "at most"
#: What each ratio should reach.
TARGETS: dict[str, tuple[str, float]] = {
    "gapfill_vs_numpy_interp": (AT_LEAST, 100),
    "preprocess_vs_decode": (AT_LEAST, 0.6),
    "peak_rss_preprocess": (AT_MOST, 4),
    "clean_and_split_million_minutes": (AT_MOST, 10),
    "peak_rss_clean_and_split": (AT_MOST, 4),
    "extract_vs_otb": (AT_LEAST, 30),
    "predict_vs_bound": (AT_LEAST, 0.8),
    "classify_vs_bound": (AT_LEAST, 0.7),
    "classify_vs_sklearn_rf": (AT_LEAST, 5),
    "classify_vs_otb_rf": (AT_LEAST, 6),
    "peak_rss_classify": (AT_MOST, 4),
    "ltae_vs_plain": (AT_LEAST, 5),
    "train_full_vs_onebatch": (AT_LEAST, 0.85),
    "train_stream_vs_full": (AT_LEAST, 0.9),
    "peak_rss_train_stream": (AT_MOST, 4),
    "dag_seconds_1000_tiles": (AT_MOST, 2),
    "dag_seconds_100_tiles_loto": (AT_MOST, 2),
    "loto_overhead": (AT_MOST, 1.3),
    "report_seconds_4_tiles_5_runs": (AT_MOST, 60),
}


def topics() -> list[str]:
    """Names of the benchmark modules, without `bench_`."""
    return sorted(path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py"))


def benchmarks(module: ModuleType) -> list[Callable[[], dict[str, float]]]:
    """Benchmark functions that a module defines: those whose names begin with `bench_`."""
    return [value for name, value in sorted(vars(module).items()) if name.startswith("bench_")]


def main(wanted: Sequence[str]) -> int:
    """Run the wanted topics, or all; the exit status is 1 for an unknown topic."""
    unknown = sorted(set(wanted) - set(topics()))
    if unknown:
        print(f"no benchmark named {', '.join(unknown)}; there are {', '.join(topics())}", file=sys.stderr)
        return 1
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    kept: dict[str, float] = read_json(RESULTS) if wanted and RESULTS.exists() else {}
    results: dict[str, float] = {}
    for topic in wanted or topics():
        print(topic, flush=True)
        for benchmark in benchmarks(importlib.import_module(f"bench_{topic}")):
            results |= benchmark()
        write_json(RESULTS, {name: float(f"{value:.4g}") for name, value in {**kept, **results}.items()})
    print_table(results)
    return 0


def print_table(results: dict[str, float]) -> None:
    """Print each ratio with what it should reach."""
    width = max(map(len, results), default=0)
    print()
    for name, value in sorted(results.items()):
        target = ""
        if name in TARGETS:
            kind, limit = TARGETS[name]
            reached = value >= limit if kind == AT_LEAST else value <= limit
            target = f"{kind} {limit:g}: {'reached' if reached else 'MISSED'}"
        print(f"{name:<{width}}  {value:>10.3g}  {target}")
    print(f"\nwritten: {RESULTS}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
