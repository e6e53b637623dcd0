"""How the scores of each class spread over folds, in area and out of area."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tilefold.report.images import FAINT, IN_AREA_COLOUR, OUT_OF_AREA_COLOUR, new_figure
from tilefold.validation.sides import ALL, IN_AREA, OUT_OF_AREA

ROW_HEIGHT = 0.5
BOX = 0.34
SIDES = {
    IN_AREA: (IN_AREA_COLOUR, -0.2, "in area"),
    OUT_OF_AREA: (OUT_OF_AREA_COLOUR, 0.2, "out of area"),
}


def fold_scores(classes: pd.DataFrame) -> pd.DataFrame:
    """Rows of the folds' in-area and out-of-area sides that have an F1: what the boxes are drawn of."""
    of_folds = (classes["fold"] != ALL) & classes["side"].isin(list(SIDES))
    return classes[of_folds & classes["f1"].notna()]


def spread_figure(classes: pd.DataFrame, names: Mapping[int, str]) -> Figure:
    """Box plots of F1 by class over folds and seeds, each value a mark: quartiles, and whiskers to the last values.

    Parameters
    ----------
    classes
        Table of classes (`summary/classes.csv`).
    names
        Code and label of each class, by code; classes without a score have no row.
    """
    table = fold_scores(classes)
    codes = [code for code in names if (table["class"] == code).any()]
    with new_figure(6.4, 1.3 + ROW_HEIGHT * max(len(codes), 3)) as figure:
        axes = figure.subplots()
        for side, (colour, offset, words) in SIDES.items():
            scores = table[table["side"] == side].groupby("class")["f1"]
            found = {code: part.to_numpy() for code, part in scores}
            _draw_boxes(axes, [found.get(code, np.empty(0)) for code in codes], offset, colour, words)
        axes.set_yticks(range(len(codes)), [names[code] for code in codes])
        axes.set_ylim(len(codes) - 0.5, -0.5)
        axes.set_xlim(-0.02, 1.02)
        axes.grid(axis="x", color=FAINT)
        axes.tick_params(length=0)
        axes.set_xlabel("F1 of each fold (marks) with median and quartiles")
        axes.set_title("F1 by class over folds")
        figure.legend(loc="outside lower center", ncols=2, fontsize=8.5)
    return figure


def _draw_boxes(axes: Axes, values: list[np.ndarray], offset: float, colour: str, words: str) -> None:
    heights = np.arange(len(values)) + offset
    line = {"color": colour, "linewidth": 1.3}
    axes.boxplot(
        values,
        positions=heights,
        widths=BOX,
        orientation="horizontal",
        whis=(0, 100),
        showcaps=False,
        manage_ticks=False,
        boxprops=line,
        whiskerprops=line,
        medianprops={"color": colour, "linewidth": 2.6},
    )
    counts = [len(part) for part in values]
    axes.scatter(
        np.concatenate(values),
        np.repeat(heights, counts),
        14,
        color=colour,
        alpha=0.55,
        linewidth=0,
        label=words,
    )
