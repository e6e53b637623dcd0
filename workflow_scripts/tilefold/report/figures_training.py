"""Training curves of a run's candidates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tilefold.report.images import INK, new_figure

COLOURS = ("#2563a8", "#c2571a", "#3d8b5f", "#8c4a9e", "#b08a1c", "#5b6770")
PANELS = {"loss": "Loss", "fscore": "Mean F1"}


def training_figure(histories: Mapping[str, Path | str], choice: pd.DataFrame, title: str) -> Figure:
    """Loss and mean F1 by epoch, for learn (thin) and validation samples (thick), one colour a candidate.

    Parameters
    ----------
    histories
        History of each candidate (CSV).
    choice
        The run's table of candidates; the chosen epoch is marked.
    title
        Heading of the figure.
    """
    tables = {candidate: pd.read_csv(path) for candidate, path in histories.items()}
    winner = choice[choice["chosen"]].iloc[0] if choice["chosen"].any() else None
    with new_figure(5.6, 2.9 + 0.2 * len(tables)) as figure:
        panels = figure.subplots(1, 2)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        for axes, (metric, words) in zip(panels, PANELS.items(), strict=True):
            for index, (candidate, table) in enumerate(tables.items()):
                _draw(axes, table, metric, candidate, COLOURS[index % len(COLOURS)])
            if winner is not None:
                axes.axvline(winner["epoch"], color=INK, linewidth=1, linestyle=(0, (3, 2)))
            axes.set_title(words)
            axes.set_xlabel("epoch")
            axes.grid()
        handles, names = panels[0].get_legend_handles_labels()
        handles.append(panels[0].plot([], [], color=INK, linewidth=1, linestyle=(0, (3, 2)))[0])
        names.append("chosen epoch (thick lines: validation, thin: learn)")
        figure.legend(handles, names, loc="outside lower left", fontsize=8)
    return figure


def _draw(axes: Axes, table: pd.DataFrame, metric: str, candidate: str, colour: str) -> None:
    # A marker keeps a training of a single epoch visible.
    marker = "o" if len(table) == 1 else None
    axes.plot(
        table["epoch"],
        table[f"validation_{metric}"],
        color=colour,
        linewidth=2,
        marker=marker,
        label=candidate,
    )
    axes.plot(
        table["epoch"], table[f"train_{metric}"], color=colour, linewidth=0.9, marker=marker, alpha=0.75
    )
