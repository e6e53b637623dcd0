"""Reading reference data of any GDAL vector format, and what its header must hold."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataSourceError

#: Field types that can hold a class code.
CODE_TYPES = ("OFTInteger", "OFTInteger64", "OFTReal", "OFTString")
#: Text that holds an integer; spreadsheets and shapefiles like to add a decimal part.
INTEGER_TEXT = r"[+-]?\d+(?:\.0*)?"


class GroundTruthError(ValueError):
    """Reference data that cannot be used as they are."""


def check_reference(
    source: Path | str, layer: str | None, class_field: str, id_field: str | None = None
) -> list[str]:
    """Faults in the header of reference data; no feature is read.

    Parameters
    ----------
    source
        Vector file in any format that GDAL reads.
    layer
        Its layer; None: the first.
    class_field
        Field that holds the class code.
    id_field
        Field that holds a lasting identifier, or None.

    Returns
    -------
    list of str
        One message a fault; empty if the header has what is needed.
    """
    try:
        layers = [str(name) for name in pyogrio.list_layers(source)[:, 0]]
    except DataSourceError as error:
        return [f"{source}: cannot be read as a vector file ({error}); give a file that GDAL reads"]
    if not layers:
        return [f"{source}: the file has no layer; give a file with reference polygons"]
    if layer is not None and layer not in layers:
        return [f"{source}: no layer {layer!r}; layers are {', '.join(layers)}"]
    info = pyogrio.read_info(source, layer=layer or layers[0])
    return [
        *_field_faults(source, info, class_field, "class"),
        *(_field_faults(source, info, id_field, "id") if id_field else []),
        *_geometry_faults(source, info),
    ]


def _field_faults(source: Path | str, info: dict[str, Any], field: str, purpose: str) -> list[str]:
    types = dict(zip((str(name) for name in info["fields"]), info["ogr_types"], strict=True))
    if field not in types:
        close = difflib.get_close_matches(field.lower(), [name.lower() for name in types], n=1)
        meant = next((f" (did you mean {name}?)" for name in types if close and name.lower() == close[0]), "")
        return [f"{source}: no {purpose} field {field!r}{meant}; fields are {_described(types)}"]
    if types[field] not in CODE_TYPES:
        return [
            f"{source}: the {purpose} field {field!r} has type {types[field][3:]}; expected an integer, or a "
            f"real number or text that holds one; fields are {_described(types)}"
        ]
    return []


def _geometry_faults(source: Path | str, info: dict[str, Any]) -> list[str]:
    faults = []
    if not info["crs"]:
        faults.append(f"{source}: no coordinate reference system; define it, for example with ogr2ogr -a_srs")
    kind = info["geometry_type"]
    if kind is None:
        faults.append(f"{source}: the layer has no geometry; give a layer of polygons")
    elif "Point" in kind or "Line" in kind:
        faults.append(f"{source}: the layer holds geometries of type {kind}; expected polygons")
    return faults


def _described(types: dict[str, str]) -> str:
    return ", ".join(f"{name} ({kind[3:]})" for name, kind in types.items()) or "none"


def read_features(
    source: Path | str, layer: str | None, class_field: str, id_field: str | None
) -> geopandas.GeoDataFrame:
    """Read all features of reference data.

    Returns
    -------
    geopandas.GeoDataFrame
        In the order of the file. Columns: ``class_value`` (str, empty if null), ``code`` (Int64, null where
        the value is no integer), ``given_id`` (str, empty if null or without `id_field`), ``readable`` (False
        where there are bytes that are no geometry), ``geometry`` (two-dimensional, None if null).

    Raises
    ------
    GroundTruthError
        If the header lacks what is needed; all its faults are in the message.
    """
    faults = check_reference(source, layer, class_field, id_field)
    if faults:
        raise GroundTruthError("\n".join(faults))
    layer = layer or str(pyogrio.list_layers(source)[0, 0])
    wanted = list(dict.fromkeys([class_field, *([id_field] if id_field else [])]))
    meta, _, wkb, columns = pyogrio.raw.read(source, layer=layer, columns=wanted, force_2d=True)
    values = {name: _as_text(column) for name, column in zip(meta["fields"], columns, strict=True)}
    geometry = shapely.from_wkb(wkb, on_invalid="ignore")
    return geopandas.GeoDataFrame(
        {
            "class_value": values[class_field],
            "code": _as_code(values[class_field]),
            "given_id": values[id_field] if id_field else "",
            "readable": ~(shapely.is_missing(geometry) & np.array([item is not None for item in wkb], bool)),
        },
        geometry=geometry,
        crs=meta["crs"],
    )


def _as_text(column: NDArray[Any]) -> pd.Series[str]:
    """Values as text: integers without decimals (a column with nulls is read as real), null as empty."""
    values = pd.Series(column)
    if values.dtype.kind == "f" and (values.isna() | (values % 1 == 0)).all():
        values = values.astype("Int64")
    return values.astype("string").fillna("").str.strip().astype(object)


def _as_code(values: pd.Series[str]) -> pd.Series[int]:
    """Integers that the text holds; null where it holds none."""
    holds = values.str.fullmatch(INTEGER_TEXT) & (values.str.len() <= 18)
    return values.where(holds).str.split(".").str[0].astype("Int64")
