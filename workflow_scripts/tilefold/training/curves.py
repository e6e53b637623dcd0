"""Learning curves as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tilefold.storage.whole import whole_file
from tilefold.training.state import Row

_SCORES = {"oa": "overall accuracy", "kappa": "kappa", "fscore": "mean F-score"}


def draw_curves(path: Path | str, history: Sequence[Row], title: str) -> None:
    """Draw losses and scores by epoch as a PNG whose bytes depend on the history and the title alone.

    Parameters
    ----------
    path
        The PNG to write.
    history
        One row for each epoch, with the columns of the history table.
    title
        Heading.
    """
    epochs = [row["epoch"] for row in history]
    # The user's own style file must not change the picture.
    with mpl.rc_context(mpl.rcParamsDefault), whole_file(path) as temporary:
        figure = Figure(figsize=(10, 4), dpi=100, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        losses, scores = figure.subplots(1, 2)
        for part, style in (("train", ".--"), ("validation", ".-")):
            losses.plot(epochs, _column(history, f"{part}_loss"), style, color="black", label=part)
            for number, (name, label) in enumerate(_SCORES.items()):
                values = _column(history, f"{part}_{name}")
                scores.plot(epochs, values, style, color=f"C{number}", label=f"{label}, {part}")
        losses.set(xlabel="epoch", ylabel="loss (weighted cross-entropy)")
        scores.set(xlabel="epoch", ylabel="score", ylim=(min(0, *scores.get_ylim()), 1))
        for axes in (losses, scores):
            axes.xaxis.get_major_locator().set_params(integer=True)
        losses.legend()
        scores.legend(fontsize="small")
        figure.suptitle(title)
        canvas.print_png(temporary, metadata={"Software": None})


def _column(history: Sequence[Row], name: str) -> list[float]:
    values = [row[name] for row in history]
    return [float("nan") if value is None else value for value in values]
