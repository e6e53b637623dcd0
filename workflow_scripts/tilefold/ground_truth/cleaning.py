"""Cleaning of reference data: what is used, and why the rest is not."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.ground_truth.files import reference_table, told_features
from tilefold.ground_truth.intake import read_file
from tilefold.ground_truth.marking import unmarked
from tilefold.ground_truth.overlaps import KEEP, REPLACED, describe_overlaps, find_overlaps, resolve_overlaps
from tilefold.ground_truth.parts import in_canonical_order, take_apart
from tilefold.ground_truth.reading import LAYER, GroundTruthError
from tilefold.ground_truth.reasons import MAIN, NOTED, OTHER_FILE, OVERLAPS, READ, REJECTION, TEST, USED
from tilefold.ground_truth.repeats import reject_contradictions, reject_groups_in_test, reject_repeats
from tilefold.ground_truth.shapes import ground_m2
from tilefold.ground_truth.slivers import note_slivers, reject_slivers
from tilefold.ground_truth.summary import rows_of, summarise_cleaning
from tilefold.storage.tables import write_layers, write_table, write_vector

REJECTED_LAYER, NOTED_LAYER = "rejected", "noted"

logger = logging.getLogger(__name__)


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


def clean_ground_truth(
    source: Path | str,
    settings: Mapping[str, Any],
    *,
    reference: Path | str,
    rejected: Path | str,
    table: Path | str,
    test: Path | str | None = None,
) -> pd.DataFrame:
    """Make the clean reference; every feature or part that is not used is written with its reason.

    The order of features in the files changes nothing: rows are ordered by file (test first, so that ground of
    both is test), lasting id, code and geometry.

    Parameters
    ----------
    source
        Vector file with polygons or points, in any format that GDAL reads.
    settings
        ``class_field``; ``fields`` by purpose (None or absent: no field): ``id`` (without it ids are digests of the
        source's geometries), ``group`` (polygons with one value form a group), ``split``, ``fold``; ``codes`` of the
        nomenclature; ``names`` (codes by plain name, see `class_codes`); ``layer``, ``test_layer`` (None: the
        first); ``source_crs`` (of a file that names none); ``crs`` (of what is written); ``overlaps`` (keep, clip,
        reject); ``min_area``, ``min_width`` (smaller, narrower parts are rejected; square metres, metres; 0: none);
        ``pixel`` (width and height in metres; None: not known).
    reference
        GeoPackage to write, layer ``reference``: ``polygon`` (int32, from 1), ``group`` (int32, from 1: parts
        of one original share it, and features with one value in the group field), ``id`` (str), ``group_id``
        (str: the value in the group field, else ``id``), ``code`` (int32), ``split_value``, ``fold_value`` (str,
        empty without a field or value; "test" in the split of the test file), polygons and points in ``crs``.
    rejected
        GeoPackage to write: layer ``rejected`` with ``reason``, ``detail``, ``source`` (main, test), ``id``,
        ``class_value`` (str), geometry or None; layer ``noted`` with the same of overlaps (the common ground) and of
        used polygons under the size of a pixel.
    table
        CSV to write, see `summarise_cleaning`. In hectares, what was read and what repair added or took makes what
        was rejected and what is used.
    test
        Vector file of test polygons, with the same fields but that of ``split``.

    Returns
    -------
    pandas.DataFrame
        The table.

    Raises
    ------
    GroundTruthError
        If a header lacks what is needed, or if nothing is left.
    """
    files = [(source, MAIN), *([(test, TEST)] if test is not None else [])]
    features = pd.concat([read_file(path, kind, settings) for path, kind in files], ignore_index=True)
    found = sort_out(features, settings)
    if found.kept.empty:
        counts = found.refused["reason"].value_counts()
        raise GroundTruthError(
            f"{source}: none of {len(features)} features can be used; reasons: "
            + "; ".join(f"{reason} ({count})" for reason, count in counts.items())
        )
    pixel = settings.get("pixel")
    summary = summarise_cleaning(found.rows, settings["codes"], pixel[0] * pixel[1] if pixel else None)
    crs = features.crs
    write_vector(reference, reference_table(found.kept), LAYER)
    write_layers(
        rejected,
        {REJECTED_LAYER: told_features(found.refused, crs), NOTED_LAYER: told_features(found.noted, crs)},
    )
    write_table(table, summary)
    counts = len(features), len(found.kept), len(found.refused)
    logger.info("%d features read, %d polygons or points kept, %d rejected", *counts)
    return summary


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
