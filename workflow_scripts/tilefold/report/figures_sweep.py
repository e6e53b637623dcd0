"""Validation scores of all candidates of all models, as a heat map."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tilefold.report.images import INK, OUT_OF_AREA_COLOUR, new_figure


def sweep_figure(choices: Mapping[str, pd.DataFrame]) -> Figure:
    """Heat map of validation scores: a row for each model, a column for each candidate, the chosen one framed.

    Parameters
    ----------
    choices
        Table of candidates of each model: `candidate`, `criterion`, `score`, `chosen`; the same candidates in
        the same order in all.
    """
    tables = list(choices.values())
    first = tables[0]
    criterion = str(first["criterion"].iloc[0])
    scores = np.array([table["score"].to_numpy(float, na_value=np.nan) for table in tables])
    with new_figure(3.2 + 1.1 * scores.shape[1], 1.6 + 0.3 * len(tables)) as figure:
        axes = figure.subplots()
        axes.set_title(f"{criterion} on validation samples")
        # Dark is good: low losses, high scores.
        axes.imshow(scores, cmap="Blues_r" if criterion == "loss" else "Blues", aspect="auto")
        axes.set_facecolor("#f3f4f6")
        middle = np.nanmean([np.nanmin(scores), np.nanmax(scores)]) if np.isfinite(scores).any() else 0.0
        for (row, column), score in np.ndenumerate(scores):
            dark = score < middle if criterion == "loss" else score > middle
            words = "none" if np.isnan(score) else f"{score:.3f}"
            colour = "white" if dark else INK
            axes.text(column, row, words, ha="center", va="center", color=colour, fontsize=8)
        for row, table in enumerate(tables):
            for column in np.flatnonzero(table["chosen"]):
                frame = Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, fill=False)
                frame.set(edgecolor=OUT_OF_AREA_COLOUR, linewidth=2)
                axes.add_patch(frame)
        axes.set_xticks(range(len(first)), list(first["candidate"]), rotation=30, ha="right", fontsize=8)
        axes.set_yticks(range(len(tables)), list(choices), fontsize=8)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("candidate (framed: chosen)")
    return figure
