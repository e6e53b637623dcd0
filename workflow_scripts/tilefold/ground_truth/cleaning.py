"""Cleaning of reference polygons: what is used, and why the rest is not."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from tilefold.ground_truth.features import read_features
from tilefold.ground_truth.reading import LAYER, GroundTruthError
from tilefold.ground_truth.shapes import (
    POLYGONAL,
    SQUARE_METRES_PER_HECTARE,
    areas_m2,
    canonical_bytes,
    digests,
    polygonal_parts,
    reproject,
)
from tilefold.storage.tables import write_table, write_vector

REJECTED_LAYER = "rejected"
KEPT = "kept"

logger = logging.getLogger(__name__)


def clean_ground_truth(
    source: Path | str,
    settings: Mapping[str, Any],
    *,
    reference: Path | str,
    rejected: Path | str,
    table: Path | str,
) -> None:
    """Make the clean reference polygons; every feature that is not used is written with its reason.

    The order of features in the source changes nothing: rows are ordered by lasting id, code and geometry.

    Parameters
    ----------
    source
        Vector file in any format that GDAL reads.
    settings
        ``layer`` (None: the first), ``class_field``, ``codes`` (of the nomenclature), ``crs`` (of what is
        written), ``fields`` by purpose (None or absent: no field): ``id`` (without it ids are digests of the source's
        geometries), ``group`` (polygons with one value form a group), ``split``, ``fold``; ``min_area``
        (smaller parts are rejected; square metres; 0: none).
    reference
        GeoPackage to write, layer ``reference``: ``polygon`` (int32, from 1), ``group`` (int32, from 1: parts
        of one original share it, and features with one value in the group field), ``id`` (str), ``group_id``
        (str: the value in the group field, else ``id``), ``code`` (int32), ``split_value``, ``fold_value`` (str,
        empty without a field or value), polygons in ``crs``.
    rejected
        GeoPackage to write, layer ``rejected``: ``reason``, ``id``, ``class_value`` (str), geometry or None.
    table
        CSV to write: ``code``, ``reason`` ("kept" or the reason), ``features``, ``hectares``.

    Raises
    ------
    GroundTruthError
        If the header lacks what is needed, or if nothing is left.
    """
    features = read_features(source, settings.get("layer"), settings["class_field"], settings["fields"])
    kept, refused = _sort_out(features, settings)
    if kept.empty:
        counts = refused["reason"].value_counts()
        raise GroundTruthError(
            f"{source}: none of {len(features)} features can be used; reasons: "
            + "; ".join(f"{reason} ({count})" for reason, count in counts.items())
        )
    write_vector(reference, kept, LAYER)
    write_vector(rejected, refused.drop(columns="code"), REJECTED_LAYER)
    write_table(table, _summary(kept, refused, settings["codes"]))
    logger.info("%d features read, %d polygons kept, %d rejected", len(features), len(kept), len(refused))


def _sort_out(
    features: geopandas.GeoDataFrame, settings: Mapping[str, Any]
) -> tuple[geopandas.GeoDataFrame, geopandas.GeoDataFrame]:
    """Polygons that are used, and features (or parts) that are not, with their reasons."""
    crs = settings["crs"]
    _identify(features)
    _reject_features(features, settings["codes"])
    given = features.geometry.to_numpy()
    carried = reproject(given, features.crs, crs)
    _reject(features, shapely.is_missing(carried) & ~shapely.is_missing(given), f"outside the area of {crs}")
    features = features.set_geometry(carried, crs=crs)

    used = np.flatnonzero(features["reason"] == "")
    parts, origin = polygonal_parts(carried[used])
    _reject(
        features,
        np.isin(np.arange(len(features)), np.delete(used, origin)),
        "no area left after repair",
    )
    pieces = features.iloc[used[origin]].set_geometry(shapely.normalize(parts), crs=crs)
    pieces = pieces.reset_index(drop=True)
    if settings.get("min_area"):
        _reject(pieces, areas_m2(parts, crs) < settings["min_area"], "smaller than min_area")
    rejected = [table[table["reason"] != ""] for table in (features, pieces)]
    return _numbered(pieces[pieces["reason"] == ""]), _refused(pd.concat(rejected))


def _identify(features: geopandas.GeoDataFrame) -> None:
    """Add the canonical bytes (`shape`), the lasting `id`, the `group_id` and an empty `reason`.

    A feature without a value in the id field falls back to the digest of its geometry, one without a value in the
    group field is a group of its own.
    """
    features["shape"] = canonical_bytes(features.geometry.to_numpy())
    given = features["given_id"].to_numpy(object)
    features["id"] = np.where(given != "", given, digests(features["shape"].to_numpy(object)))
    group = features["given_group"].to_numpy(object)
    features["group_id"] = np.where(group != "", group, features["id"])
    features["reason"] = ""


def _reject(features: geopandas.GeoDataFrame, mask: Any, reason: str) -> None:
    """Give a reason to the features of a mask that have none yet."""
    features.loc[np.asarray(mask, bool) & (features["reason"] == "").to_numpy(), "reason"] = reason


def _reject_features(features: geopandas.GeoDataFrame, codes: Collection[int]) -> None:
    """Give reasons to features that cannot be used whatever the CRS."""
    geometry = features.geometry.to_numpy()
    code = features["code"]
    _reject(features, ~features["readable"], "unreadable geometry")
    _reject(features, shapely.is_missing(geometry), "null geometry")
    _reject(features, shapely.is_empty(geometry), "empty geometry")
    _reject(features, ~np.isin(shapely.get_type_id(geometry), POLYGONAL), "not a polygon")
    _reject(features, features["class_value"] == "", "null class")
    _reject(features, code.isna(), "class is not an integer")
    _reject(features, ~code.isin(list(codes)), "class not in nomenclature")

    # A shape that is also labelled outside the nomenclature is contradictory too, so all codes count here.
    labelled = features[code.notna() & (features["shape"].map(len) > 0)]
    contradictory = labelled.groupby("shape")["code"].nunique()
    conflict = features["shape"].isin(contradictory.index[contradictory > 1])
    _reject(features, conflict, "same geometry with different classes")

    usable = features.loc[features["reason"] == "", ["shape", "id"]].sort_values(
        ["shape", "id"], kind="stable"
    )
    repeated = usable.index[usable.duplicated("shape")]
    _reject(features, features.index.isin(repeated), "duplicate geometry")


def _numbered(pieces: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Usable parts in canonical order, with `polygon` and `group`."""
    order = pieces.assign(shape=shapely.to_wkb(pieces.geometry.to_numpy(), byte_order=1))
    order = order.sort_values(["id", "code", "shape"], kind="stable")
    _, rank = np.unique(order["group_id"].to_numpy(str), return_inverse=True)
    return geopandas.GeoDataFrame(
        {
            "polygon": np.arange(1, len(order) + 1, dtype=np.int32),
            "group": rank.astype(np.int32) + np.int32(1),
            "id": order["id"].to_numpy(object),
            "group_id": order["group_id"].to_numpy(object),
            "code": order["code"].to_numpy(np.int32),
            "split_value": order["given_split"].to_numpy(object),
            "fold_value": order["given_fold"].to_numpy(object),
        },
        geometry=order.geometry.to_numpy(),
        crs=pieces.crs,
    )


