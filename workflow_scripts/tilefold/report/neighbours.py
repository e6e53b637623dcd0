"""Nearest-neighbour distances of samples, folds and the map: whether the folds mimic how the map is used."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from tilefold.report.images import FAINT, IN_AREA_COLOUR, INK, OUT_OF_AREA_COLOUR, Picture, embed, new_figure
from tilefold.report.results import Results
from tilefold.report.table import Table, count, number, starts
from tilefold.validation.neighbours import FOLDS, MAP, SAMPLES

CURVES = {
    SAMPLES: ("sample to nearest sample", IN_AREA_COLOUR, "--"),
    FOLDS: ("held-out polygon to nearest training polygon", OUT_OF_AREA_COLOUR, "-"),
    MAP: ("map to nearest sample", INK, "-"),
}
#: Folds whose median distance is this many times that of the map, or one over it, do not mimic the map.
FAR = 2.0
MOST_SEEDS = 4


def neighbour_pictures(results: Results) -> list[Picture]:
    """Distributions of distances, a picture a seed."""
    tables = results.by_run("neighbours") if results.sources.get("neighbours") else {}
    return [
        embed(
            neighbours_figure(table, f"seed {seed}"),
            f"Distances to the nearest sample, seed {seed}: {verdict(table)}",
        )
        for seed, table in list(tables.items())[:MOST_SEEDS]
    ]


def neighbours_figure(table: pd.DataFrame, title: str) -> Figure:
    """Empirical distributions of the distances of samples, folds and the map."""
    with new_figure(6.2, 3.6) as figure:
        axes = figure.subplots()
        axes.set_title(f"Distance to the nearest sample, {title}")
        for fold, rows in table[(table["kind"] == FOLDS) & table["fold"].notna()].groupby("fold", sort=False):
            axes.plot(
                rows["distance_m"], rows["share"], color="#e3b79d", linewidth=0.9, label=None, gid=str(fold)
            )
        for kind, (label, colour, style) in CURVES.items():
            rows = of_kind(table, kind)
            axes.plot(
                rows["distance_m"], rows["share"], color=colour, linestyle=style, linewidth=2, label=label
            )
        axes.set(xlabel="distance (m)", ylabel="share that is not farther", ylim=(0, 1))
        axes.set_xscale("symlog", linthresh=10)
        axes.set_xlim(left=0)
        axes.grid(color=FAINT, linewidth=0.6)
        axes.legend(fontsize=8, loc="upper left")
    return figure


def of_kind(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Rows of a kind; of the folds those of all together."""
    return table[(table["kind"] == kind) & table["fold"].isna()]


def verdict(table: pd.DataFrame) -> str:
    """Whether the folds are as far from their samples as the map is, by the medians, in words."""
    folds, whole = (_median(of_kind(table, kind)) for kind in (FOLDS, MAP))
    if np.isnan(folds) or np.isnan(whole):
        return "nothing can be said, since a distribution is missing."
    medians = (
        f"half of the held-out polygons lie within {folds:,.0f} m of a training polygon of their fold, half of the "
        f"map within {whole:,.0f} m of one"
    )
    if folds > FAR * whole:
        return (
            f"{medians}: the folds ask for more than the map does, and their scores are biased down for it."
        )
    if folds * FAR < whole:
        return f"{medians}: the folds ask for less than the map does, and their scores are biased up for it."
    return f"{medians}: the folds mimic how the map is used."


def neighbour_table(tables: Mapping[str, pd.DataFrame], results: Results) -> Table:
    """Medians and quartiles of the distances, and how far the distributions are from that of the map."""
    rows, keys = [], []
    for seed, table in tables.items():
        whole = of_kind(table, MAP)["distance_m"].to_numpy()
        for kind, (label, _, _) in CURVES.items():
            found = of_kind(table, kind)
            if found.empty:
                continue
            quartiles = [
                number(found.loc[np.isclose(found["share"], share), "distance_m"].iloc[0], 0)
                for share in (0.25, 0.5, 0.75)
            ]
            apart = np.abs(found["distance_m"].to_numpy() - whole).mean() if len(whole) else float("nan")
            rows.append([str(seed), label, *quartiles, number(apart, 0), count(found["n"].iloc[0])])
            keys.append(str(seed))
    columns = ["seed", "distances from", "lower quartile (m)", "median (m)", "upper quartile (m)"]
    columns += ["apart from the map's (m)", "number"]
    caption = (
        "Distances to the nearest sample (Milà et al. 2022); a polygon stands at the mean of its pixels. Apart from "
        "the map's: mean difference of the percentiles (Wasserstein distance). Where that of the folds is small, "
        "they mimic how the map is used."
    )
    return Table(caption, columns, rows, results.links("neighbours"), (0, 1), starts(keys))


def _median(rows: pd.DataFrame) -> float:
    found = rows.loc[np.isclose(rows["share"], 0.5), "distance_m"]
    return float(found.iloc[0]) if len(found) else float("nan")
