"""What is done to the geometries of reference data: identity, reprojection, repair, area, width."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

Geometries = NDArray[np.object_]

#: World cylindrical equal area: areas of geometries whose own CRS is geographic.
EQUAL_AREA = "EPSG:6933"
#: Of the earth, in metres.
EQUATORIAL_RADIUS = 6378137.0
SQUARE_METRES_PER_HECTARE = 1e4
#: Kinds of geometry (shapely's numbers).
POINT, POLYGON = 0, 3
PUNCTUAL, AREAL, COLLECTION = (0, 4), (3, 6), 7
#: Kinds that may hold polygons or points.
USABLE = (*PUNCTUAL, *AREAL, COLLECTION)
COLLECTIONS = (4, 5, 6, 7)
#: Geometries that are worked on at once, which bounds the memory of their coordinates.
CHUNK = 50_000
#: Segments of a quarter of a circle where the width of polygons is measured.
QUARTER_SEGMENTS = 8
#: Share of a width that is rounding: a polygon just as wide as a pixel is not narrower.
TOLERANCE = 1e-3


def chunks(count: int) -> Iterator[slice]:
    """Slices that cover a number of rows, `CHUNK` at a time."""
    return (slice(start, start + CHUNK) for start in range(0, count, CHUNK))


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


def digests(contents: NDArray[np.object_], size: int = 6) -> NDArray[np.object_]:
    """BLAKE2b of each bytes object in hex, two digits a byte of `size`; empty text for empty bytes."""
    return np.array(
        [hashlib.blake2b(content, digest_size=size).hexdigest() if content else "" for content in contents],
        object,
    )


def identities(geometries: Geometries) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Short digests of geometries that make lasting ids, and long ones by which geometries are equal."""
    short, long = np.empty(len(geometries), object), np.empty(len(geometries), object)
    for rows in chunks(len(geometries)):
        contents = canonical_bytes(geometries[rows])
        short[rows], long[rows] = digests(contents), digests(contents, 16)
    return short, long


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

    moved = np.empty(len(geometries), object)
    for rows in chunks(len(geometries)):
        moved[rows] = shapely.transform(geometries[rows], carried)
    moved[~finite(moved)] = None
    return moved


def finite(geometries: Geometries) -> NDArray[np.bool_]:
    """Whether all coordinates are numbers; True for None and empty geometries."""
    good = np.ones(len(geometries), bool)
    for rows in chunks(len(geometries)):
        points, owner = shapely.get_coordinates(geometries[rows], return_index=True)
        good[owner[~np.isfinite(points).all(axis=1)] + rows.start] = False
    return good


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
    valid = np.array(geometries, object)
    broken = ~shapely.is_valid(valid)
    valid[broken] = shapely.make_valid(valid[broken], method="structure", keep_collapsed=False)
    parts, origin = _exploded(valid, COLLECTIONS)
    kept = (shapely.get_type_id(parts) == POLYGON) & (shapely.area(parts) > 0)
    return parts[kept], origin[kept]


def usable_parts(
    geometries: Geometries,
) -> tuple[Geometries, NDArray[np.intp], Geometries, NDArray[np.intp]]:
    """Take geometries apart into valid polygons and points, and what is neither.

    Returns
    -------
    parts, origin
        Polygons and points, and the index of the geometry that each comes from, ascending.
    others, others_origin
        The same of lines in collections.
    """
    simple, source = _exploded(geometries, (COLLECTION,))
    kind = shapely.get_type_id(simple)
    areal, punctual = np.isin(kind, AREAL), np.isin(kind, PUNCTUAL)
    polygons, polygon_origin = polygonal_parts(simple[areal])
    points, point_origin = _exploded(simple[punctual], COLLECTIONS)
    there = ~shapely.is_empty(points)
    parts = np.concatenate([polygons, points[there]])
    origin = np.concatenate([source[areal][polygon_origin], source[punctual][point_origin[there]]])
    order = np.argsort(origin, kind="stable")
    other = ~areal & ~punctual & ~shapely.is_empty(simple)
    return parts[order], origin[order], simple[other], source[other]


