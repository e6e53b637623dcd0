"""Cleaning of reference data: what is used, and why the rest is not."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tilefold.ground_truth.decision import sort_out
from tilefold.ground_truth.files import reference_table, told_features
from tilefold.ground_truth.intake import read_file
from tilefold.ground_truth.reading import LAYER, GroundTruthError
from tilefold.ground_truth.reasons import MAIN, TEST
from tilefold.ground_truth.summary import summarise_cleaning
from tilefold.storage.tables import write_layers, write_table, write_vector

REJECTED_LAYER, NOTED_LAYER = "rejected", "noted"

logger = logging.getLogger(__name__)


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
        ``class_value`` (str), geometry or None; layer ``noted`` with the same of overlaps and of used slivers.
    table
        CSV to write and table returned, see `summarise_cleaning`. In hectares, what was read and what repair added
        or took makes what was rejected and what is used.
    test
        Vector file of test polygons, with the same fields but that of ``split``.

    Raises
    ------
    GroundTruthError
        If a header lacks what is needed, or if nothing is left.
    """
    files = [(source, MAIN), *([(test, TEST)] if test is not None else [])]
    features = pd.concat([read_file(path, kind, settings) for path, kind in files], ignore_index=True)
    found = sort_out(features, settings)
    if found.kept.empty:
        raise GroundTruthError(_nothing_left(source, len(features), found.refused))
    write_vector(reference, reference_table(found.kept), LAYER)
    layers = {REJECTED_LAYER: found.refused, NOTED_LAYER: found.noted}
    write_layers(rejected, {name: told_features(layer, features.crs) for name, layer in layers.items()})
    summary = summarise_cleaning(found.rows, settings["codes"], settings.get("pixel"))
    write_table(table, summary)
    counts = len(features), len(found.kept), len(found.refused)
    logger.info("%d features read, %d polygons or points kept, %d rejected", *counts)
    return summary


def _nothing_left(source: Path | str, read: int, refused: pd.DataFrame) -> str:
    counts = "; ".join(f"{reason} ({count})" for reason, count in refused["reason"].value_counts().items())
    return f"{source}: none of {read} features can be used; reasons: {counts}"
