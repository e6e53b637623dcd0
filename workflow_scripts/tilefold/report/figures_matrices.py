"""Confusion matrices as heat maps, normalised by row, with classes that are confused side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tilefold.report.images import INK, new_figure, write_png
from tilefold.validation.confusion_order import order_by_confusion
from tilefold.validation.matrices import read_otb_matrix

#: Up to this number of classes the cells carry their percentages.
MOST_ANNOTATED = 24
LONGEST_LABEL = 22


def write_matrix_figure(
    matrix: Path | str, classes: Sequence[Mapping[str, Any]], path: Path | str, *, title: str = ""
) -> None:
    """Write the heat map of a confusion matrix as PNG.

    Parameters
    ----------
    matrix
        CSV in OTB's layout.
    classes
        Each with `code` and `label`, by ascending code.
    path
        PNG to write.
    title
        Heading of the figure.
    """
    counts = read_otb_matrix(matrix, [int(item["code"]) for item in classes])
    write_png(path, matrix_figure(counts, classes, title))


def matrix_figure(
    matrix: NDArray[np.int64],
    classes: Sequence[Mapping[str, Any]],
    title: str,
    order: NDArray[np.intp] | None = None,
) -> Figure:
    """Heat map of a confusion matrix: each row is the shares of a reference class, in per cent.

    Parameters
    ----------
    matrix
        Pixels, int64 (classes, classes), rows are reference classes. Classes that occur neither in rows nor
        in columns are left out.
    classes
        Each with `code` and `label`, by ascending code.
    title
        Heading of the figure.
    order
        Positions of the classes as they are drawn; `order_by_confusion` of this matrix where none is given.
    """
    if order is None:
        order = order_by_confusion(matrix)
    occurs = (matrix.sum(axis=0) > 0) | (matrix.sum(axis=1) > 0)
    present = order[occurs[order]].tolist()
    counts = matrix[np.ix_(present, present)]
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.full(counts.shape, np.nan)
    np.divide(100 * counts, totals, out=shares, where=totals > 0)

    size = 1.3 + 0.36 * max(len(present), 4)
    with new_figure(size + 2.2, size) as figure:
        axes = figure.subplots()
        axes.set_title(title)
        if not present:
            axes.text(0.5, 0.5, "no classified reference pixel", ha="center", transform=axes.transAxes)
            axes.set_axis_off()
            return figure
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=100, aspect="equal")
        axes.set_facecolor("#f3f4f6")
        labels = [f"{_short(str(classes[i]['label']))}  {classes[i]['code']}" for i in present]
        axes.set_yticks(range(len(present)), labels, fontsize=8.5)
        axes.set_xticks(range(len(present)), [str(classes[i]["code"]) for i in present], fontsize=8.5)
        axes.set_xlabel("predicted class")
        axes.set_ylabel("reference class, row = 100 %")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xticks(np.arange(len(present) + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(len(present) + 1) - 0.5, minor=True)
        axes.grid(which="minor", color="white", linewidth=1.2)
        axes.tick_params(which="minor", length=0)
        axes.set_axisbelow(False)
        if len(present) <= MOST_ANNOTATED:
            for row, column in np.argwhere(shares >= 0.5):
                value = shares[row, column]
                colour = "white" if value > 55 else INK
                axes.text(column, row, f"{value:.0f}", ha="center", va="center", color=colour, fontsize=8)
    return figure


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"