def _exploded(geometries: Geometries, kinds: tuple[int, ...]) -> tuple[Geometries, NDArray[np.intp]]:
    """Members of collections of some kinds, however deep, and the index of what each comes from, ascending."""
    origin = np.arange(len(geometries))
    members = geometries
    while np.isin(shapely.get_type_id(members), kinds).any():
        opened = np.isin(shapely.get_type_id(members), kinds)
        parts, index = shapely.get_parts(members[opened], return_index=True)
        order = np.argsort(np.r_[np.flatnonzero(~opened), np.flatnonzero(opened)[index]], kind="stable")
        origin = np.r_[origin[~opened], origin[opened][index]][order]
        members = np.r_[members[~opened], parts][order]
    return members, origin


def areas_m2(geometries: Geometries, crs: Any) -> NDArray[np.float64]:
    """Areas in square metres; 0 for None. In a geographic CRS, measured in an equal-area projection."""
    system = CRS.from_user_input(crs)
    if system.is_geographic:
        geometries, system = reproject(geometries, system, EQUAL_AREA), CRS.from_user_input(EQUAL_AREA)
    return np.nan_to_num(shapely.area(geometries)) * _metres(system) ** 2


def ground_m2(geometries: Geometries, crs: Any, pixel: Sequence[float] | None) -> NDArray[np.float64]:
    """Ground of polygons in square metres; that of a point is one pixel.

    Parameters
    ----------
    geometries
        Any; None has no ground.
    crs
        Their CRS.
    pixel
        Width and height of a pixel in metres; None: not known, points have no ground.
    """
    ground = areas_m2(geometries, crs)
    if pixel is not None:
        holding = np.flatnonzero(np.isin(shapely.get_type_id(geometries), (*PUNCTUAL, COLLECTION)))
        members, origin = _exploded(geometries[holding], COLLECTIONS)
        points = (shapely.get_type_id(members) == POINT) & ~shapely.is_empty(members)
        ground[holding] += np.bincount(origin[points], minlength=len(holding)) * pixel[0] * pixel[1]
    return ground


def in_metres(geometries: Geometries, crs: Any) -> Geometries:
    """Polygons in metres of their own place, for lengths: in a geographic CRS each is scaled at its first vertex."""
    system = CRS.from_user_input(crs)
    points, owner = shapely.get_coordinates(geometries, return_index=True)
    if not system.is_geographic:
        scaled = points * _metres(system)
    else:
        degree = system.axis_info[0].unit_conversion_factor * EQUATORIAL_RADIUS
        _, first = np.unique(owner, return_index=True)
        latitude = points[first, 1] * system.axis_info[0].unit_conversion_factor
        stretch = np.cos(latitude)[np.searchsorted(owner[first], owner)]
        scaled = np.column_stack((points[:, 0] * stretch, points[:, 1])) * degree
    return shapely.set_coordinates(np.array(geometries, object), scaled)


def narrower(polygons: Geometries, crs: Any, width: float) -> NDArray[np.bool_]:
    """Whether no circle of a diameter fits into polygons: what is left of them within half of it is empty.

    The largest circle in a polygon with at most one hole has a radius of at least area / perimeter (Bonnesen's
    inequality), so that only polygons whose bound is smaller are worn away.

    Parameters
    ----------
    polygons
        Valid polygons.
    crs
        Their CRS.
    width
        Diameter in metres.
    """
    found = np.zeros(len(polygons), bool)
    for rows in chunks(len(polygons)):
        shapes = in_metres(polygons[rows], crs)
        bound = 2 * shapely.area(shapes) / shapely.length(shapes)
        doubtful = np.flatnonzero((bound < width) | (shapely.get_num_interior_rings(shapes) > 1))
        inward = -width / 2 * (1 - TOLERANCE)
        left = shapely.buffer(shapes[doubtful], inward, quad_segs=QUARTER_SEGMENTS)
        found[doubtful[shapely.is_empty(left)] + rows.start] = True
    return found


def _metres(system: CRS) -> float:
    """Metres in a unit of a projected CRS."""
    return float(system.axis_info[0].unit_conversion_factor)
