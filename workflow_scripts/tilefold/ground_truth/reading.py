"""What the header of reference data must hold; cheap, since every start of the workflow looks at it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyogrio
from pyogrio.errors import DataSourceError

#: Field types that can hold a class code.
CODE_TYPES = ("OFTInteger", "OFTInteger64", "OFTReal", "OFTString")
#: Layer of the cleaned reference.
LAYER = "reference"


class GroundTruthError(ValueError):
    """Reference data that cannot be used as they are."""


def check_reference(
    source: Path | str, layer: str | None, class_field: str, fields: Mapping[str, str | None] | None = None
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
    fields
        Further fields by purpose (id, group, split, fold); None: that purpose has none.

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
        *(
            fault
            for purpose, field in (fields or {}).items()
            if field
            for fault in _field_faults(source, info, field, purpose)
        ),
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
