"""What the header of reference data must hold; cheap, since every start of the workflow looks at it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyogrio
from pyogrio.errors import DataSourceError
from pyproj import CRS
from pyproj.exceptions import CRSError

#: Field types that can hold a class or an identifier.
CODE_TYPES = ("OFTInteger", "OFTInteger64", "OFTReal", "OFTString")
#: Layer of the cleaned reference.
LAYER = "reference"


class GroundTruthError(ValueError):
    """Reference data that cannot be used as they are."""


def check_reference(
    source: Path | str,
    layer: str | None,
    class_field: str,
    fields: Mapping[str, str | None] | None = None,
    crs: str | None = None,
    *,
    needs_crs: bool = True,
) -> list[str]:
    """Faults in the header of reference data; no feature is read.

    Parameters
    ----------
    source
        Vector file in any format that GDAL reads.
    layer
        Its layer; None: the first.
    class_field
        Field that holds the class.
    fields
        Further fields by purpose (id, group, split, fold); None: that purpose has none.
    crs
        CRS of a file that names none; one that contradicts the file is a fault.
    needs_crs
        Whether a file without CRS is a fault where none is given.

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
        return [f"{source}: the file has no layer; give a file with reference polygons or points"]
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
        *(_crs_faults(source, info["crs"], crs) if needs_crs else []),
        *_geometry_faults(source, info),
    ]


def layer_of(source: Path | str, layer: str | None) -> str:
    """Name of the layer to read: the given one, else the first."""
    return layer or str(pyogrio.list_layers(source)[0, 0])


def holds_text(source: Path | str, layer: str | None, field: str) -> bool:
    """Whether a field holds text."""
    info = pyogrio.read_info(source, layer=layer_of(source, layer))
    types = dict(zip((str(name) for name in info["fields"]), info["ogr_types"], strict=True))
    return bool(types[field] == "OFTString")


def _field_faults(source: Path | str, info: dict[str, Any], field: str, purpose: str) -> list[str]:
    types = dict(zip((str(name) for name in info["fields"]), info["ogr_types"], strict=True))
    if field not in types:
        meant = _meant(field, list(types))
        return [f"{source}: no {purpose} field {field!r}{meant}; fields are {_described(types)}"]
    if types[field] not in CODE_TYPES:
        return [
            f"{source}: the {purpose} field {field!r} has type {types[field][3:]}; expected an integer, or a "
            f"real number or text; fields are {_described(types)}"
        ]
    return []


def _meant(field: str, names: Sequence[str]) -> str:
    """The field that a wrong name may mean; shapefiles cut names to ten bytes."""
    lower = {name.lower(): name for name in reversed(names)}
    cut = field.lower().encode()[:10].decode(errors="ignore")
    close = [cut] if cut in lower else difflib.get_close_matches(field.lower(), list(lower), n=1)
    return f" (did you mean {lower[close[0]]}?)" if close else ""


def _crs_faults(source: Path | str, found: str | None, given: str | None) -> list[str]:
    if given is not None:
        try:
            wanted = CRS.from_user_input(given)
        except CRSError:
            return [f"{source}: the given CRS {given!r} is none; give for example EPSG:2154"]
        if found and not _same_crs(CRS.from_user_input(found), wanted):
            return [
                f"{source}: the file names the CRS {_crs_name(found)}, but {given} is given; remove the wrong one "
                "(ogr2ogr -a_srs names another in a copy, -t_srs carries coordinates)"
            ]
    elif not found:
        return [f"{source}: no coordinate reference system; give it as reference.crs, for example EPSG:2154"]
    return []


def _same_crs(one: CRS, other: CRS) -> bool:
    """Whether two CRSs are one, whatever the dialect in which a format writes them."""
    if one.equals(other, ignore_axis_order=True):
        return True
    code = one.to_epsg(min_confidence=70)
    return code is not None and code == other.to_epsg(min_confidence=70)


def _crs_name(crs: str) -> str:
    return crs if len(crs) < 30 else CRS.from_user_input(crs).name


def _geometry_faults(source: Path | str, info: dict[str, Any]) -> list[str]:
    kind = info["geometry_type"]
    if kind is None:
        return [
            f"{source}: the layer has no geometry; give a layer of polygons or points (for a table of "
            "coordinates, ogr2ogr -oo X_POSSIBLE_NAMES=x -oo Y_POSSIBLE_NAMES=y makes one)"
        ]
    if "Line" in kind:
        return [f"{source}: the layer holds geometries of type {kind}; expected polygons or points"]
    return []


def _described(types: dict[str, str]) -> str:
    return ", ".join(f"{name} ({kind[3:]})" for name, kind in types.items()) or "none"
