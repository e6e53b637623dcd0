"""The decision over all features: what is used, rejected, noted; and what the table tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.ground_truth.marking import unmarked
from tilefold.ground_truth.overlaps import KEEP, REPLACED, describe_overlaps, find_overlaps, resolve_overlaps
from tilefold.ground_truth.parts import in_canonical_order, take_apart
from tilefold.ground_truth.reasons import NOTED, OTHER_FILE, OVERLAPS, READ, REJECTION, USED
from tilefold.ground_truth.repeats import reject_contradictions, reject_groups_in_test, reject_repeats
from tilefold.ground_truth.shapes import ground_m2
from tilefold.ground_truth.slivers import note_slivers, reject_slivers
from tilefold.ground_truth.summary import rows_of


@dataclass(frozen=True)
class Outcome:
    """What is decided over the features.

    Attributes
    ----------
    kept
        Pieces that are used, in canonical order.
    refused, noted
        Features and pieces with a reason that are not used, or used and worth looking at.
    rows
        Rows of the table, see `summarise_cleaning`.
    """

    kept: geopandas.GeoDataFrame
    refused: geopandas.GeoDataFrame
    noted: pd.DataFrame
    rows: list[pd.DataFrame]


def sort_out(features: geopandas.GeoDataFrame, settings: Mapping[str, Any]) -> Outcome:
    """Decide over the features of both files; reasons are added in place."""
    reject_contradictions(features)
    reject_repeats(features)
    reject_groups_in_test(features)
    pieces, lines, repairs = take_apart(features, settings)
    reject_contradictions(pieces)
    reject_repeats(pieces)
    reject_slivers(pieces, settings)
    overlaps = find_overlaps(pieces)
    notes = _overlap_notes(pieces, overlaps)
    cut = resolve_overlaps(pieces, overlaps, settings.get("overlaps", KEEP))
    if len(cut):
        cut["m2"] = ground_m2(cut.geometry.to_numpy(), settings["crs"], settings.get("pixel"))
        reject_slivers(cut, settings)
        pieces = in_canonical_order(pd.concat([pieces[pieces["reason"] != REPLACED], cut], ignore_index=True))
    kept = pieces[unmarked(pieces)].reset_index(drop=True)
    refused = pd.concat([features[~unmarked(features)], lines, pieces[~unmarked(pieces)]])
    slivers = note_slivers(kept, settings)
    small = kept.iloc[slivers["row"]].assign(reason=slivers["reason"].to_numpy(object))
    noted = pd.concat([notes.features, small])
    rows = [
        rows_of(features, READ),
        *repairs,
        rows_of(refused, REJECTION, refused["reason"].to_numpy(object)),
        notes.rows,
        rows_of(small, NOTED, small["reason"].to_numpy(object)),
        rows_of(kept, USED),
    ]
    return Outcome(kept, refused, noted, rows)


@dataclass(frozen=True)
class _Notes:
    """Overlaps as features to look at, and as rows of the table."""

    features: pd.DataFrame
    rows: pd.DataFrame


def _overlap_notes(pieces: geopandas.GeoDataFrame, overlaps: geopandas.GeoDataFrame) -> _Notes:
    first, second = (pieces.iloc[overlaps[name]].reset_index(drop=True) for name in ("first", "second"))
    features = first.assign(
        reason=_overlap_reasons(second["code"], first["source"] == second["source"]),
        detail="with " + second["id"].astype(str),
        geometry=overlaps.geometry.to_numpy(),
    )
    sides = describe_overlaps(pieces, overlaps)
    sides["reason"] = _overlap_reasons(sides["code"], sides["same_file"])
    # A polygon that meets several of one class counts once.
    claims = sides.groupby(["row", "reason"], as_index=False).agg({"hectares": "sum"})
    rows = rows_of(pieces.iloc[claims["row"]], NOTED, claims["reason"].to_numpy(object), claims["hectares"])
    return _Notes(features, rows)


def _overlap_reasons(code: pd.Series[int], same_file: pd.Series[bool]) -> NDArray[np.object_]:
    text = code.astype(str)
    found: NDArray[np.object_] = np.where(
        same_file, OVERLAPS + " " + text, OVERLAPS + " " + text + " " + OTHER_FILE
    ).astype(object)
    return found
