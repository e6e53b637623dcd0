"""F1 of each class with its interval, in area and out of area."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from tilefold.report.images import FAINT, IN_AREA_COLOUR, OUT_OF_AREA_COLOUR, new_figure
from tilefold.validation.sides import ALL, IN_AREA, POOLED

ROW_HEIGHT = 0.42
BAR = 0.36
SIDES = {
    (ALL, IN_AREA): (IN_AREA_COLOUR, "in area"),
    (POOLED, POOLED): (OUT_OF_AREA_COLOUR, "pooled out of area"),
}


def classes_figure(intervals: pd.DataFrame, names: Mapping[int, str], seed: int) -> Figure:
    """Bars of F1 by class with 95 % intervals; classes without an interval have a bar alone.

    Parameters
    ----------
    intervals
        Table of intervals, see `side_intervals`.
    names
        Code and label of each class, by code.
    seed
        Seed of the split.
    """
    f1 = intervals[(intervals["metric"] == "f1") & (intervals["seed"] == seed)]
    parts = {
        key: part.set_index("class")
        for key, part in f1.groupby(["fold", "side"], sort=False)
        if key in SIDES and part["value"].notna().any()
    }
    unit = next(iter(intervals["unit"]), "polygon")
    codes = [code for code in names if any(code in part.index for part in parts.values())]
    with new_figure(6.4, 1.3 + ROW_HEIGHT * max(len(codes), 3)) as figure:
        axes = figure.subplots()
        for place, (key, part) in enumerate(parts.items()):
            colour, words = SIDES[key]
            table = part.reindex(codes)
            heights = np.arange(len(codes)) + (place - (len(parts) - 1) / 2) * BAR
            axes.barh(heights, table["value"].fillna(0), BAR, color=colour, label=words)
            known = table["low"].notna().to_numpy()
            axes.hlines(
                heights[known], table["low"][known], table["high"][known], color="black", linewidth=1.4
            )
        axes.set_yticks(range(len(codes)), [names[code] for code in codes])
        axes.set_ylim(len(codes) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.grid(axis="x", color=FAINT)
        axes.tick_params(length=0)
        axes.set_xlabel(f"F1, with 95 % interval where there are 5 {unit}s or more")
        axes.set_title(f"F1 by class, seed {seed}")
        if parts:
            figure.legend(loc="outside lower center", ncols=2, fontsize=8.5)
    return figure
