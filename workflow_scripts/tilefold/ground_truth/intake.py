"""One file of reference data, carried to the common CRS, with the reasons that each feature has by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely

from tilefold.ground_truth import reasons
from tilefold.ground_truth.features import read_features
from tilefold.ground_truth.marking import reject
from tilefold.ground_truth.shapes import USABLE, finite, ground_m2, identities, reproject


def read_file(source: Path | str, kind: str, settings: Mapping[str, Any]) -> geopandas.GeoDataFrame:
    """Read the features of the main or of the test file.

    Parameters
    ----------
    source
        Vector file.
    kind
        `reasons.MAIN` or `reasons.TEST`; the split value of test features is "test", whatever the fields, and a
        value of their id field is no id of the main file.
    settings
        See `clean_ground_truth`.

    Returns
    -------
    geopandas.GeoDataFrame
        In the order of the file, in the common CRS (None where a geometry cannot be carried): what
        `read_features` gives but ``readable``, and ``source`` (the kind), ``key`` (equal for equal geometries, empty
        without one), ``id``, ``group_id``, ``reason`` and ``detail`` (empty if nothing is wrong), ``m2`` (ground).
    """
    testing = kind == reasons.TEST
    features = read_features(
        source,
        settings.get("test_layer" if testing else "layer"),
        settings["class_field"],
        {**settings["fields"], "split": None} if testing else settings["fields"],
        settings.get("names"),
        settings.get("source_crs"),
    )
    features["source"] = kind
    if testing:
        features["given_split"] = reasons.TEST
    features["reason"], features["detail"] = "", ""
    _identify(features, testing)
    _reject_by_itself(features, settings)
    return _carried(features, settings)


def _identify(features: geopandas.GeoDataFrame, testing: bool) -> None:
    """Add `key`, `id` and `group_id`.

    A feature without a value in the id field falls back to the digest of its geometry, one without a value in the
    group field is a group of its own.
    """
    short, features["key"] = identities(features.geometry.to_numpy())
    given = features["given_id"].to_numpy(object)
    features["id"] = np.where(given != "", f"{reasons.TEST}:" + given if testing else given, short)
    group = features["given_group"].to_numpy(object)
    features["group_id"] = np.where(group != "", group, features["id"])


def _reject_by_itself(features: geopandas.GeoDataFrame, settings: Mapping[str, Any]) -> None:
    geometry = features.geometry.to_numpy()
    reject(features, ~features["readable"], reasons.UNREADABLE)
    reject(features, shapely.is_missing(geometry), reasons.NULL)
    reject(features, shapely.is_empty(geometry), reasons.EMPTY)
    reject(features, ~finite(geometry), reasons.NOT_FINITE)
    reject(features, ~np.isin(shapely.get_type_id(geometry), USABLE), reasons.WRONG_KIND)
    reject(features, features["class_value"] == "", reasons.NULL_CLASS)
    reject(features, ~features["code"].isin(list(settings["codes"])), reasons.UNKNOWN_CLASS)


def _carried(features: geopandas.GeoDataFrame, settings: Mapping[str, Any]) -> geopandas.GeoDataFrame:
    crs = settings["crs"]
    given = np.array(features.geometry.to_numpy(), object)
    given[~finite(given)] = None
    carried = reproject(given, features.crs, crs)
    reject(features, shapely.is_missing(carried) & ~shapely.is_missing(given), reasons.OUTSIDE_CRS, str(crs))
    features = features.drop(columns="readable").set_geometry(carried, crs=crs)
    features["m2"] = ground_m2(carried, crs, settings.get("pixel"))
    return features
