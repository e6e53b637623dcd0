"""Models that learnt too little: trainings that ended too early, runs and classes with few samples."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tilefold.report.results import fold_of, seed_of
from tilefold.report.table import percent
from tilefold.validation.sides import ALL

#: Share of the learn samples of the run `all` under which a fold's run is named.
SMALL_SHARE = 0.5


def not_trained_out(
    choices: Mapping[str, pd.DataFrame], histories: Mapping[str, Mapping[str, pd.DataFrame]]
) -> list[str]:
    """Runs whose chosen epoch is the last one that was trained.

    Parameters
    ----------
    choices
        Candidates of each run: `candidate`, `epoch` (the best one), `chosen`.
    histories
        History of each candidate of each run: `epoch`, from 1.
    """
    runs: dict[int, list[str]] = {}
    for run, table in choices.items():
        for row in table[table["chosen"]].to_dict("records"):
            last = int(histories[run][row["candidate"]]["epoch"].max())
            if int(row["epoch"]) == last:
                runs.setdefault(last, []).append(run)
    return [
        f"{', '.join(named)}: the best epoch was the last ({last} of {last}). More epochs or a higher rate may "
        "help; a gap to such a run is partly undertraining."
        for last, named in runs.items()
    ]


def fewer_samples(rates: Mapping[str, pd.DataFrame]) -> list[str]:
    """Runs of folds with far fewer learn samples than the run `all` of their seed.

    Parameters
    ----------
    rates
        Samples of each run by class: `learn`.
    """
    learn = {run: int(table["learn"].sum()) for run, table in rates.items()}
    cases = []
    for run, samples in learn.items():
        whole = learn.get(f"{ALL}/seed_{seed_of(run)}")
        if fold_of(run) != ALL and whole and samples < SMALL_SHARE * whole:
            cases.append(
                f"{run}: {samples:,} learn samples, the run all has {whole:,} ({percent(samples / whole, 0)} of "
                "them). A gap to it is partly the smaller sample."
            )
    return cases
