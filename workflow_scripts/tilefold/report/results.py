"""What the report reads: the tables of a finished workflow, with links to their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.regions.names import ALL
from tilefold.report.table import Link, link_to
from tilefold.storage.tables import read_table, split_list
from tilefold.validation.matrices import read_otb_matrix
from tilefold.validation.sides import IN_AREA, OUT_OF_AREA, POOLED
from tilefold.validation.summary import read_folds

#: What is told of acquisitions that series are made without.
SKIPPED = ["tile", "sensor", "product", "file", "reason"]


@dataclass(frozen=True)
class Results:
    """Tables of a finished workflow.

    Attributes
    ----------
    sources
        Files, as `write_report` takes them.
    classes
        Each with `code`, `label` and `colour`, by ascending code.
    page
        The page, to which links are relative.
    """

    sources: Mapping[str, Any]
    classes: tuple[Mapping[str, Any], ...]
    page: Path | str

    @property
    def codes(self) -> list[int]:
        """Class codes, ascending."""
        return [int(item["code"]) for item in self.classes]

    @property
    def names(self) -> dict[int, str]:
        """Code and label of each class, by code."""
        return {int(item["code"]): f"{item['code']} {item['label']}" for item in self.classes}

    @cached_property
    def folds(self) -> pd.DataFrame:
        """Fold table."""
        return read_folds(self.sources["folds"])

    @cached_property
    def class_scores(self) -> pd.DataFrame:
        """Scores by class."""
        return read_table(self.sources["classes"])

    @cached_property
    def gaps(self) -> pd.DataFrame:
        """Transfer gaps."""
        return read_table(self.sources["gaps"])

    @cached_property
    def intervals(self) -> pd.DataFrame:
        """Scores with intervals."""
        return read_table(self.sources["intervals"])

    @cached_property
    def splits(self) -> dict[str, pd.DataFrame]:
        """Split of each run's seed, by run."""
        by_seed = {int(seed): read_table(path) for seed, path in self.sources["split"].items()}
        return {run: by_seed[seed_of(run)] for run in self.runs}

    @cached_property
    def skipped(self) -> pd.DataFrame:
        """Acquisitions that series are made without: tile, sensor, product, file, reason."""
        tables = [
            read_table(path).assign(tile=tile, sensor=sensor)
            for tile, sensors in self.sources["skipped"].items()
            for sensor, path in sensors.items()
        ]
        nothing = pd.DataFrame(columns=SKIPPED)
        return pd.concat([nothing, *tables], ignore_index=True)[SKIPPED]

    @cached_property
    def histories(self) -> dict[str, dict[str, pd.DataFrame]]:
        """History of each candidate of each model."""
        return {
            model: {candidate: read_table(path) for candidate, path in files.items()}
            for model, files in self.sources["histories"].items()
        }

    @property
    def runs(self) -> list[str]:
        """Runs, in the order of the sources."""
        return list(self.sources["rates"])

    def by_run(self, source: str) -> dict[str, pd.DataFrame]:
        """Tables of a source that has a file for each run (or model)."""
        return {run: read_table(path) for run, path in self.sources[source].items()}

    def by_side(self, source: str) -> dict[str, pd.DataFrame]:
        """Rows of all runs `all` in area, and of all folds out of area, with the column `run`."""
        tables = self.by_run(source)
        parts = {
            side: [
                table[table["side"] == side].assign(run=run)
                for run, table in tables.items()
                if (fold_of(run) == ALL) == (side == IN_AREA)
            ]
            for side in (IN_AREA, OUT_OF_AREA)
        }
        return {side: pd.concat(found, ignore_index=True) for side, found in parts.items() if found}

    def link(self, path: Path | str) -> Link:
        """Link from the page to a file."""
        return link_to(path, self.page)

    def links(self, source: str) -> list[Link]:
        """Links to the files of a source that has one for each run."""
        return [self.link(path) for path in self.sources[source].values()]

    def matrix_file(self, run: str, side: str) -> Path:
        """Confusion matrix of a run's side; the source names a folder or each file."""
        found = self.sources["matrices"][run]
        return Path(found[side]) if isinstance(found, Mapping) else Path(found) / f"{side}.csv"

    def matrix(self, run: str, side: str) -> NDArray[np.int64]:
        """Confusion matrix of a run's side, int64 (classes, classes)."""
        return read_otb_matrix(self.matrix_file(run, side), self.codes)

    def pooled_matrix(self, seed: int) -> NDArray[np.int64] | None:
        """Sum of the out-of-area matrices of the folds that are pooled; None without folds."""
        rows = self.folds[(self.folds["side"] == POOLED) & (self.folds["seed"] == seed)]
        if rows.empty:
            return None
        matrices = [self.matrix(run, OUT_OF_AREA) for run in split_list(rows["run"].iloc[0])]
        return np.sum(matrices, axis=0, dtype=np.int64)


def model_name(run: str, region: str) -> str:
    """Name of a run's model of a region: the run's where there are no regions."""
    return run if region == ALL else f"{run}, region {region}"


def seed_of(run: str) -> int:
    """Seed of a run, from its name `<fold>/seed_<seed>`."""
    return int(run.rsplit("/seed_", 1)[1])


def fold_of(run: str) -> str:
    """Fold of a run, from its name `<fold>/seed_<seed>`."""
    return run.rsplit("/seed_", 1)[0]
