"""Tables of scores: folds, gaps, means over folds, classes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from tilefold.report.common_classes import classes_not_common
from tilefold.report.results import fold_of
from tilefold.report.table import (
    NOTHING,
    Link,
    Table,
    count,
    number,
    side_words,
    signed,
    spread,
    starts,
    words,
)
from tilefold.storage.tables import split_list
from tilefold.validation.intervals import OPTIMISTIC
from tilefold.validation.sides import ALL, IN_AREA, OUT_OF_AREA, POOLED

#: Metrics of the table of means.
AVERAGED = {
    "oa": "OA",
    "kappa": "kappa",
    "mean_f1": "mean F1",
    "mean_f1_common": "mean F1 common",
    "oa_polygon": "OA per polygon",
    "mean_f1_polygon": "mean F1 per polygon",
}


def fold_table(folds: pd.DataFrame, link: Link) -> Table:
    """Scores of each fold, seed and side."""
    rows = [
        [
            row["fold"],
            str(row["seed"]),
            side_words(row["side"]),
            number(row["oa"]),
            number(row["kappa"]),
            number(row["mean_f1"]),
            number(row["mean_f1_common"]),
            str(row["n_classes"]),
            str(row["n_classes_common"]),
            spread(row["classes_not_learnt"]),
            spread(row["classes_not_tested"]),
            count(row["n_pixels"]),
            count(row["n_polygons"]),
        ]
        for row in folds.to_dict("records")
    ]
    columns = [
        "fold",
        "seed",
        "side",
        "OA",
        "kappa",
        "mean F1",
        "mean F1 common",
        "classes",
        "common classes",
    ]
    columns += ["classes not learnt", "classes not tested", "pixels", "polygons"]
    keys = list(zip(folds["fold"], folds["seed"], strict=True))
    caption = (
        "Scores of every fold, seed and side. Compare sides and folds by the mean F1 of common classes alone."
    )
    return Table(caption, columns, rows, [link], (0, 2, 9, 10), starts(keys))


def weighting_table(folds: pd.DataFrame, link: Link) -> Table:
    """The same rows with pixels left without a class, with equal weight for each polygon, and whose model it is."""
    rows = [
        [
            row["fold"],
            str(row["seed"]),
            side_words(row["side"]),
            spread(row["run"]),
            number(row["oa_with_nodata"]),
            count(row["n_nodata"]),
            number(row["oa_polygon"]),
            number(row["kappa_polygon"]),
            number(row["mean_f1_polygon"]),
        ]
        for row in folds.to_dict("records")
    ]
    columns = ["fold", "seed", "side", "predicted by", "OA with nodata as errors", "nodata pixels"]
    columns += ["OA per polygon", "kappa per polygon", "mean F1 per polygon"]
    keys = list(zip(folds["fold"], folds["seed"], strict=True))
    caption = (
        "The same rows: whose model predicted, scores with pixels that the map leaves without a class counted "
        "as errors, and scores in which every polygon weighs the same, whatever its size."
    )
    return Table(caption, columns, rows, [link], (0, 2, 3), starts(keys))


def gap_table(gaps: pd.DataFrame, folds: pd.DataFrame, classes: pd.DataFrame, link: Link) -> Table:
    """Transfer gaps with intervals, and the classes that only the gap of OA counts."""
    unit = gaps["unit"].iloc[0]
    rows = [
        [
            row["fold"],
            str(row["seed"]),
            signed(row["gap"]),
            interval(row["low"], row["high"], row["note"]),
            count(row["n_polygons"]),
            _left_out(folds, classes, row["fold"], row["seed"]),
            words(row["note"]),
            signed(row["gap_oa"]),
            interval(row["gap_oa_low"], row["gap_oa_high"], row["note_oa"]),
            count(row["n_polygons_oa"]),
            words(row["note_oa"]),
        ]
        for row in gaps.to_dict("records")
    ]
    columns = [
        "fold",
        "seed",
        "gap of mean F1 common",
        "95 % interval",
        f"{unit}s",
        "classes not common",
        "note",
    ]
    columns += ["gap of OA", "95 % interval", f"{unit}s", "note"]
    caption = (
        "Transfer gap: reference minus out of area on the same test pixels, two models. Intervals come from "
        f"resampling {unit}s within classes. Mean F1 leaves out the polygons of classes that are not common, OA "
        "counts them."
    )
    return Table(caption, columns, rows, [link], (0, 5, 6, 10))


def _left_out(folds: pd.DataFrame, classes: pd.DataFrame, fold: str, seed: int) -> str:
    unlearnt, untested = classes_not_common(folds, classes, fold, seed)
    parts = [
        f"{', '.join(map(str, codes))} ({why})"
        for codes, why in ((unlearnt, "not learnt"), (untested, "not on every side"))
        if codes
    ]
    return words("; ".join(parts))


def mean_table(means: pd.DataFrame, link: Link) -> Table:
    """Means and standard deviations over folds."""
    rows = []
    for row in means.to_dict("records"):
        cells = [side_words(row["side"]), str(row["seed"]), str(row["n_folds"])]
        for metric in AVERAGED:
            mean, deviation, values = (row[f"{metric}_{name}"] for name in ("mean", "sd", "n"))
            fewer = f" ({values} folds)" if 0 < values < row["n_folds"] else ""
            cells.append(f"{number(mean)} ± {number(deviation)}{fewer}" if values else NOTHING)
        rows.append(cells)
    caption = (
        "Mean ± standard deviation over folds. The deviation describes how areas differ; it is not a standard "
        "error and gives no interval."
    )
    return Table(caption, ["side", "seed", "folds", *AVERAGED.values()], rows, [link])


def class_table(classes: pd.DataFrame, link: Link, seed: int) -> Table:
    """Scores of each class in area and pooled out of area."""
    sides = {side: _by_class(classes, fold, seed, side) for fold, side in ((ALL, IN_AREA), (POOLED, POOLED))}
    sides = {side: table for side, table in sides.items() if len(table)}
    figures = {"precision": number, "recall": number, "f1": number, "n_pixels": count, "n_polygons": count}
    rows = []
    for code in sides[IN_AREA].index:
        cells = [str(code), str(sides[IN_AREA].loc[code, "label"])]
        for table in sides.values():
            cells += [show(table.loc[code, name]) for name, show in figures.items()]
        rows.append(cells)
    names = {IN_AREA: "in area", POOLED: "pooled"}
    headings = ["precision", "recall", "F1", "pixels", "polygons"]
    columns = ["class", "label", *(f"{names[side]}: {heading}" for side in sides for heading in headings)]
    caption = (
        f"Scores of each class: the run all in area, and all folds' out-of-area pixels pooled (seed {seed})."
    )
    return Table(caption, columns, rows, [link], (1,))


def class_by_fold_table(classes: pd.DataFrame, link: Link, seed: int) -> Table:
    """F1 of each class out of area, by fold."""
    chosen = classes[(classes["side"] == OUT_OF_AREA) & (classes["seed"] == seed)]
    folds = list(dict.fromkeys(chosen["fold"]))
    codes = sorted(chosen["class"].unique())
    cells = {
        (fold, code): number(value)
        for fold, code, value in zip(chosen["fold"], chosen["class"], chosen["f1"], strict=True)
    }
    rows = [[fold, *(cells[fold, code] for code in codes)] for fold in folds]
    caption = f"F1 of each class (by code) out of area, by fold (seed {seed})."
    return Table(caption, ["fold", *map(str, codes)], rows, [link])


def interval(low: float, high: float, note: object) -> str:
    """Limits of an interval in one cell, with its mark if it is optimistic; nothing where there is none."""
    mark = f" ({OPTIMISTIC})" if isinstance(note, str) and note.startswith(OPTIMISTIC) else ""
    return NOTHING if pd.isna(low) or pd.isna(high) else f"{signed(low)} to {signed(high)}{mark}"


def headline(folds: pd.DataFrame, gaps: pd.DataFrame, tiles: Collection[str]) -> list[Mapping[str, str]]:
    """Figures for the head of the page, of the first seed: value, name, meaning; `tiles` are those mapped."""
    seed = folds["seed"].iloc[0]
    first = folds[folds["seed"] == seed]
    found: list[Mapping[str, str]] = []
    for side in (IN_AREA, POOLED):
        row = first[(first["side"] == side) & first["fold"].isin([ALL, POOLED])]
        if len(row):
            words_of_side = (
                "in area, run all" if side == IN_AREA else _pooled_words(row["run"].iloc[0], tiles)
            )
            found += [
                {"value": number(row["oa"].iloc[0]), "name": "overall accuracy", "meaning": words_of_side},
                {
                    "value": number(row["mean_f1_common"].iloc[0]),
                    "name": f"mean F1 of {row['n_classes_common'].iloc[0]} common classes",
                    "meaning": words_of_side,
                },
            ]
    known = gaps[(gaps["seed"] == seed) & gaps["gap"].notna()]
    if len(known):
        low, high = signed(known["gap"].min()), signed(known["gap"].max())
        value = low if low == high else f"{low} to {high}"
        folds_words = f"transfer gap of mean F1, {len(known)} fold{'s' if len(known) > 1 else ''}"
        found.append(
            {"value": value, "name": folds_words, "meaning": "reference minus out of area, same pixels"}
        )
    return found


def _pooled_words(runs: str, tiles: Collection[str]) -> str:
    """How many tiles the pooled runs hold out, by their folds' names, which join them with `_`; else folds."""
    held_out, folds = 0, len(split_list(runs))
    for run in split_list(runs):
        name = f"{fold_of(run)}_"
        # The longest names first: the name of one tile may be a part of another's.
        for tile in sorted(tiles, key=len, reverse=True):
            if f"_{tile}_" in name:
                name = name.replace(f"_{tile}_", "_")
                held_out += 1
    if not held_out:
        return f"out of area, pooled over {folds} fold{'s' if folds > 1 else ''}"
    return f"out of area, pooled over {held_out} of {len(tiles)} tile{'s' if len(tiles) > 1 else ''}"


def _by_class(classes: pd.DataFrame, fold: str, seed: int, side: str) -> pd.DataFrame:
    chosen = (classes["fold"] == fold) & (classes["seed"] == seed) & (classes["side"] == side)
    return classes[chosen].set_index("class")
