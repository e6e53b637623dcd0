"""The figures of a finished run in a Markdown page, between two marks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from tilefold.report.marks import replace_marked_part
from tilefold.storage.tables import read_table
from tilefold.storage.whole import whole_file

#: Name of the marked part (see `marks`).
PART = "demo figures"
PICTURES = ("map.png", "folds.png")


def write_demo_figures(results: Path | str, page: Path | str, pictures: Path | str) -> None:
    """Replace what stands between the marks of a page by a run's fold table, and copy its pictures.

    Parameters
    ----------
    results
        Results folder of a finished run.
    page
        Markdown page with both marks.
    pictures
        Folder that the report's pictures are copied to.

    Raises
    ------
    ValueError
        If the page lacks the marks.
    """
    folds = read_table(Path(results) / "summary" / "folds.csv")
    gaps = read_table(Path(results) / "summary" / "gaps.csv")
    block = f"{picture_links(page, pictures)}\n{fold_table(folds, gaps)}"
    replace_marked_part(page, PART, block)
    for name in PICTURES:
        with whole_file(Path(pictures) / name) as temporary:
            shutil.copyfile(Path(results) / "report" / name, temporary)


def picture_links(page: Path | str, pictures: Path | str) -> str:
    """Markdown of the pictures, with paths relative to the page."""
    folder = Path(pictures).relative_to(Path(page).parent)
    return "".join(f"![{Path(name).stem} of the demo]({folder / name})\n\n" for name in PICTURES)


def fold_table(folds: pd.DataFrame, gaps: pd.DataFrame) -> str:
    """Markdown table: a row a fold, F1 over the common classes by side, and the gap with its interval."""
    sides = ["in_area", "out_of_area", "out_of_area_test", "reference"]
    lines = [
        f"| fold | {' | '.join(sides)} | transfer gap |",
        f"| --- |{' --- |' * (len(sides) + 1)}",
    ]
    scores = folds.set_index(["fold", "seed", "side"])["mean_f1_common"]
    for row in gaps.to_dict("records"):
        cells = [_number(scores[row["fold"], row["seed"], side]) for side in sides]
        interval = f" ({row['low']:.3f} to {row['high']:.3f})" if pd.notna(row["low"]) else ""
        lines.append(f"| {row['fold']} | {' | '.join(cells)} | {_number(row['gap'])}{interval} |")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return f"{value:.3f}" if pd.notna(value) else ""
