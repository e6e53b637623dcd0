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

from tilefold.ground_truth.classes import class_codes
from tilefold.ground_truth.reading import GroundTruthError, check_reference, layer_of

#: What fields are read for besides the class: a lasting identifier, what must stay on one side, an imposed
#: role, the fold that holds the polygon out.
PURPOSES = ("id", "group", "split", "fold")


def read_features(
    source: Path | str,
    layer: str | None,
    class_field: str,
    fields: Mapping[str, str | None],
    names: Mapping[str, int] | None = None,
    crs: str | None = None,
) -> geopandas.GeoDataFrame:
    """Read all features of reference data.

    Parameters
    ----------
    source, layer, class_field, fields
        See `check_reference`.
    names
        Codes by the plain names that the class field may hold, see `class_codes`.
    crs
        CRS of a file that names none.

    Returns
    -------
    geopandas.GeoDataFrame
        In the order of the file. Columns: ``class_value`` (str, empty if null), ``code`` (Int64, null where the
        value is neither a name nor an integer), ``given_<purpose>`` for each of `PURPOSES` (str, empty if null or
        without a field), ``readable`` (False where there are bytes that are no geometry), ``geometry``
        (two-dimensional, None if null).

    Raises
    ------
    GroundTruthError
        If the header lacks what is needed; all its faults are in the message.
    """
    faults = check_reference(source, layer, class_field, fields, crs)
    if faults:
        raise GroundTruthError("\n".join(faults))
    given = {purpose: fields.get(purpose) for purpose in PURPOSES}
    wanted = list(dict.fromkeys([class_field, *(field for field in given.values() if field)]))
    meta, _, wkb, columns = pyogrio.raw.read(
        source, layer=layer_of(source, layer), columns=wanted, force_2d=True
    )
    values = {name: as_text(column) for name, column in zip(meta["fields"], columns, strict=True)}
    geometry = shapely.from_wkb(wkb, on_invalid="ignore")
    return geopandas.GeoDataFrame(
        {
            "class_value": values[class_field],
            "code": class_codes(values[class_field], names or {}),
            **{f"given_{purpose}": values[field] if field else "" for purpose, field in given.items()},
            "readable": ~(shapely.is_missing(geometry) & np.array([item is not None for item in wkb], bool)),
        },
        geometry=geometry,
        crs=meta["crs"] or crs,
    )


def field_values(source: Path | str, layer: str | None, field: str) -> list[str]:
    """Values of a field as text, each once, sorted, without null; geometries are not read.

    Parameters
    ----------
    source, layer
        See `check_reference`, which should have found nothing wrong.
    field
        The field.
    """
    _, _, _, columns = pyogrio.raw.read(
        source, layer=layer_of(source, layer), columns=[field], read_geometry=False
    )
    return sorted(set(as_text(columns[0])) - {""})


def class_values(source: Path | str, layer: str | None, class_field: str) -> list[str]:
    """Values of the class field, see `field_values`.

    Raises
    ------
    GroundTruthError
        If the header lacks what is needed.
    """
    faults = check_reference(source, layer, class_field, crs=None, needs_crs=False)
    if faults:
        raise GroundTruthError("\n".join(faults))
    return field_values(source, layer, class_field)


def as_text(column: NDArray[Any] | pd.Series[Any]) -> pd.Series[str]:
    """Values as text: integers without decimals (a column with nulls is read as real), null as empty."""
    values = pd.Series(column)
    if values.dtype.kind == "f" and (values.isna() | (values % 1 == 0)).all():
        values = values.astype("Int64")
    return values.astype("string").fillna("").str.strip().astype(object)
