"""Baselines of each run: what a majority class and a random forest reach on the network's own pixels."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from netCDF4 import Dataset
from numpy.typing import NDArray

from tilefold.storage.samples import read_rows, stored_variables
from tilefold.storage.tables import read_table, write_table
from tilefold.validation.forest import train_forest
from tilefold.validation.summary import FOLD_COLUMNS, read_folds, score_sides, scored_runs
from tilefold.validation.validate import KEYS, count_pixels

logger = logging.getLogger(__name__)

NETWORK, MAJORITY, FOREST = "network", "majority", "random_forest"

Labels = NDArray[np.int32]
Paths = Mapping[str, Path | str]


def predict_baselines(
    samples: Sequence[Path | str],
    predicted: Path | str,
    rates: Path | str,
    pools: Paths,
    settings: Mapping[str, Any],
    *,
    counts: Path | str,
    jobs: int = 1,
) -> None:
    """Predict the pixels that a run is scored on by its baselines, and count them as `validate_run` does.

    Pixels that the network leaves without a class stay without one.

    Parameters
    ----------
    samples
        Sample databases of the run's regions; the baselines are trained on all of them together.
    predicted
        The network's table of `predict_samples`, in the order tile, pool row.
    rates
        Sampling rates of the run (CSV).
    pools
        Pools by tile.
    settings
        `seed`, `baselines` ("majority": the class with most learn samples, the lowest code of equal ones;
        "random_forest", see `train_forest`), `nodata`.
    counts
        To write (Parquet): `model`, and the columns of `count_pixels`.
    jobs
        Threads of the forest's training; the result does not depend on it.
    """
    table = read_table(predicted, [*KEYS, "pool_row"])
    predictors: dict[str, Callable[[], Labels]] = {
        MAJORITY: lambda: np.full(len(table), majority_class(read_table(rates)), np.int32),
        FOREST: lambda: _forest_labels(samples, pools, table, seed=settings["seed"], jobs=jobs),
    }
    known = (table["predicted"] != settings["nodata"]).to_numpy()
    parts = []
    for name in settings["baselines"]:
        labels = np.where(known, predictors[name](), settings["nodata"])
        parts.append(count_pixels(table.assign(predicted=labels)).assign(model=name))
        logger.info("%s: %d pixels predicted", name, known.sum())
    write_table(counts, pd.concat(parts, ignore_index=True))


def majority_class(rates: pd.DataFrame) -> int:
    """Class with most learn samples over all regions, the lowest code of equal ones."""
    learn = rates.groupby("code")["learn"].sum().sort_index()
    return int(learn.index.to_numpy()[learn.to_numpy().argmax()])


def _forest_labels(
    samples: Sequence[Path | str], pools: Paths, table: pd.DataFrame, *, seed: int, jobs: int
) -> Labels:
    forest = train_forest(samples, jobs=jobs, seed=seed)
    labels = np.zeros(len(table), np.int32)
    for tile, places in table.groupby("tile", sort=True).indices.items():
        rows = table["pool_row"].to_numpy()[places]
        with Dataset(pools[str(tile)]) as pool:
            for part, values in read_rows(pool, stored_variables(forest.inputs), rows):
                labels[places[part]] = forest.predict(values)
    return labels


def summarise_baselines(
    counts: Paths, rates: Paths, folds: Path | str, settings: Mapping[str, Any], *, baselines: Path | str
) -> None:
    """Score the baselines on every side of every fold, beside the network.

    Parameters
    ----------
    counts
        Tables of `predict_baselines`, by name of run.
    rates
        Sampling rates (CSV), by name of run.
    folds
        The network's fold table of `summarise_runs`.
    settings
        `runs`, `classes`, `nodata` as for `summarise_runs`; `baselines`.
    baselines
        To write (CSV): `model`, and the columns of the fold table: the network's rows and those of each baseline.
        The common classes are the same for all models of a fold.
    """
    tables = [read_folds(folds).assign(model=NETWORK)]
    for name in settings["baselines"]:
        of_model = {run: _of_model(path, name) for run, path in counts.items()}
        sides = score_sides(scored_runs(of_model, rates, settings), settings)
        tables.append(sides.assign(model=name))
    write_table(baselines, pd.concat(tables, ignore_index=True)[["model", *FOLD_COLUMNS]])


def _of_model(path: Path | str, name: str) -> pd.DataFrame:
    table = read_table(path)
    return table[table["model"] == name].drop(columns="model").reset_index(drop=True)
