"""Pictures of a training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tilefold.storage.whole import whole_file

_SCORES = {
    "oa": "overall accuracy",
    "kappa": "kappa",
    "precision": "mean precision",
    "recall": "mean recall",
    "fscore": "mean F-score",
}
_STYLES = {"train": ".--", "validation": ".-"}


def draw_loss(path: Path | str, history: pd.DataFrame, title: str) -> None:
    """Draw the losses on learn and validation samples, in decibels, as a PNG.

    The bytes of all pictures here depend on what is drawn and the title alone.

    Parameters
    ----------
    path
        The PNG to write.
    history
        One row for each epoch, with the columns of the history table.
    title
        Heading.
    """
    with _picture(path, title) as figure:
        axes = figure.subplots()
        for part, style in _STYLES.items():
            axes.plot(_epochs(history), history[f"{part}_loss_db"].astype(float), style, label=part)
        _dress(axes, "loss in dB (10 log10 of the weighted cross-entropy)")
        axes.legend()


def draw_scores(path: Path | str, history: pd.DataFrame, title: str) -> None:
    """Draw overall accuracy, kappa and mean precision, recall and F-score; see `draw_loss`.

    On the left each class has its share of the samples, on the right its share of the reference.
    """
    with _picture(path, title, panels=2) as figure:
        panels = figure.subplots(1, 2, sharey=True)
        for axes, (sort, words) in zip(
            panels, {"": "as sampled", "natural_": "at the shares of the reference"}.items(), strict=True
        ):
            for number, (name, label) in enumerate(_SCORES.items()):
                for part, style in _STYLES.items():
                    values = history[f"{part}_{sort}{name}"].astype(float)
                    axes.plot(_epochs(history), values, style, color=f"C{number}", label=f"{label}, {part}")
            _dress(axes, "score")
            axes.set_title(words, fontsize="medium")
        panels[0].set_ylim(min(0, *panels[0].get_ylim()), 1)
        panels[0].legend(fontsize="x-small", ncols=2)


def draw_class_fscores(path: Path | str, scores: pd.DataFrame, title: str) -> None:
    """Draw the F-score of each class on validation samples; see `draw_loss`.

    Parameters
    ----------
    path, title
        As for `draw_loss`.
    scores
        Table of `class_scores_table`.
    """
    validated = scores[scores["part"] == "validation"]
    colours = mpl.colormaps["tab20"].colors  # type: ignore[attr-defined]
    marks = ("-", "--", ":")
    with _picture(path, title) as figure:
        axes = figure.subplots()
        for number, (code, table) in enumerate(validated.groupby("code")):
            style = marks[number // len(colours) % len(marks)]
            colour = colours[number % len(colours)]
            axes.plot(
                _epochs(table), table["fscore"].astype(float), style, marker=".", color=colour, label=code
            )
        _dress(axes, "F-score on validation samples")
        axes.set_ylim(0, 1)
        if len(validated):
            figure.legend(title="class", fontsize="small", loc="outside right upper", ncols=2)


@contextmanager
def _picture(path: Path | str, title: str, panels: int = 1) -> Iterator[Figure]:
    """Yield a figure, written whole at the end; the user's own style file must not change it."""
    with mpl.rc_context(mpl.rcParamsDefault), whole_file(path) as temporary:
        figure = Figure(figsize=(3 + 3.5 * panels, 4), dpi=100, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        yield figure
        figure.suptitle(title)
        canvas.print_png(temporary, metadata={"Software": None})


def _dress(axes: Axes, words: str) -> None:
    axes.set(xlabel="epoch", ylabel=words)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _epochs(table: pd.DataFrame) -> list[int]:
    return [int(epoch) for epoch in table["epoch"]]
