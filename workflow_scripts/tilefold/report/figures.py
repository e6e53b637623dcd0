"""Figures of the report: matplotlib without a screen, the same bytes for the same numbers."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import rasterio
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from tilefold.storage.whole import whole_file

#: Colour-blind safe (Okabe and Ito 2008).
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#e69f00", "#009e73", "#777777"
DOTS_PER_INCH = 110

#: Longest side of a map picture, in pixels.
PICTURE_SIZE = 900

mpl.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})


def save_figure(figure: Figure, path: Path | str) -> None:
    """Write a figure as PNG, whole, without a time stamp."""
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=DOTS_PER_INCH, bbox_inches="tight", metadata={"Software": None})


def embedded(figure: Figure) -> str:
    """PNG of a figure as text for an HTML page."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, bbox_inches="tight", metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def fold_figure(folds: pd.DataFrame, gaps: pd.DataFrame) -> Figure:
    """In-area and out-of-area F1 of each fold, and the transfer gaps with their intervals.

    Parameters
    ----------
    folds, gaps
        Tables of `summarise_runs`.
    """
    held_out = folds[~folds["fold"].isin(["all", "pooled"])]
    names = sorted(held_out["fold"].unique())
    figure = Figure(figsize=(9, max(2.4, 0.5 * len(names) + 1.4)))
    left, right = figure.subplots(1, 2, sharey=True)
    places = {name: place for place, name in enumerate(names)}
    for side, colour, offset in (("in_area", BLUE, -0.12), ("out_of_area", ORANGE, 0.12)):
        rows = held_out[held_out["side"] == side]
        left.scatter(rows["mean_f1_common"], rows["fold"].map(places) + offset, color=colour, label=side)
    left.set(
        xlabel="mean F1 over the common classes", xlim=(0, 1), yticks=range(len(names)), yticklabels=names
    )
    left.legend(frameon=False, loc="lower left")
    left.invert_yaxis()
    place = gaps["fold"].map(places)
    right.axvline(0, color=GREY, linewidth=0.8)
    right.hlines(place, gaps["low"].fillna(gaps["gap"]), gaps["high"].fillna(gaps["gap"]), color=GREEN)
    right.scatter(gaps["gap"], place, color=GREEN)
    right.set(xlabel="transfer gap: reference - out_of_area_test (bar: 95 % interval)")
    return figure


def map_figure(mosaic: Path | str, classes: Sequence[Mapping[str, Any]]) -> Figure:
    """Picture of a map with its legend, read at the size of a screen."""
    with rasterio.open(mosaic) as dataset:
        reduction = max(1.0, max(dataset.shape) / PICTURE_SIZE)
        shape = tuple(max(1, round(side / reduction)) for side in dataset.shape)
        labels = dataset.read(1, out_shape=shape)
    codes = np.array([item["code"] for item in classes])
    colours = [tuple(part / 255 for part in item["colour"]) for item in classes]
    places = np.searchsorted(codes, labels).clip(0, len(codes) - 1)
    known = codes[places] == labels
    figure = Figure(figsize=(8, 5.6))
    axes = figure.subplots()
    shown = np.ma.masked_array(places, mask=~known)
    colour_map = ListedColormap(colours).with_extremes(bad="#ffffff")
    axes.imshow(shown, cmap=colour_map, vmin=-0.5, vmax=len(codes) - 0.5, interpolation="nearest")
    axes.set_axis_off()
    present = np.unique(labels[known])
    handles = [
        Patch(facecolor=colours[index], edgecolor=GREY, label=f"{item['code']} {item['label']}")
        for index, item in enumerate(classes)
        if item["code"] in present
    ]
    axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    return figure


def matrix_figure(matrix: NDArray[np.int64], codes: Sequence[int]) -> Figure:
    """Confusion matrix as a heat map: shares of each reference class (row)."""
    totals = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, totals, out=np.zeros(matrix.shape), where=totals > 0)
    side = 1.6 + 0.42 * max(matrix.shape)
    figure = Figure(figsize=(side + 0.8, side))
    axes = figure.subplots()
    axes.imshow(shares, cmap="cividis", vmin=0, vmax=1)
    axes.set(
        xticks=range(len(codes)),
        xticklabels=codes,
        yticks=range(len(codes)),
        yticklabels=codes,
        xlabel="map",
        ylabel="reference",
    )
    for (row, column), share in np.ndenumerate(shares):
        if matrix[row, column]:
            colour = "white" if share < 0.5 else "black"
            axes.text(column, row, f"{100 * share:.0f}", ha="center", va="center", color=colour, fontsize=8)
    return figure


def curves_figure(histories: Mapping[str, pd.DataFrame]) -> Figure:
    """Validation loss and mean F1 of all candidates of a run."""
    figure = Figure(figsize=(9, 2.8))
    left, right = figure.subplots(1, 2)
    for name, history in histories.items():
        left.plot(history["epoch"], history["validation_loss"], label=name)
        right.plot(history["epoch"], history["validation_fscore"], label=name)
    left.set(xlabel="epoch", ylabel="validation loss")
    right.set(xlabel="epoch", ylabel="validation mean F1", ylim=(0, 1))
    right.legend(frameon=False, fontsize=8)
    return figure
