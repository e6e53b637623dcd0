"""Sites, run by run: classes' shares, classes that vanish, pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import rasterio
from matplotlib.figure import Figure

from tilefold.report.figures_maps import colour_image, frame_map
from tilefold.report.images import Picture, embed, new_figure
from tilefold.report.results import Results
from tilefold.report.table import Link, Table, percent, starts

#: Share of a site from which on a class is missed where a run does not find it.
NOTABLE = 0.01

#: Sites and runs that are drawn; all are in the table.
MOST_SITES, MOST_RUNS, PER_ROW = 12, 24, 6
PANEL = 1.7


def vanished(shares: pd.DataFrame, names: Mapping[int, str]) -> list[str]:
    """Classes that some run gives a notable share of a site, and others not a single pixel; a case a site and class.

    Parameters
    ----------
    shares
        Table of `summarise_sites`.
    names
        Code and label of each class, by code.
    """
    cases = []
    for (site, _), rows in shares[shares["class"].notna()].groupby(["site", "class"], sort=False):
        seen = rows[rows["share"].notna()]
        without = seen.loc[seen["pixels"] == 0, "run"].tolist()
        if without and seen["share"].max() >= NOTABLE:
            largest, code = seen.iloc[int(seen["share"].to_numpy(float).argmax())], int(rows["class"].iloc[0])
            cases.append(
                f"{site}, {names[code]}: no pixel in {', '.join(without)}; {percent(largest['share'])} of the "
                f"window in {largest['run']}."
            )
    return cases


def site_table(shares: pd.DataFrame, names: Mapping[int, str], link: Link) -> Table:
    """Shares of the classes of each site, a row a run."""
    rows, keys = [], []
    for (site, tile, run), found in shares.groupby(["site", "tile", "run"], sort=False):
        by_class = found[found["class"].notna()].set_index("class")
        nodata = found.loc[found["class"].isna(), "pixels"].sum() / found["pixels"].sum()
        cells = [percent(by_class.loc[code, "share"]) for code in names]
        rows.append([str(site), str(tile), str(run), *cells, percent(nodata)])
        keys.append(site)
    caption = (
        "Sites: share of each class, by code, of the pixels with a class, in each run; and of all pixels the share "
        "without one."
    )
    columns = ["site", "tile", "run", *(str(code) for code in names), "no class"]
    return Table(caption, columns, rows, [link], (0, 1, 2), starts(keys))


def site_pictures(results: Results) -> list[Picture]:
    """Each site as all runs map it, side by side."""
    found = []
    for site, rasters in list(results.sources.get("site_maps", {}).items())[:MOST_SITES]:
        drawn = dict(list(rasters.items())[:MOST_RUNS])
        more = "" if len(drawn) == len(rasters) else f" (the first {len(drawn)} of {len(rasters)})"
        text = (
            f"The site {site} as mapped by the runs {', '.join(drawn)}{more}, in the colours of the classes."
        )
        found.append(embed(site_figure(drawn, results.classes, site + more), text))
    return found


def site_figure(
    rasters: Mapping[str, Path | str], classes: Sequence[Mapping[str, Any]], title: str
) -> Figure:
    """One window as several runs classify it.

    Parameters
    ----------
    rasters
        Labels of each run.
    classes
        Each with `code` and `colour` (red, green, blue, 0 to 255).
    title
        Heading of the figure.
    """
    columns = min(PER_ROW, len(rasters))
    lines = math.ceil(len(rasters) / columns)
    with new_figure(PANEL * columns, PANEL * lines * 1.15 + 0.3) as figure:
        figure.suptitle(title, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        panels = figure.subplots(lines, columns, squeeze=False).ravel()
        for axes in panels[len(rasters) :]:
            axes.set_axis_off()
        for axes, (run, path) in zip(panels, rasters.items(), strict=False):
            with rasterio.open(path) as raster:
                labels = raster.read(1)
            frame_map(axes, "")
            axes.set_title(run.replace("/seed_", ", seed "), fontsize=7.5, fontweight="normal")
            axes.imshow(colour_image(labels, classes), interpolation="nearest")
    return figure
