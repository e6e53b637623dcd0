"""Comparison of two finished projects, as a command."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tilefold.config.load import ConfigError
from tilefold.report.comparison import write_comparison
from tilefold.storage.tables import write_table
from tilefold.storage.whole import read_json
from tilefold.validation.comparison import Project, compare_projects


def compare_results(
    first: Path, second: Path, out: Path, *, replicates: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """Compare two results folders; `comparison.csv` and `comparison.html` are written to `out`.

    Raises
    ------
    ConfigError
        If a folder holds no finished run.
    IncomparableError
        If the two have nothing in common.
    """
    table = compare_projects(open_project(first), open_project(second), replicates=replicates, seed=seed)
    write_table(out / "comparison.csv", table)
    write_comparison(table, str(first), str(second), page=out / "comparison.html")
    return table


def open_project(results: Path) -> Project:
    """What the newest snapshot of the plan and the folder say of a project."""
    snapshots = sorted((results / "plan").glob("*.json"), key=lambda path: path.stat().st_mtime)
    counts = sorted((results / "validation").glob("*/seed_*/counts.parquet"))
    if not snapshots or not counts:
        raise ConfigError(
            [f"compare: {results} holds no finished validation; run `snakemake validation` first"]
        )
    plan = read_json(snapshots[-1])
    labels = {int(item["code"]): str(item["label"]) for item in plan["classes"]}
    runs = [(path.parts[-3], int(path.parts[-2].removeprefix("seed_"))) for path in counts]
    return Project(results, labels, int(plan["nodata"]), runs)
