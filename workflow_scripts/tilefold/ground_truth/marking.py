"""Giving reasons to features that are not used; the first reason stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def unmarked(features: pd.DataFrame) -> pd.Series[bool]:
    """Features that have no reason yet."""
    return features["reason"] == ""


def reject(features: pd.DataFrame, where: Any, reason: str, detail: Any = "") -> None:
    """Give a reason to features that have none yet.

    Parameters
    ----------
    features
        Table with the columns ``reason`` and ``detail``, changed in place; its index is 0, 1, 2, ...
    where
        A mask over all features, or their index.
    reason, detail
        What is wrong; the detail as one text or as one for each feature of `where`.
    """
    places = np.asarray(where)
    if places.dtype == bool:
        places = np.flatnonzero(places)
    details = np.broadcast_to(np.asarray(detail, object), places.shape)
    fresh = unmarked(features).to_numpy()[places]
    features.loc[places[fresh], "reason"] = reason
    features.loc[places[fresh], "detail"] = details[fresh]
