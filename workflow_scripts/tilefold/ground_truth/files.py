"""What a cleaning writes: the reference, what was rejected, what is worth looking at."""

from __future__ import annotations

import geopandas
import numpy as np
import pandas as pd
import shapely

from tilefold.ground_truth.shapes import canonical_bytes

#: Columns of the layers of rejected and noted features.
TOLD = ["reason", "detail", "source", "id", "class_value"]
ORDER = ["reason", "source", "id", "class_value", "detail"]


def reference_table(pieces: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Reference layer of usable pieces that stand in canonical order."""
    _, rank = np.unique(pieces["group_id"].to_numpy(str), return_inverse=True)
    return geopandas.GeoDataFrame(
        {
            "polygon": np.arange(1, len(pieces) + 1, dtype=np.int32),
            "group": rank.astype(np.int32) + np.int32(1),
            "id": pieces["id"].to_numpy(object),
            "group_id": pieces["group_id"].to_numpy(object),
            "code": pieces["code"].to_numpy(np.int32),
            "split_value": pieces["given_split"].to_numpy(object),
            "fold_value": pieces["given_fold"].to_numpy(object),
        },
        geometry=pieces.geometry.to_numpy(),
        crs=pieces.crs,
    )


def told_features(features: pd.DataFrame, crs: object) -> geopandas.GeoDataFrame:
    """Layer of features with what there is to say of them, in an order that does not depend on the file's."""
    ordered = features.assign(shape=canonical_bytes(features["geometry"].to_numpy()))
    ordered = ordered.sort_values([*ORDER, "shape"], kind="stable")
    # Of equal shapes with equal columns it is chance which comes first: only their normal form is the same.
    shapes = shapely.normalize(ordered["geometry"].to_numpy())
    return geopandas.GeoDataFrame(ordered[TOLD].reset_index(drop=True), geometry=shapes, crs=crs)
