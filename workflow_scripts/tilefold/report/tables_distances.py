"""Table of out-of-area scores by distance from the nearest training polygon."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tilefold.report.table import NOTHING, Link, Table, count, number, starts


def distance_table(distances: Mapping[str, pd.DataFrame], links: list[Link]) -> Table:
    """Scores of each class of distances, over the folds of each seed.

    Parameters
    ----------
    distances
        Tables of `score_distances`, by run.
    links
        Their files.
    """
    table = pd.concat(list(distances.values()), ignore_index=True)
    rows, keys = [], []
    for (seed, low), part in table.groupby(["seed", "from_m"]):
        limits = (
            f"{low:g} or more" if pd.isna(part["to_m"].iloc[0]) else f"{low:g} to {part['to_m'].iloc[0]:g}"
        )
        known = part[part["n_pixels"] > 0]
        rows.append(
            [
                str(seed),
                limits,
                count(len(known)),
                count(part["n_pixels"].sum()),
                count(part["n_polygons"].sum()),
                number(
                    (known["oa"] * known["n_pixels"]).sum() / known["n_pixels"].sum() if len(known) else None
                ),
                _span(known["oa"]),
                number(known["mean_f1"].mean()),
                _span(known["mean_f1"]),
            ]
        )
        keys.append(seed)
    columns = ["seed", "distance (m)", "folds", "pixels", "polygons", "OA of all pixels", "OA by fold"]
    columns += ["mean of mean F1", "mean F1 by fold"]
    caption = (
        "Out-of-area scores by distance from the nearest pixel of a polygon that trains in the fold. Where they fall "
        "with distance, near pixels flatter the model; classes and polygons differ between the rows too."
    )
    return Table(caption, columns, rows, links, (0, 1), starts(keys))


def _span(values: pd.Series[float]) -> str:
    known = values.dropna()
    if len(known) < 2:
        return NOTHING
    return f"{number(known.min())} to {number(known.max())}"
