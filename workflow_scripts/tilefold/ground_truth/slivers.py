"""Polygons that are smaller or narrower than what can be seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from tilefold.ground_truth import reasons
from tilefold.ground_truth.marking import reject, unmarked
from tilefold.ground_truth.shapes import POLYGON, narrower


def reject_slivers(pieces: geopandas.GeoDataFrame, settings: Mapping[str, Any]) -> None:
    """Reject usable polygons under `min_area` or `min_width`."""
    reject(pieces, _small(pieces, settings.get("min_area", 0.0)), reasons.TOO_SMALL)
    reject(pieces, _narrow(pieces, settings.get("min_width", 0.0)), reasons.TOO_NARROW)


def note_slivers(pieces: geopandas.GeoDataFrame, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Usable polygons under the size of a pixel: ``row`` of the pieces and ``reason``, each polygon once."""
    if not settings.get("pixel"):
        return pd.DataFrame({"row": np.empty(0, np.intp), "reason": np.empty(0, object)})
    width, height = settings["pixel"]
    small = _small(pieces, width * height)
    narrow = _narrow(pieces, min(width, height)) & ~small
    row = np.concatenate([np.flatnonzero(small), np.flatnonzero(narrow)])
    reason = np.repeat(np.array([reasons.SUB_PIXEL, reasons.NARROW], object), [small.sum(), narrow.sum()])
    return pd.DataFrame({"row": row, "reason": reason})


def _usable_polygons(pieces: geopandas.GeoDataFrame) -> NDArray[np.bool_]:
    usable: NDArray[np.bool_] = unmarked(pieces).to_numpy()
    return usable & (shapely.get_type_id(pieces.geometry.to_numpy()) == POLYGON)


def _small(pieces: geopandas.GeoDataFrame, area: float) -> NDArray[np.bool_]:
    return _usable_polygons(pieces) & (pieces["m2"].to_numpy() < area)


def _narrow(pieces: geopandas.GeoDataFrame, width: float) -> NDArray[np.bool_]:
    found = np.zeros(len(pieces), bool)
    if width > 0:
        rows = np.flatnonzero(_usable_polygons(pieces))
        found[rows] = narrower(pieces.geometry.to_numpy()[rows], pieces.crs, width)
    return found
