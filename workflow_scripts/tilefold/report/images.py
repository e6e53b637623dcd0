"""Figures as PNG: the same bytes for the same data, without a window system."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tilefold.storage.whole import whole_file

DOTS_PER_INCH = 144
INK = "#1f2933"
FAINT = "#c9d1d9"

#: Blue for what a model knows, orange for what it never saw: told apart by most eyes and in print.
IN_AREA_COLOUR = "#2563a8"
OUT_OF_AREA_COLOUR = "#c2571a"

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#e4e8ec",
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "legend.frameon": False,
    "svg.hashsalt": "tilefold",
}


@dataclass(frozen=True)
class Picture:
    """An image of the page: a data URI, what it shows in words, and the width it was drawn for in CSS pixels."""

    source: str
    text: str
    width: int


@contextmanager
def new_figure(width: float, height: float) -> Iterator[Figure]:
    """Figure of a size in inches, with the project's style."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def to_png(figure: Figure) -> bytes:
    """PNG without date or software name."""
    buffer = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(
            buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None}, facecolor="white"
        )
    return buffer.getvalue()


def write_png(path: Path | str, figure: Figure) -> None:
    """Write a PNG file whole."""
    content = to_png(figure)
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


def embed(figure: Figure, text: str) -> Picture:
    """Figure as an image that needs no file beside the page.

    Parameters
    ----------
    figure
        The figure.
    text
        What it shows, for those who cannot see it.
    """
    code = base64.b64encode(to_png(figure)).decode("ascii")
    return Picture(f"data:image/png;base64,{code}", text, round(figure.get_figwidth() * 96))
