"""Seams between tiles, and scores of the maps that are made from others."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tilefold.report.table import Link, Table, count, number, percent, side_words, starts


def seam_table(seams: Mapping[str, pd.DataFrame], links: list[Link]) -> Table:
    """How visible the lines between tiles are on the map of each run."""
    rows, keys = [], []
    for run, table in seams.items():
        for row in table.to_dict("records"):
            rows.append(
                [
                    *(run, f"{row['tile']}, {row['other']}", number(row["seam"], 2)),
                    *(percent(row["line_share"]), percent(row["inside_share"]), count(row["line_pairs"])),
                    *(percent(row["overlap_share"]), count(row["overlap_pixels"])),
                ]
            )
            keys.append(run)
    columns = [
        *("run", "tiles", "seam", "changes on the line", "changes beside it", "pairs on the line"),
        *("tiles disagree", "overlap (pixels)"),
    ]
    caption = (
        "Seams: how often labels change across the line between two tiles, over the mean of parallel lines 5 to 50 "
        "pixels inside. 1: the line cannot be seen. Tiles disagree: share of the pixels of both tiles of two labels."
    )
    return Table(caption, columns, rows, links, (0, 1), starts(keys))


def vote_table(votes: Mapping[str, pd.DataFrame], names: Mapping[int, str], links: list[Link]) -> Table:
    """How far the maps of several seeds disagree, by class and fold.

    Parameters
    ----------
    votes
        Tables of `measure_votes` by fold.
    names
        Code and label of each class, by code.
    links
        Their files.
    """
    rows = []
    for position, label in enumerate(["all pixels", *names.values()]):
        cells = [label]
        for table in votes.values():
            row = table.iloc[position]
            cells += [number(row["entropy"]), percent(row["differing"]), count(row["pixels"])]
        rows.append(cells)
    columns = ["class with most votes"]
    columns += [f"{fold}: {name}" for fold in votes for name in ("mean entropy", "labels differ", "pixels")]
    caption = (
        "Where the maps of all seeds disagree: mean entropy of their labels (0: all agree, 1: no two do) and share "
        "of the pixels where not all have one label, by the class that most seeds give a pixel."
    )
    return Table(caption, columns, rows, links)


def map_score_table(scored: Mapping[str, pd.DataFrame], links: list[Link], caption: str) -> Table:
    """Scores of maps side by side, on the same pixels.

    Parameters
    ----------
    scored
        Tables of `score_regularised` by run, or of `score_fused` by fold.
    links
        Their files.
    caption
        What is compared.
    """
    rows, keys = [], []
    for name, table in scored.items():
        for row in table.to_dict("records"):
            side = side_words(row["side"]) if "side" in row else "never trained on"
            scores = [number(row[key]) for key in ("oa", "kappa", "mean_f1")]
            rows.append(
                [name, str(row["map"]), side, *scores, count(row["n_pixels"]), count(row["n_polygons"])]
            )
            keys.append(name)
    columns = ["run", "map", "side", "OA", "kappa", "mean F1", "pixels", "polygons"]
    return Table(caption, columns, rows, links, (0, 1, 2), starts(keys))
