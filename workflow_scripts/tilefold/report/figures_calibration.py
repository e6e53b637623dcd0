"""Reliability diagram and risk against coverage."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from tilefold.report.images import FAINT, IN_AREA_COLOUR, OUT_OF_AREA_COLOUR, new_figure
from tilefold.report.table import side_words
from tilefold.validation.calibration import calibration_scores, merge_bins
from tilefold.validation.sides import IN_AREA, OUT_OF_AREA

COLOURS = {IN_AREA: (IN_AREA_COLOUR, "o"), OUT_OF_AREA: (OUT_OF_AREA_COLOUR, "s")}


def calibration_figure(bins: Mapping[str, pd.DataFrame], risks: Mapping[str, pd.DataFrame]) -> Figure:
    """Accuracy against confidence, and the share of wrong pixels among the most confident ones.

    Parameters
    ----------
    bins
        By side, rows of `reliability` of all runs that are shown together.
    risks
        By side, rows of `risk_coverage` of the same runs.
    """
    with new_figure(9.0, 4.2) as figure:
        left, right = figure.subplots(1, 2)
        left.plot([0, 1], [0, 1], color=FAINT, linewidth=1.5, zorder=0)
        for side, (colour, marker) in COLOURS.items():
            if side not in bins or bins[side].empty:
                continue
            whole = bins[side][bins[side]["class"].isna()]
            merged = merge_bins(whole)
            error = calibration_scores(whole)["ece"].iloc[0]
            label = f"{side_words(side)}, ECE {error:.3f}"
            left.plot(merged["confidence"], merged["accuracy"], color=colour, marker=marker, label=label)
            coverage, risk = merge_risks(risks[side])
            right.plot(coverage, risk, color=colour, label=side_words(side))
        left.set(xlim=(0, 1), ylim=(0, 1), xlabel="mean confidence of the bin", ylabel="share that is right")
        left.set_title("Reliability")
        right.set(xlim=(0, 1), ylim=(0, None), xlabel="share of pixels kept, most confident first")
        right.set(ylabel="share of these that is wrong")
        right.set_title("Risk and coverage")
        for axes in (left, right):
            axes.grid(color=FAINT, linewidth=0.6)
            if axes.lines:
                axes.legend(fontsize=8.5)
    return figure


def merge_risks(risks: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Coverage and risk of several runs' pixels taken together; a run is told by its column `run`.

    The tables hold sums over descending confidence, which are taken apart before they are added.
    """
    wrong = (risks["risk"] * risks["n_pixels"]).round()
    steps = risks.assign(wrong=wrong)[["run", "confidence", "n_pixels", "wrong"]]
    before = steps.groupby("run")[["n_pixels", "wrong"]].shift(fill_value=0)
    steps[["n_pixels", "wrong"]] -= before
    total = steps.groupby("confidence")[["n_pixels", "wrong"]].sum().sort_index(ascending=False).cumsum()
    number = total["n_pixels"].to_numpy(float)
    return number / number[-1], total["wrong"].to_numpy(float) / number
