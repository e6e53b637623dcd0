"""Figure of a run's samples: how many of each class, by role, and from which tiles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tilefold.report.images import FAINT, IN_AREA_COLOUR, new_figure

ROLE_COLOURS = {"learn": IN_AREA_COLOUR, "validation": "#8fb4de"}
#: Tiles that are told apart; the others are summed.
TILE_COLOURS = ("#2563a8", "#c2571a", "#3d8b5f", "#8c4a9e", "#b08a1c", "#5b6770", "#c77fa4", "#7fb7c7")
OTHERS = "other tiles"
ROW_HEIGHT, LEGEND_HEIGHT, MARGIN = 0.27, 0.2, 1.0
#: Columns of the legends.
COLUMNS = 3


def samples_figure(samples: pd.DataFrame, names: Mapping[int, str], title: str) -> Figure:
    """Samples of each class by role, and the share that each tile gives of them.

    Parameters
    ----------
    samples
        Table of samples of a run, see `tilefold.sampling.statistics.samples_table`.
    names
        Code and label of each class, by code.
    title
        Heading of the figure.
    """
    by_role = samples.groupby("code")[["learn_taken", "validation_taken"]].sum()
    by_role = by_role.reindex(list(names), fill_value=0).rename(
        columns=lambda name: name.removesuffix("_taken")
    )
    by_tile = _by_tile(samples, list(names))
    legend_rows = -(-by_tile.shape[1] // COLUMNS)
    with new_figure(8.6, MARGIN + ROW_HEIGHT * len(names) + LEGEND_HEIGHT * legend_rows) as figure:
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
        figure.suptitle(title, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        _draw_bars(left, by_role, list(ROLE_COLOURS.values()))
        _write_totals(left, by_role.sum(axis=1).to_numpy())
        left.set_yticks(range(len(names)), list(names.values()))
        left.set_ylim(len(names) - 0.5, -0.5)
        left.set_xlabel("samples")
        total = by_tile.sum(axis=1)
        _draw_bars(right, by_tile.div(total.where(total > 0, 1), axis=0) * 100, _tile_colours(by_tile))
        right.set_xlim(0, 100)
        right.set_xlabel("share of each tile (%)")
        for axes in (left, right):
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="x")
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=COLUMNS, fontsize=8)
        figure.legend(
            *right.get_legend_handles_labels(), loc="outside lower right", ncols=COLUMNS, fontsize=8
        )
    return figure


def _by_tile(samples: pd.DataFrame, codes: list[int]) -> pd.DataFrame:
    """Samples by class and tile; the tiles beyond the largest are summed."""
    taken = samples.assign(taken=samples["learn_taken"] + samples["validation_taken"])
    table = taken.pivot_table(index="code", columns="tile", values="taken", aggfunc="sum", fill_value=0)
    table = table.reindex(codes, fill_value=0)
    table = table.loc[:, table.sum() > 0]
    if table.shape[1] <= len(TILE_COLOURS):
        return table
    largest = table.sum().sort_values(ascending=False, kind="stable").index[: len(TILE_COLOURS)]
    shown = table[sorted(largest)]
    return shown.assign(**{OTHERS: table.sum(axis=1) - shown.sum(axis=1)})


def _tile_colours(by_tile: pd.DataFrame) -> list[str]:
    return [*TILE_COLOURS, FAINT][: by_tile.shape[1]] if by_tile.shape[1] else []


def _draw_bars(axes: Axes, table: pd.DataFrame, colours: list[str]) -> None:
    """Stacked bars, one row a class, one colour a column."""
    start = np.zeros(len(table))
    for (name, values), colour in zip(table.items(), colours, strict=True):
        axes.barh(range(len(table)), values, left=start, height=0.7, color=colour, label=str(name))
        start += values.to_numpy()


def _write_totals(axes: Axes, totals: np.ndarray) -> None:
    most = max(totals.max(initial=0), 1)
    axes.set_xlim(0, most * 1.15)
    for row, total in enumerate(totals):
        axes.text(total + most * 0.01, row, f"{int(total):,}", va="center", fontsize=8)
