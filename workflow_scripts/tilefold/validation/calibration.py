"""Whether confidence means what it says: reliability by bins of confidence, and risk against coverage.

The confidence is the probability of the predicted class in per cent, rounded, as in the maps. Expected calibration
error: Naeini et al. 2015, with the bins of Guo et al. 2017, (0, 10], (10, 20], ... (90, 100].
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tilefold.validation.sides import side_rows

BINS = 10
WIDTH = 100 // BINS
RELIABILITY_COLUMNS = ["side", "class", "from", "to", "n_pixels", "confidence", "accuracy"]
RISK_COLUMNS = ["side", "confidence", "n_pixels", "coverage", "risk"]
SCORE_COLUMNS = ["class", "n_pixels", "confidence", "accuracy", "ece"]


def reliability(pixels: pd.DataFrame, sides: Sequence[str], nodata: int) -> pd.DataFrame:
    """Mean confidence and accuracy of each bin of confidence, of all pixels and by predicted class.

    Parameters
    ----------
    pixels
        Predicted pixels of a run: `code`, `predicted`, `confidence` (0 to 100), `role`, `held_out_pixel`.
    sides
        Sides of the run.
    nodata
        Predicted value that means no class; such pixels have no confidence and are left out.

    Returns
    -------
    DataFrame
        `RELIABILITY_COLUMNS`; `class` is empty for all pixels together, `from` not included, `to` included (per
        cent), `confidence` and `accuracy` as shares. Only bins that hold a pixel have a row.
    """
    parts = []
    for side in sides:
        seen = _seen(side_rows(pixels, side), nodata)
        parts += [_bins(seen, side, by_class=False), _bins(seen, side, by_class=True)]
    return pd.concat(parts, ignore_index=True)[RELIABILITY_COLUMNS]


def risk_coverage(pixels: pd.DataFrame, sides: Sequence[str], nodata: int) -> pd.DataFrame:
    """Share of pixels that are wrong among those with at least a given confidence, and how many they are.

    Parameters and pixels left out are those of `reliability`.

    Returns
    -------
    DataFrame
        `RISK_COLUMNS`, by side from the highest confidence that occurs: `n_pixels` with this confidence or more,
        `coverage` their share of all classified pixels, `risk` the share of them that is wrong.
    """
    parts = []
    for side in sides:
        seen = _seen(side_rows(pixels, side), nodata)
        by_value = seen.groupby("confidence")["right"].agg(["size", "sum"]).sort_index(ascending=False)
        numbers, right = by_value["size"].cumsum(), by_value["sum"].cumsum()
        part = pd.DataFrame(
            {
                "side": side,
                "confidence": by_value.index.to_numpy(),
                "n_pixels": numbers.to_numpy(),
                "coverage": numbers.to_numpy() / max(len(seen), 1),
                "risk": 1 - right.to_numpy() / numbers.to_numpy(),
            }
        )
        parts.append(part)
    return pd.concat(parts, ignore_index=True)[RISK_COLUMNS]


def calibration_scores(bins: pd.DataFrame) -> pd.DataFrame:
    """Expected calibration error, mean confidence and accuracy, of all pixels (empty `class`) and by class.

    Parameters
    ----------
    bins
        Rows of `reliability`; those of several runs or sides are taken together.

    Returns
    -------
    DataFrame
        `SCORE_COLUMNS`.
    """
    merged = merge_bins(bins)
    gap = merged["n_pixels"] * (merged["confidence"] - merged["accuracy"]).abs()
    rows = []
    for code, part in merged.groupby("class", dropna=False, sort=True):
        weights = part["n_pixels"]
        means = [float(np.average(part[name], weights=weights)) for name in ("confidence", "accuracy")]
        rows.append((code, int(weights.sum()), *means, float(gap[part.index].sum() / weights.sum())))
    return pd.DataFrame(rows, columns=SCORE_COLUMNS).astype({"class": "Int64"})


def merge_bins(bins: pd.DataFrame) -> pd.DataFrame:
    """Bins of several runs or sides as one: numbers are summed, means weighed by them."""
    sums = bins.assign(
        confidence=bins["confidence"] * bins["n_pixels"], accuracy=bins["accuracy"] * bins["n_pixels"]
    )
    keys = ["class", "from", "to"]
    total = sums.groupby(keys, dropna=False)[["n_pixels", "confidence", "accuracy"]].sum().reset_index()
    for name in ("confidence", "accuracy"):
        total[name] /= total["n_pixels"]
    return total


def _seen(rows: pd.DataFrame, nodata: int) -> pd.DataFrame:
    seen = rows[rows["predicted"] != nodata]
    return seen.assign(right=seen["predicted"] == seen["code"])[["predicted", "confidence", "right"]]


def _bins(seen: pd.DataFrame, side: str, *, by_class: bool) -> pd.DataFrame:
    place = np.maximum(np.ceil(seen["confidence"].to_numpy() / WIDTH).astype(np.int64), 1)
    table = seen.assign(to=place * WIDTH, predicted=seen["predicted"].astype("Int64"))
    if not by_class:
        table["predicted"] = pd.array([pd.NA] * len(table), "Int64")
    grouped = table.groupby(["predicted", "to"], dropna=False, sort=True)
    found = grouped.agg(
        n_pixels=("right", "size"), confidence=("confidence", "mean"), accuracy=("right", "mean")
    )
    found = found.reset_index().rename(columns={"predicted": "class"})
    found["from"] = found["to"] - WIDTH
    return found.assign(side=side, confidence=found["confidence"] / 100)
