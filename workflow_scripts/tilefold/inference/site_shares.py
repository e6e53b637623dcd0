"""How much of each site each run gives to each class."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio

from tilefold.storage.tables import write_table

logger = logging.getLogger(__name__)


def summarise_sites(
    sites: Mapping[str, Mapping[str, Path | str]], settings: Mapping[str, Any], *, shares: Path | str
) -> None:
    """Write the classes' shares of each site and run.

    Parameters
    ----------
    sites
        Labels of each run, by the names of site and run.
    settings
        `codes`, `nodata`, `tiles` (of each site).
    shares
        CSV to write: `site`, `tile`, `run`, `class` (empty: pixels without a class), `pixels`, `share` (of the pixels
        with a class; empty without any).
    """
    codes = np.asarray(settings["codes"])
    rows = []
    for site, runs in sites.items():
        for run, path in runs.items():
            with rasterio.open(path) as raster:
                labels = raster.read(1)
            known = labels[labels != settings["nodata"]]
            pixels = np.bincount(np.searchsorted(codes, known), minlength=len(codes))
            table = pd.DataFrame({"class": pd.array([*codes, None], dtype="Int64")})
            table["pixels"] = [*pixels, labels.size - known.size]
            table["share"] = [*(pixels / known.size if known.size else np.full(len(codes), np.nan)), np.nan]
            rows.append(table.assign(site=site, tile=settings["tiles"][site], run=run))
    columns = ["site", "tile", "run", "class", "pixels", "share"]
    write_table(shares, pd.concat(rows, ignore_index=True)[columns])
    logger.info("%d sites of %d runs", len(sites), len(next(iter(sites.values()))))
