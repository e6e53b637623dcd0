"""What is done to the geometries of reference data: identity, reprojection, repair, area."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

Geometries = NDArray[np.object_]

#: World cylindrical equal area: areas of geometries whose own CRS is geographic.
EQUAL_AREA = "EPSG:6933"
SQUARE_METRES_PER_HECTARE = 1e4
#: Kinds of geometry (shapely's numbers) that may hold polygons: polygon, multi-polygon, collection.
POLYGONAL = (3, 6, 7)
COLLECTIONS = (4, 5, 6, 7)


def canonical_bytes(geometries: Geometries) -> NDArray[np.object_]:
    """Well-known binary that depends neither on the start and direction of rings nor on the order of parts.

    A collection of one polygon is that polygon: formats differ in what they promote.

    Returns
    -------
    array of bytes
        Empty bytes for None.
    """
    single = np.isin(shapely.get_type_id(geometries), COLLECTIONS) & (
        shapely.get_num_geometries(geometries) == 1
    )
    simple = np.where(single, shapely.get_geometry(geometries, 0), geometries)
    wkb = shapely.to_wkb(shapely.normalize(simple), byte_order=1, output_dimension=2)
    return np.where(shapely.is_missing(simple), b"", wkb)


def digests(contents: NDArray[np.object_]) -> NDArray[np.object_]:
    """First 12 hex digits of BLAKE2b of each bytes object; empty text for empty bytes."""
    return np.array(
        [hashlib.blake2b(content, digest_size=6).hexdigest() if content else "" for content in contents],
        object,
    )


def reproject(geometries: Geometries, source: Any, target: Any) -> Geometries:
    """Carry vertices to another CRS; geometries that leave its area become None.

    Edges stay straight between the carried vertices.
    """
    here, there = CRS.from_user_input(source), CRS.from_user_input(target)
    if here == there:
        return geometries
    transformer = Transformer.from_crs(here, there, always_xy=True)

    def carried(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    moved: Geometries = np.array(shapely.transform(geometries, carried), object)
    moved[~_finite(moved)] = None
    return moved


def _finite(geometries: Geometries) -> NDArray[np.bool_]:
    missing = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    points, owner = shapely.get_coordinates(geometries, return_index=True)
    bad = np.zeros(len(geometries), bool)
    bad[owner[~np.isfinite(points).all(axis=1)]] = True
    return missing | ~bad


def polygonal_parts(geometries: Geometries) -> tuple[Geometries, NDArray[np.intp]]:
    """Take geometries apart into valid polygons; points and lines, given or left by the repair, are dropped.

    The repair merges overlapping parts of one geometry and keeps both lobes of a self-intersecting ring.

    Returns
    -------
    parts
        Polygons.
    origin
        Index of the geometry that each part comes from, ascending.
    """
    valid = shapely.make_valid(geometries, method="structure", keep_collapsed=False)
    origin = np.arange(len(valid))
    while np.isin(shapely.get_type_id(valid), COLLECTIONS).any():
        valid, index = shapely.get_parts(valid, return_index=True)
        origin = origin[index]
    kept = (shapely.get_type_id(valid) == 3) & (shapely.area(valid) > 0)
    return valid[kept], origin[kept]


def areas_m2(geometries: Geometries, crs: Any) -> NDArray[np.float64]:
    """Areas in square metres; 0 for None. In a geographic CRS, measured in an equal-area projection."""
    system = CRS.from_user_input(crs)
    if system.is_geographic:
        geometries, system = reproject(geometries, system, EQUAL_AREA), CRS.from_user_input(EQUAL_AREA)
    metres = system.axis_info[0].unit_conversion_factor
    return np.nan_to_num(shapely.area(geometries)) * metres**2