def _refused(features: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Features with a reason, in an order that does not depend on the file's."""
    ordered = features.assign(shape=canonical_bytes(features.geometry.to_numpy()))
    ordered = ordered.sort_values(["reason", "id", "class_value", "shape"], kind="stable")
    columns = ordered[["reason", "id", "class_value", "code"]].reset_index(drop=True)
    # Of equal shapes with equal columns it is chance which comes first: only their normal form is the same.
    shapes = shapely.normalize(ordered.geometry.to_numpy())
    return geopandas.GeoDataFrame(columns, geometry=shapes, crs=features.crs)


def _summary(
    kept: geopandas.GeoDataFrame, refused: geopandas.GeoDataFrame, codes: Collection[int]
) -> pd.DataFrame:
    """Numbers and hectares by code and reason; every class of the nomenclature has a row "kept"."""
    absent = sorted(set(codes) - set(kept["code"]))
    rows = pd.DataFrame(
        {
            "code": pd.array([*kept["code"], *refused["code"], *absent], "Int64"),
            "reason": [*[KEPT] * len(kept), *refused["reason"], *[KEPT] * len(absent)],
            "features": np.repeat([1, 1, 0], [len(kept), len(refused), len(absent)]),
            "hectares": np.concatenate(
                [
                    areas_m2(kept.geometry.to_numpy(), kept.crs) / SQUARE_METRES_PER_HECTARE,
                    areas_m2(refused.geometry.to_numpy(), refused.crs) / SQUARE_METRES_PER_HECTARE,
                    np.zeros(len(absent)),
                ]
            ),
        }
    )
    table = rows.groupby(["code", "reason"], dropna=False, as_index=False).sum()
    table["hectares"] = table["hectares"].round(4)
    return table.sort_values(["code", "reason"], kind="stable")
