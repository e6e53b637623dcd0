"""Area of applicability: how dissimilar the map is from the samples, and what errors go with it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tilefold.report.figures_maps import measure_figure
from tilefold.report.images import FAINT, INK, OUT_OF_AREA_COLOUR, Picture, embed, new_figure
from tilefold.report.results import Results
from tilefold.report.table import NOTHING, Table, count, number, percent
from tilefold.validation.applicability_map import DISSIMILARITY_SCALE, INSIDE

POOLED = "pooled"
#: What is drawn; all is in the tables and rasters.
MOST_SEEDS = 6


def applicability_pictures(results: Results) -> list[Picture]:
    """For each seed the raster of dissimilarity, the mask, and errors by dissimilarity."""
    found = []
    for seed, path in list(results.sources.get("dissimilarity", {}).items())[:MOST_SEEDS]:
        summary = results.by_run("applicability_samples")[seed].iloc[0]
        classes = results.by_run("applicability_classes")[seed]
        limit = float(summary["threshold"])
        outside = f"{percent(classes['outside'].iloc[0])} of the map's pixels lie above"
        figure = measure_figure(
            path,
            title=f"Dissimilarity, all, seed {seed}",
            label=f"dissimilarity (threshold {limit:.2f})",
            scale=DISSIMILARITY_SCALE,
            highest=2 * limit if limit > 0 else 1.0,
        )
        found.append(embed(figure, f"Dissimilarity from the samples, seed {seed}: threshold {limit:.2f}."))
        mask = measure_figure(
            results.sources["applicable"][seed],
            title="Area of applicability",
            label="1: within, 0: beyond the threshold",
            scale=INSIDE,
        )
        found.append(embed(mask, f"Area of applicability, seed {seed}: {outside} the threshold."))
        errors = results.by_run("applicability_errors")[seed]
        text = "; ".join(
            f"{_span(row)} {percent(row['error'])} of {count(row['n_pixels'])}"
            for row in errors[errors["fold"] == POOLED].to_dict("records")
        )
        found.append(
            embed(errors_figure(errors, seed), f"Share of wrong out-of-area pixels by dissimilarity: {text}.")
        )
    return found


def errors_figure(errors: pd.DataFrame, seed: int) -> Figure:
    """Out-of-area errors of each fold and of all by dissimilarity in thresholds, above how many pixels there are."""
    with new_figure(6.2, 4.2) as figure:
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        top.set_title(f"Out-of-area errors by dissimilarity, seed {seed}")
        for (fold, rows), marker in zip(errors.groupby("fold", sort=False), cycle("sD^v<>ph"), strict=False):
            pooled = fold == POOLED
            style = (
                {"color": OUT_OF_AREA_COLOUR, "linewidth": 2.2}
                if pooled
                else {"color": "#8a949d", "linewidth": 1}
            )
            top.plot(
                _middles(rows),
                rows["error"],
                marker="o" if pooled else marker,
                markersize=4,
                label=str(fold),
                **style,
            )
        pixels = errors[errors["fold"] == POOLED]
        bottom.bar(_middles(pixels), pixels["n_pixels"], width=0.2, color=FAINT)
        top.set(ylim=(0, 1), ylabel="share that is wrong")
        bottom.set(
            xlabel="dissimilarity in thresholds (1: edge of the area of applicability)", ylabel="pixels"
        )
        for axes in (top, bottom):
            _draw_edge(axes)
        if len(errors):
            top.legend(fontsize=8)
    return figure


def _middles(rows: pd.DataFrame) -> np.ndarray:
    """Middles of classes; what has no end is drawn half a threshold behind its beginning."""
    begin = rows["from"].to_numpy(float)
    return (begin + rows["to"].astype(float).fillna(rows["from"] + 1).to_numpy()) / 2


def _draw_edge(axes: Axes) -> None:
    axes.axvline(1, color=INK, linewidth=1, linestyle="--")
    axes.grid(color=FAINT, linewidth=0.6)


def applicability_tables(results: Results) -> list[Table]:
    """Samples, threshold and errors of each seed; what lies outside by class."""
    if "dissimilarity" not in results.sources:
        return []
    tables = {name: results.by_run(f"applicability_{name}") for name in ("samples", "errors", "classes")}
    links = {name: results.links(f"applicability_{name}") for name in (*tables, "importance")}
    rows = []
    for seed, summary in tables["samples"].items():
        row = summary.iloc[0]
        errors = tables["errors"][seed]
        errors = errors[errors["fold"] == POOLED]
        within, beyond = (_error(errors[chosen]) for chosen in (errors["from"] < 1, errors["from"] >= 1))
        rows.append(
            [
                *(
                    str(seed),
                    f"{count(row['samples'])} of {count(row['of_samples'])}",
                    count(row["features"]),
                ),
                *(number(row["mean_distance"]), number(row["threshold"]), within, beyond),
                percent(tables["classes"][seed]["outside"].iloc[0]),
            ]
        )
    columns = [
        *("seed", "learn samples taken", "features that count", "mean distance of samples", "threshold"),
        *("out-of-area errors within", "out-of-area errors beyond", "map beyond"),
    ]
    caption = (
        "Area of applicability of the map of all (Meyer and Pebesma 2021), relative to the folds: the threshold is "
        "the largest dissimilarity, outliers aside, that a sample has from those of the other folds. Beyond it no "
        "fold says what accuracy to expect."
    )
    shares = []
    for position, label in enumerate(["all pixels", *results.names.values()]):
        cells = [table.iloc[position] for table in tables["classes"].values()]
        shares.append(
            [
                label,
                *(
                    text
                    for c in cells
                    for text in (percent(c["outside"]), number(c["dissimilarity"], 2), count(c["pixels"]))
                ),
            ]
        )
    by_class = [
        f"seed {seed}: {name}"
        for seed in tables["classes"]
        for name in ("beyond", "mean dissimilarity", "pixels")
    ]
    return [
        Table(caption, columns, rows, [*links["samples"], *links["errors"], *links["importance"]], (0, 1)),
        Table("What lies beyond, by class of the map.", ["class", *by_class], shares, links["classes"]),
    ]


def _error(errors: pd.DataFrame) -> str:
    pixels = errors["n_pixels"].sum()
    if not pixels:
        return NOTHING
    return f"{percent((errors['error'] * errors['n_pixels']).sum() / pixels)} of {count(pixels)}"


def _span(row: Mapping[Any, Any]) -> str:
    return f"from {row['from']:g}" + ("" if pd.isna(row["to"]) else f" to {row['to']:g}")
