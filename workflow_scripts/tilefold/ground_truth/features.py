"""Reading the features of reference data of any GDAL vector format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from tilefold.ground_truth.reading import GroundTruthError, check_reference

#: Text that holds an integer; spreadsheets and shapefiles like to add a decimal part.
INTEGER_TEXT = r"[+-]?\d+(?:\.0*)?"
#: What fields are read for besides the class: a lasting identifier, what must stay on one side, an imposed
#: role, the fold that holds the polygon out.
PURPOSES = ("id", "group", "split", "fold")


def read_features(
    source: Path | str, layer: str | None, class_field: str, fields: Mapping[str, str | None]
) -> geopandas.GeoDataFrame:
    """Read all features of reference data.

    Returns
    -------
    geopandas.GeoDataFrame
        In the order of the file. Columns: ``class_value`` (str, empty if null), ``code`` (Int64, null where
        the value is no integer), ``given_<purpose>`` for each of `PURPOSES` (str, empty if null or without a
        field), ``readable`` (False where there are bytes that are no geometry), ``geometry`` (two-dimensional,
        None if null).

    Raises
    ------
    GroundTruthError
        If the header lacks what is needed; all its faults are in the message.
    """
    faults = check_reference(source, layer, class_field, fields)
    if faults:
        raise GroundTruthError("\n".join(faults))
    layer = layer or str(pyogrio.list_layers(source)[0, 0])
    given = {purpose: fields.get(purpose) for purpose in PURPOSES}
    wanted = list(dict.fromkeys([class_field, *(field for field in given.values() if field)]))
    meta, _, wkb, columns = pyogrio.raw.read(source, layer=layer, columns=wanted, force_2d=True)
    values = {name: as_text(column) for name, column in zip(meta["fields"], columns, strict=True)}
    geometry = shapely.from_wkb(wkb, on_invalid="ignore")
    return geopandas.GeoDataFrame(
        {
            "class_value": values[class_field],
            "code": as_code(values[class_field]),
            **{f"given_{purpose}": values[field] if field else "" for purpose, field in given.items()},
            "readable": ~(shapely.is_missing(geometry) & np.array([item is not None for item in wkb], bool)),
        },
        geometry=geometry,
        crs=meta["crs"],
    )


def as_text(column: NDArray[Any] | pd.Series[Any]) -> pd.Series[str]:
    """Values as text: integers without decimals (a column with nulls is read as real), null as empty."""
    values = pd.Series(column)
    if values.dtype.kind == "f" and (values.isna() | (values % 1 == 0)).all():
        values = values.astype("Int64")
    return values.astype("string").fillna("").str.strip().astype(object)


def as_code(values: pd.Series[str]) -> pd.Series[int]:
    """Integers that the text holds; null where it holds none."""
    holds = values.str.fullmatch(INTEGER_TEXT) & (values.str.len() <= 18)
    return values.where(holds).str.split(".").str[0].astype("Int64")
