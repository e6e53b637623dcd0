"""Features taken apart into valid polygons and points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from tilefold.ground_truth import reasons
from tilefold.ground_truth.marking import reject, unmarked
from tilefold.ground_truth.repeats import IDENTITY
from tilefold.ground_truth.shapes import SQUARE_METRES_PER_HECTARE, ground_m2, identities, usable_parts
from tilefold.ground_truth.summary import rows_of


def take_apart(
    features: geopandas.GeoDataFrame, settings: Mapping[str, Any]
) -> tuple[geopandas.GeoDataFrame, geopandas.GeoDataFrame, list[pd.DataFrame]]:
    """Valid polygons and points of the usable features, in canonical order.

    Parameters
    ----------
    features
        Features in the common CRS; those of which nothing is left get a reason in place.
    settings
        See `clean_ground_truth`.

    Returns
    -------
    pieces
        Columns as of `features`, with their own ``key`` and ``m2``.
    lines
        What is neither polygon nor point in features with usable parts, with its reason.
    repairs
        Rows of the table: what was mended.
    """
    used = np.flatnonzero(unmarked(features))
    parts, origin, others, others_origin = usable_parts(features.geometry.to_numpy()[used])
    counts = np.bincount(origin, minlength=len(used))
    only_others = np.isin(np.arange(len(used)), others_origin) & (counts == 0)
    reject(features, used[only_others], reasons.WRONG_KIND)
    reject(features, used[(counts == 0) & ~only_others], reasons.NO_AREA)
    beside = counts[others_origin] > 0
    lines = _parts_of(features, used[others_origin[beside]], others[beside])
    lines["m2"] = 0.0
    reject(lines, np.arange(len(lines)), reasons.WRONG_KIND)
    pieces = _parts_of(features, used[origin], shapely.normalize(parts))
    pieces["m2"] = ground_m2(parts, settings["crs"], settings.get("pixel"))
    after = np.bincount(origin, pieces["m2"], len(used))
    repairs = _repairs(features.iloc[used], counts, after)
    pieces["key"] = identities(pieces.geometry.to_numpy())[1]
    return in_canonical_order(pieces), lines, repairs


def in_canonical_order(pieces: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Order by file (test first), lasting id, code, what else the fields say, and geometry."""
    tied = pieces.duplicated(["source", *IDENTITY], keep=False).to_numpy()
    shape = np.full(len(pieces), b"", object)
    shape[tied] = shapely.to_wkb(pieces.geometry.to_numpy()[tied], byte_order=1)
    ordered = pieces.assign(shape=shape).sort_values(
        ["source", *IDENTITY, "shape"], ascending=[False, *[True] * len(IDENTITY), True], kind="stable"
    )
    return ordered.drop(columns="shape").reset_index(drop=True)


def _parts_of(features: geopandas.GeoDataFrame, rows: Any, shapes: Any) -> geopandas.GeoDataFrame:
    return features.iloc[rows].reset_index(drop=True).set_geometry(shapes, crs=features.crs)


def _repairs(features: geopandas.GeoDataFrame, counts: Any, after: Any) -> list[pd.DataFrame]:
    """Rows of the table for features with several parts and for those that repair changed."""
    change = (after - features["m2"].to_numpy()) / SQUARE_METRES_PER_HECTARE
    broken = ~shapely.is_valid(features.geometry.to_numpy()) & (counts > 0)
    several = features[counts > 1]
    return [
        rows_of(several, reasons.REPAIRED, reasons.TAKEN_APART, np.zeros(len(several))),
        *(
            rows_of(features[which], reasons.REPAIRED, reason, change[which])
            for reason, which in (
                (reasons.AREA_GAINED, broken & (change > 0)),
                (reasons.AREA_LOST, broken & (change <= 0)),
            )
        ),
    ]
