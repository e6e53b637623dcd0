"""Names of regions: found in the file before any job, safe in paths."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
import pyogrio
from pyogrio.errors import DataSourceError

from tilefold.ground_truth.features import as_text

#: The region of everything: the only one where no regions are given, else the model of all regions together.
ALL = "all"
#: Region of what lies outside all regions, and its number in rasters.
OUTSIDE, NO_REGION = "", 0
#: Most regions: their numbers are stored in a byte.
MOST = 200

NAME_TYPES = ("OFTInteger", "OFTInteger64", "OFTString")


class RegionError(ValueError):
    """Regions that cannot be used as they are."""


def region_numbers(regions: Iterable[str]) -> dict[str, int]:
    """Number of each region in rasters: from 1, in the order of their names; `ALL` has none."""
    return {name: number for number, name in enumerate(sorted(set(regions) - {ALL}), start=1)}


def safe_name(text: str) -> str:
    """Name in paths and tables: letters without accents, digits, ``-``, and ``_`` for all else."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9-]+", "_", plain).strip("_")


def read_region_names(source: str, layer: str | None, field: str) -> tuple[list[str], list[str]]:
    """Names of the regions in a file, sorted, and what is wrong with it; no geometry is read.

    Parameters
    ----------
    source
        Vector file in any format that GDAL reads.
    layer
        Its layer; None: the first.
    field
        Field that holds a region's name.

    Returns
    -------
    names, faults : list of str
    """
    faults, found = _header(source, layer, field)
    if faults:
        return [], faults
    values = pyogrio.read_dataframe(source, layer=found, columns=[field], read_geometry=False)[field]
    texts = as_text(values)
    return _names(texts, f"regions.field: {field} of {source}")


def _header(source: str, layer: str | None, field: str) -> tuple[list[str], str]:
    """Faults of the header, and the layer to read."""
    if not Path(source).exists():
        return [f"regions.path: no file {source}"], ""
    try:
        layers = [str(name) for name in pyogrio.list_layers(source)[:, 0]]
    except DataSourceError as error:
        return [f"regions.path: {source} cannot be read as a vector file ({error})"], ""
    if not layers or layer not in (None, *layers):
        return [f"regions.layer: {source} has no layer {layer}; it has {', '.join(layers) or 'none'}"], ""
    found = layer or layers[0]
    info = pyogrio.read_info(source, layer=found)
    faults = []
    if not info["crs"]:
        faults.append(
            f"regions.path: {source} has no coordinate reference system; define it, for example with "
            "ogr2ogr -a_srs"
        )
    kind = info["geometry_type"] or "none"
    if kind == "none" or "Point" in kind or "Line" in kind:
        faults.append(f"regions.path: {source} holds geometries of type {kind}; expected polygons")
    types = dict(zip((str(name) for name in info["fields"]), info["ogr_types"], strict=True))
    if field not in types:
        close = difflib.get_close_matches(field, list(types), n=1)
        meant = f"; did you mean {close[0]}?" if close else f"; fields are {', '.join(types) or 'none'}"
        faults.append(f"regions.field: {source} has no field {field}{meant}")
    elif types[field] not in NAME_TYPES:
        faults.append(
            f"regions.field: {field} of {source} has type {types[field][3:]}; expected text or an integer"
        )
    return faults, found


def _names(texts: pd.Series[str], place: str) -> tuple[list[str], list[str]]:
    """Names from the values of the field, and what is wrong with them."""
    empty = int((texts == "").sum())
    faults = [f"{place} is empty in {empty} feature(s); give each a region's name or take it out"] * (
        empty > 0
    )
    values = sorted(set(texts) - {""})
    if not values:
        return [], faults or [
            f"{place}: the layer has no feature; give at least one region, or take `regions` out"
        ]
    if len(values) > MOST:
        faults.append(f"{place} has {len(values)} values, at most {MOST} are possible; name a field of fewer")
        return [], faults
    by_key: dict[str, list[str]] = {}
    for value in values:
        by_key.setdefault(safe_name(value).casefold(), []).append(value)
    faults += [
        _key_fault(key, alike, place) for key, alike in by_key.items() if _key_fault(key, alike, place)
    ]
    return sorted(safe_name(value) for value in values), faults


def _key_fault(key: str, alike: Sequence[str], place: str) -> str:
    if not key:
        return (
            f"{place}: {alike[0]!r} holds no letter or digit that a file's name can have; rename the region"
        )
    if len(alike) > 1:
        named = " and ".join(repr(value) for value in alike)
        return f"{place}: {named} would have the same file names; rename them or give them one name"
    if key == ALL:
        return f"{place}: {alike[0]!r} is the name of the model of all regions; rename the region"
    return ""
