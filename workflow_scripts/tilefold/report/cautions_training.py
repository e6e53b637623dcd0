"""Models that learnt too little: trainings that ended too early, runs and classes with few samples."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tilefold.report.cautions_regions import own_regions
from tilefold.report.results import fold_of, seed_of
from tilefold.report.table import percent
from tilefold.validation.sides import ALL

#: Share of the learn samples of the run `all` under which a fold's run is named.
SMALL_SHARE = 0.5
#: Learn pixels under which a class of a run is named.
FEW_PIXELS = 20
#: How many times the learn samples of the smallest class the largest may have.
IMBALANCE = 10


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
    learn = {run: int(own_regions(table)["learn"].sum()) for run, table in rates.items()}
    cases = []
    for run, samples in learn.items():
        whole = learn.get(f"{ALL}/seed_{seed_of(run)}")
        if fold_of(run) != ALL and whole and samples < SMALL_SHARE * whole:
            cases.append(
                f"{run}: {samples:,} learn samples, the run all has {whole:,} ({percent(samples / whole, 0)} of "
                "them). A gap to it is partly the smaller sample."
            )
    return cases


def unbalanced(rates: Mapping[str, pd.DataFrame], names: Mapping[int, str]) -> list[str]:
    """Runs whose largest class has more than `IMBALANCE` times the learn samples of the smallest; a case a run.

    Parameters
    ----------
    rates
        Samples of each run by class: `code`, `learn`.
    names
        Code and label of each class, by code.
    """
    cases = []
    for run, table in rates.items():
        learn = table.groupby("code")["learn"].sum()
        ordered = learn[learn > 0].sort_values(kind="stable")
        sizes = ordered.to_numpy()
        if not sizes.size or sizes[-1] <= IMBALANCE * sizes[0]:
            continue
        least, most = (names.get(int(code), str(code)) for code in ordered.index[[0, -1]])
        cases.append(
            f"{run}: {most} has {sizes[-1]:,} learn samples, {least} {sizes[0]:,}, {sizes[-1] / sizes[0]:,.0f} "
            "times fewer."
        )
    return cases


def thinned_classes(
    splits: Mapping[str, pd.DataFrame], names: Mapping[int, str], most: int | None
) -> list[str]:
    """Classes of which not all pixels are predicted; one case.

    Parameters
    ----------
    splits
        Split of each run: `code` and `pixels` of each polygon, which are the same in all.
    names
        Code and label of each class, by code.
    most
        `validation.max_test_pixels`; None: nothing is thinned.
    """
    if most is None or not splits:
        return []
    totals = next(iter(splits.values())).groupby("code")["pixels"].sum()
    found = [
        f"{names[code]} (about {most:,} of {pixels:,} pixels)"
        for code, pixels in zip(totals.index.to_list(), totals.to_list(), strict=True)
        if pixels > most
    ]
    reason = (
        f"Scores rest on a part of the reference pixels (validation.max_test_pixels: {most:,}), each polygon "
    )
    return [f"{reason}in its share: {'; '.join(found)}."] if found else []


def thin_classes(rates: Mapping[str, pd.DataFrame], names: Mapping[int, str], few_polygons: int) -> list[str]:
    """Classes that a run learnt on little, or without a validation pixel to choose by; a case a run.

    Parameters
    ----------
    rates
        Samples of each run by region and class: `region`, `code`, `polygons` (of learn and validation), `learn`,
        `validation`.
    names
        Code and label of each class, by code.
    few_polygons
        Polygons for learning and validation under which a class is named.
    """
    cases = []
    for run, table in rates.items():
        items = []
        for row in table[table["learn"] > 0].to_dict("records"):
            reasons = []
            if row["learn"] < FEW_PIXELS:
                reasons.append(_counted(row["learn"], "learn pixel"))
            if row["polygons"] < few_polygons:
                reasons.append(_counted(row["polygons"], "polygon"))
            if row["validation"] == 0:
                reasons.append("no validation pixel")
            if reasons:
                where = f" in {row['region']}" if table["region"].nunique() > 1 else ""
                items.append(f"{names.get(int(row['code']), row['code'])}{where} ({', '.join(reasons)})")
        if items:
            cases.append(f"{run}: {'; '.join(items)}.")
    return cases


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
