"""Table of calibration by class, in area and out of area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from tilefold.report.table import NOTHING, Link, Table, count, number, side_words
from tilefold.validation.calibration import calibration_scores

FIGURES = {"ece": "ECE", "confidence": "mean confidence", "accuracy": "right"}


def temperature_table(temperatures: Mapping[str, pd.DataFrame], links: Sequence[Link]) -> Table:
    """Temperature of each model, with what it changes on the validation samples.

    Parameters
    ----------
    temperatures
        Tables of `scale_temperature`, by model.
    links
        Their files.
    """
    rows = []
    for model, table in temperatures.items():
        row = table.iloc[0]
        figures = [number(row[name]) for name in ("temperature", "nll", "nll_scaled", "ece", "ece_scaled")]
        rows.append([model, *figures, count(row["samples"])])
    columns = ["model", "temperature", "NLL before", "NLL after", "ECE before", "ECE after", "samples"]
    caption = (
        "Temperatures: what the logits are divided by, fitted on the validation samples, and negative log-likelihood "
        "and expected calibration error of these samples before and after."
    )
    return Table(caption, columns, rows, links)


def calibration_table(
    bins: Mapping[str, pd.DataFrame], names: Mapping[int, str], links: Sequence[Link]
) -> Table:
    """Expected calibration error, mean confidence and share of right pixels by predicted class and side.

    Parameters
    ----------
    bins
        By side, rows of `reliability` of all runs that are shown together.
    names
        Code and label of each class, by code.
    links
        Files of the bins.
    """
    scores = {side: calibration_scores(part).set_index("class") for side, part in bins.items() if len(part)}
    rows = []
    labels: dict[int | None, str] = {None: "all pixels"}
    labels |= dict(names.items())
    for code, label in labels.items():
        cells = [label]
        for table in scores.values():
            found = table[table.index.isna()] if code is None else table[table.index == code]
            row = found.iloc[0] if len(found) else None
            cells += [NOTHING if row is None else number(row[name]) for name in FIGURES]
            cells.append(NOTHING if row is None else count(row["n_pixels"]))
        rows.append(cells)
    headings = [*FIGURES.values(), "pixels"]
    columns = ["predicted class", *(f"{side_words(side)}: {name}" for side in scores for name in headings)]
    caption = (
        "Whether confidence means what it says: mean confidence and share of right pixels by predicted class, and "
        "expected calibration error (10 bins). The confidence is that of a world in which classes are as common as "
        "in the samples. In area: the runs all; out of area: all folds."
    )
    return Table(caption, columns, rows, links)
