"""What a reader must know before the numbers: holes in the reference, thin evidence, missing intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from tilefold.report.cautions_regions import without_model
from tilefold.report.cautions_training import (
    fewer_samples,
    not_trained_out,
    thin_classes,
    thinned_classes,
    unbalanced,
)
from tilefold.report.sites import vanished
from tilefold.report.table import percent, side_words
from tilefold.report.tables_samples import training_pixels
from tilefold.storage.tables import split_list
from tilefold.validation.intervals import NO_INTERVAL
from tilefold.validation.sides import ALL, IN_AREA, OUT_OF_AREA, POOLED, REFERENCE

#: Share of a class's training pixels outside the held-out area above which barring is worth a warning.
LARGE_SHARE = 0.25

Names = Mapping[int, str]


@dataclass(frozen=True)
class Caution:
    """A heading with the cases it applies to."""

    heading: str
    cases: list[str]


def find_cautions(
    folds: pd.DataFrame,
    classes: pd.DataFrame,
    gaps: pd.DataFrame,
    barred: Mapping[str, pd.DataFrame],
    splits: Mapping[str, pd.DataFrame],
    names: Names,
    skipped: pd.DataFrame,
    rates: Mapping[str, pd.DataFrame],
    choices: Mapping[str, pd.DataFrame],
    histories: Mapping[str, Mapping[str, pd.DataFrame]],
    few_polygons: int,
    fallback: str | None = None,
    sites: pd.DataFrame | None = None,
    max_test_pixels: int | None = None,
) -> list[Caution]:
    """All cautions that apply, those about the meaning of the scores first.

    Parameters
    ----------
    folds, classes, gaps
        Tables of the summary.
    barred, splits
        By run: what it takes from training, and its split.
    names, skipped
        Code and label of each class, by code; acquisitions that series are made without.
    rates, choices, histories
        Samples of each run by class, candidates of each model, history of each candidate of each model.
    few_polygons
        Classes trained or scored on fewer polygons are named.
    fallback, sites, max_test_pixels
        `regions.fallback` (None without regions), shares of the classes of each site and run (None without sites),
        `validation.max_test_pixels`.
    """
    found = [
        Caution("Classes that a run could not learn", _not_learnt(folds, classes, names)),
        Caution(
            "Classes that vanish from a site in some runs", [] if sites is None else vanished(sites, names)
        ),
        Caution("Regions that a run has no model for", without_model(rates, fallback)),
        Caution("Models that are not trained out", not_trained_out(choices, histories)),
        Caution("Folds that learn from far fewer samples than the run all", fewer_samples(rates)),
        Caution("Classes with very different numbers of samples", unbalanced(rates, names)),
        Caution(
            f"Classes learnt on fewer than {few_polygons} polygons, on few pixels or without validation pixels",
            thin_classes(rates, names, few_polygons),
        ),
        Caution("Classes that cannot be tested", _not_tested(folds, names)),
        Caution(
            f"Classes scored on fewer than {few_polygons} polygons (how many)",
            _few(classes, names, few_polygons),
        ),
        Caution("Test pixels that are thinned", thinned_classes(splits, names, max_test_pixels)),
        Caution("Test pixels that the map leaves without a class", _nodata(folds)),
        Caution("Reference barred from training beyond the held-out area", _barred(barred, splits, names)),
        Caution("Transfer gaps without an interval", _without_interval(gaps)),
        Caution("Acquisitions that could not be read and are left out", _skipped(skipped)),
    ]
    return [caution for caution in found if caution.cases]


def _place(fold: object, seed: object, folds: pd.DataFrame) -> str:
    return f"{fold}, seed {seed}" if folds["seed"].nunique() > 1 else str(fold)


def _listed(cell: str, names: Names) -> str:
    return ", ".join(names.get(int(code), code) for code in split_list(cell))


def _not_learnt(folds: pd.DataFrame, classes: pd.DataFrame, names: Names) -> list[str]:
    cases = []
    for row in folds[folds["side"].isin([IN_AREA, OUT_OF_AREA])].to_dict("records"):
        own = row["side"] == (IN_AREA if row["fold"] == ALL else OUT_OF_AREA)
        if not (own and row["classes_not_learnt"]):
            continue
        missed = [int(code) for code in split_list(row["classes_not_learnt"])]
        scored = classes[
            (classes["fold"] == row["fold"])
            & (classes["seed"] == row["seed"])
            & (classes["side"] == row["side"])
        ].set_index("class")["n_pixels"]
        pixels = int(scored.reindex(missed, fill_value=0).sum())
        effect = (
            f" {pixels:,} reference pixels of them are errors {side_words(row['side'])}, with F1 0 in mean F1."
            if pixels
            else f" None has reference {side_words(row['side'])}."
        )
        cases.append(
            f"{_place(row['fold'], row['seed'], folds)}: {_listed(row['classes_not_learnt'], names)}.{effect}"
        )
    return cases


def _not_tested(folds: pd.DataFrame, names: Names) -> list[str]:
    cases = []
    for (fold, seed), table in folds[folds["side"] != REFERENCE].groupby(["fold", "seed"], sort=False):
        sides = [
            f"{side_words(row['side'])}: {_listed(row['classes_not_tested'], names)}"
            for row in table.to_dict("records")
            if row["classes_not_tested"]
        ]
        if sides:
            cases.append(f"{_place(fold, seed, folds)} – {'; '.join(sides)}.")
    return cases


def _few(classes: pd.DataFrame, names: Names, few_polygons: int) -> list[str]:
    """Classes with few polygons: `all` and `pooled` by name, then each fold in one case, by code."""
    thin = classes[
        classes["n_polygons"].between(1, few_polygons - 1) & (classes["side"] != REFERENCE)
    ].assign(whole=lambda table: table["fold"].isin([ALL, POOLED]))
    cases = []
    for (fold, seed), table in thin[thin["whole"]].groupby(["fold", "seed"], sort=False):
        where = "pooled out of area" if fold == POOLED else f"{fold}, {side_words(IN_AREA)}"
        seeds = f", seed {seed}" if classes["seed"].nunique() > 1 else ""
        cases.append(f"{where}{seeds}: {_with_polygons(table, names)}.")
    for (fold, seed), table in thin[~thin["whole"]].groupby(["fold", "seed"], sort=False):
        sides = [
            f"{side_words(str(side))}: {_with_polygons(part, {})}"
            for side, part in table.groupby("side", sort=False)
        ]
        cases.append(f"{_place(fold, seed, classes)}, by code – {'; '.join(sides)}.")
    return cases


def _with_polygons(classes: pd.DataFrame, names: Names) -> str:
    return ", ".join(
        f"{names.get(code, code)} ({polygons})"
        for code, polygons in zip(classes["class"], classes["n_polygons"], strict=True)
    )


def _nodata(folds: pd.DataFrame) -> list[str]:
    cases = []
    for row in folds[(folds["n_nodata"] > 0) & (folds["side"] != REFERENCE)].to_dict("records"):
        share = percent(row["n_nodata"] / (row["n_nodata"] + row["n_pixels"]))
        place = _place(row["fold"], row["seed"], folds)
        cases.append(f"{place}, {side_words(row['side'])}: {row['n_nodata']:,} pixels, {share} of this side.")
    return cases


def _barred(
    barred: Mapping[str, pd.DataFrame], splits: Mapping[str, pd.DataFrame], names: Names
) -> list[str]:
    cases = []
    for run, table in barred.items():
        by_reason = {
            reason: table[table["reason"] == reason].groupby("code")["pixels"].sum()
            for reason in ("held_out", "barred")
        }
        total = training_pixels(splits[run])
        outside = total.sub(by_reason["held_out"], fill_value=0)
        lost = by_reason["barred"].reindex(outside.index, fill_value=0)
        hit = lost[(outside > 0) & (lost > LARGE_SHARE * outside)]
        if lost.sum() and (len(hit) or lost.sum() > LARGE_SHARE * outside.sum()):
            items = [
                f"{names.get(code, code)} {percent(lost[code] / outside[code], 0)}" for code in hit.index
            ]
            most = f"; most from {', '.join(items)}" if items else ""
            share = percent(lost.sum() / outside.sum(), 0)
            cases.append(f"{run}: {share} of the training pixels outside the held-out area{most}.")
    return cases


def _without_interval(gaps: pd.DataFrame) -> list[str]:
    cases = []
    for row in gaps.to_dict("records"):
        if isinstance(row["note"], str) and row["note"].startswith(NO_INTERVAL):
            seeds = f", seed {row['seed']}" if gaps["seed"].nunique() > 1 else ""
            cases.append(f"{row['fold']}{seeds}: {row['note'].removeprefix(NO_INTERVAL + ': ')}.")
    return cases


def _skipped(skipped: pd.DataFrame) -> list[str]:
    return [
        f"{tile}, {sensor}: {', '.join(table['product'])}."
        for (tile, sensor), table in skipped.astype(str).groupby(["tile", "sensor"], sort=False)
    ]
