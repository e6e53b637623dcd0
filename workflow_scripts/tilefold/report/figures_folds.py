"""Figures of the fold table: scores of each fold on each side, and transfer gaps with their intervals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase

from tilefold.report.images import FAINT, IN_AREA_COLOUR, OUT_OF_AREA_COLOUR, new_figure, write_png
from tilefold.validation.sides import ALL, IN_AREA, OUT_OF_AREA, OUT_OF_AREA_TEST, POOLED, REFERENCE
from tilefold.validation.summary import read_folds

#: Side: colour, marker, filled, vertical place in the row, words.
MARKS = {
    IN_AREA: (IN_AREA_COLOUR, "o", True, 0.16, "in area"),
    OUT_OF_AREA: (OUT_OF_AREA_COLOUR, "o", True, 0.16, "out of area"),
    REFERENCE: (IN_AREA_COLOUR, "D", False, -0.16, "reference (model of all)"),
    OUT_OF_AREA_TEST: (OUT_OF_AREA_COLOUR, "D", False, -0.16, "out of area, test"),
    POOLED: (OUT_OF_AREA_COLOUR, "s", True, -0.16, "pooled out of area"),
}
METRICS = {"mean_f1_common": "mean F1 of common classes", "oa": "overall accuracy"}
ROW_HEIGHT = 0.46
MARGIN = 1.35


def write_fold_figure(folds: Path | str, path: Path | str, *, gaps: Path | str | None = None) -> None:
    """Write the figure of the fold table as PNG.

    Parameters
    ----------
    folds
        Fold table (CSV).
    path
        PNG to write.
    gaps
        Table of transfer gaps (CSV); with it the gaps stand beside the scores.
    """
    table = read_folds(folds)
    gap_table = pd.read_csv(gaps) if gaps is not None else None
    panels = 2 if gap_table is not None and len(gap_table) else 1
    with new_figure(5.6 * panels, MARGIN + ROW_HEIGHT * len(_rows(table))) as figure:
        parts = figure.subfigures(1, panels, squeeze=False)[0]
        _draw_scores(parts[0], table, "mean_f1_common")
        if panels == 2 and gap_table is not None:
            _draw_gaps(parts[1], gap_table, "gap", _rows(gap_table))
        write_png(path, figure)


def scores_figure(folds: pd.DataFrame, metric: str) -> Figure:
    """Scores of each fold on its sides.

    Parameters
    ----------
    folds
        Fold table.
    metric
        `mean_f1_common` or `oa`.
    """
    with new_figure(5.6, MARGIN + ROW_HEIGHT * len(_rows(folds))) as figure:
        _draw_scores(figure, folds, metric)
    return figure


def gaps_figure(gaps: pd.DataFrame, metric: str) -> Figure:
    """Transfer gap of each fold with its interval.

    Parameters
    ----------
    gaps
        Table of gaps.
    metric
        `gap` (mean F1 of common classes) or `gap_oa`.
    """
    rows = _rows(gaps)
    with new_figure(5.6, MARGIN + ROW_HEIGHT * len(rows)) as figure:
        _draw_gaps(figure, gaps, metric, rows)
    return figure


def _rows(table: pd.DataFrame) -> list[tuple[str, int]]:
    """Folds and seeds in the order of the table, from the top."""
    return list(dict.fromkeys(zip(table["fold"], table["seed"], strict=True)))


def _label_rows(axes: Axes, rows: list[tuple[str, int]]) -> None:
    several = len({seed for _, seed in rows}) > 1
    labels = [f"{fold}, seed {seed}" if several else fold for fold, seed in rows]
    axes.set_yticks(range(len(rows)), labels)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(length=0)
    axes.grid(axis="x")


def _draw_scores(figure: FigureBase, folds: pd.DataFrame, metric: str) -> None:
    axes = figure.subplots()
    rows = _rows(folds)
    for side, (colour, marker, filled, offset, words) in MARKS.items():
        chosen = folds[folds["side"] == side]
        if chosen.empty:
            continue
        place = [rows.index(key) for key in zip(chosen["fold"], chosen["seed"], strict=True)]
        alone = chosen["fold"].isin([ALL, POOLED]).to_numpy()
        heights = np.array(place) - np.where(alone, 0, offset)
        face = colour if filled else "white"
        axes.scatter(
            chosen[metric],
            heights,
            52,
            marker=marker,
            color=face,
            edgecolor=colour,
            linewidth=1.5,
            label=words,
        )
    for one, other, offset in ((IN_AREA, OUT_OF_AREA, 0.16), (REFERENCE, OUT_OF_AREA_TEST, -0.16)):
        wide = folds[folds["side"].isin([one, other])].pivot_table(
            index=["fold", "seed"], columns="side", values=metric, dropna=False, observed=True
        )
        if {one, other} <= set(wide.columns):
            pairs = wide.dropna()
            heights = np.array([rows.index(key) for key in pairs.index], float) - offset
            axes.hlines(heights, pairs[one], pairs[other], color=FAINT, linewidth=2, zorder=0)
    _label_rows(axes, rows)
    axes.set_title(METRICS[metric][0].upper() + METRICS[metric][1:])
    axes.set_xlabel(METRICS[metric])
    figure.legend(loc="outside lower center", ncols=2, fontsize=8.5)


def _draw_gaps(figure: FigureBase, gaps: pd.DataFrame, metric: str, rows: list[tuple[str, int]]) -> None:
    axes = figure.subplots()
    low, high, note = ("low", "high", "note") if metric == "gap" else ("gap_oa_low", "gap_oa_high", "note_oa")
    keys = list(zip(gaps["fold"], gaps["seed"], strict=True))
    heights = np.array([rows.index(key) for key in keys])
    axes.axvline(0, color=FAINT, linewidth=1.2, zorder=0)
    optimistic = gaps[note].fillna("").astype(str).str.startswith("optimistic").to_numpy()
    for chosen, style in ((~optimistic, "-"), (optimistic, (0, (2, 1.5)))):
        axes.hlines(
            heights[chosen],
            gaps[low][chosen],
            gaps[high][chosen],
            color=OUT_OF_AREA_COLOUR,
            linewidth=2,
            linestyle=style,
        )
    known = gaps[low].notna().to_numpy()
    for chosen, face, words in (
        (known, OUT_OF_AREA_COLOUR, "gap, 95 % interval (dashed: optimistic)"),
        (~known, "white", "gap without an interval"),
    ):
        if chosen.any():
            axes.scatter(
                gaps[metric][chosen],
                heights[chosen],
                46,
                color=face,
                edgecolor=OUT_OF_AREA_COLOUR,
                linewidth=1.5,
                label=words,
                zorder=3,
            )
    _label_rows(axes, rows)
    what = METRICS["mean_f1_common" if metric == "gap" else "oa"]
    axes.set_title("Transfer gap of " + what)
    axes.set_xlabel("reference minus out of area, same test pixels")
    figure.legend(loc="outside lower center", ncols=2, fontsize=8.5)
