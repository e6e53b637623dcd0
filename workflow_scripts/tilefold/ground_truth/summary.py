"""The table of a cleaning: by class, what was read, mended, rejected, noted and is used."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from tilefold.ground_truth.reasons import MAIN, READ, STEPS, USED
from tilefold.ground_truth.shapes import SQUARE_METRES_PER_HECTARE

KEYS = ["source", "code", "class_value", "step", "reason"]


def rows_of(features: pd.DataFrame, step: str, reason: object = "", hectares: object = None) -> pd.DataFrame:
    """One row for each feature, to be summed.

    Parameters
    ----------
    features
        Table with ``source``, ``code``, ``class_value``, ``m2``.
    step, reason
        What the rows tell; the reason as one text or as one for each feature.
    hectares
        Ground of each feature. Default: its ``m2``.
    """
    ground = features["m2"] / SQUARE_METRES_PER_HECTARE if hectares is None else hectares
    return pd.DataFrame(
        {
            "source": features["source"].to_numpy(object),
            "code": features["code"].astype("Int64").array,
            "class_value": features["class_value"].to_numpy(object),
            "step": step,
            "reason": reason,
            "features": 1,
            "hectares": np.asarray(ground, np.float64),
        }
    )


def summarise_cleaning(
    rows: list[pd.DataFrame], codes: Collection[int], pixel: Sequence[float] | None
) -> pd.DataFrame:
    """Sum rows by file, class, step and reason.

    Parameters
    ----------
    rows
        Tables that `rows_of` made.
    codes
        Of the nomenclature: each has a row of the main file for what was read and what is used.
    pixel
        Width and height of a pixel in metres; None: not known.

    Returns
    -------
    pandas.DataFrame
        ``source``, ``code`` (Int64, null for a value that is none), ``class_value`` (where the value is none),
        ``step``, ``reason``, ``features``, ``pixels`` (hectares over the area of a pixel; null if not known),
        ``hectares``.
    """
    absent = pd.DataFrame(
        {
            "source": MAIN,
            "code": pd.array(np.repeat(list(codes), 2), "Int64"),
            "class_value": "",
            "step": [READ, USED] * len(codes),
            "reason": "",
            "features": 0,
            "hectares": 0.0,
        }
    )
    every = pd.concat([*rows, absent], ignore_index=True)
    every["class_value"] = every["class_value"].where(every["code"].isna(), "")
    every["step"] = pd.Categorical(every["step"], STEPS, ordered=True)
    # Sums of floats depend on the order of what is summed; the order of features must not matter.
    every = every.sort_values([*KEYS, "hectares"], kind="stable")
    table = every.groupby(KEYS, dropna=False, observed=True, as_index=False, sort=True).sum()
    pixels = table["hectares"] * SQUARE_METRES_PER_HECTARE / (pixel[0] * pixel[1]) if pixel else np.nan
    table.insert(len(KEYS) + 1, "pixels", pixels)
    return table.round({"pixels": 1, "hectares": 4}).assign(step=table["step"].astype(str))
