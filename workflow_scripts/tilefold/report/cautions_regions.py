"""Cautions about regions: those that a run has no model for."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tilefold.regions.names import ALL

#: What happens to pixels whose region has no model, by `regions.fallback`.
CONSEQUENCES = {
    "none": "The map has no class there, and test pixels there are errors in OA with nodata.",
    "global": "The model of all regions classifies them.",
    "nearest": "The model of the nearest region that has one classifies them.",
}


def without_model(rates: Mapping[str, pd.DataFrame], fallback: str | None) -> list[str]:
    """Regions that a run has no model for, with the reason; a case a run.

    Parameters
    ----------
    rates
        Samples of each run by region and class: `region`, `learn`, `validation`.
    fallback
        `regions.fallback`; None without regions.
    """
    if fallback is None:
        return []
    cases = []
    for run, table in rates.items():
        items = []
        for region, part in own_regions(table).groupby("region", sort=False):
            if not part["learn"].sum():
                items.append(f"{region} (no learn pixel)")
            elif not part.loc[part["learn"] > 0, "validation"].sum():
                items.append(f"{region} (no validation pixel of a class with learn pixels)")
        if items:
            cases.append(f"{run}: {', '.join(items)}. {CONSEQUENCES[fallback]}")
    return cases


def own_regions(rates: pd.DataFrame) -> pd.DataFrame:
    """Rates of the regions alone, without those of all regions together that come besides."""
    table = rates.assign(region=rates["region"].astype(str))
    rest = table[table["region"] != ALL]
    return table if rest.empty else rest
