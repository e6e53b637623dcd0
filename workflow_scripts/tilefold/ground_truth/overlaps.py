"""Ground that several features claim: found, cut out or rejected."""

from __future__ import annotations

from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from tilefold.ground_truth.marking import reject, unmarked
from tilefold.ground_truth.reasons import CONTESTED, MAIN, TEST
from tilefold.ground_truth.shapes import (
    POINT,
    POLYGON,
    SQUARE_METRES_PER_HECTARE,
    Geometries,
    areas_m2,
    chunks,
    in_metres,
    polygonal_parts,
)

KEEP, CLIP, REJECT = "keep", "clip", "reject"
#: Overlaps narrower than this, in metres, are rounding, or the sag of long edges on their way to another CRS.
NEGLIGIBLE_WIDTH = 0.1


def find_overlaps(pieces: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Pairs of usable pieces that claim the same ground.

    Parameters
    ----------
    pieces
        Valid polygons and points in canonical order, with ``reason``.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a pair, ascending: ``first``, ``second`` (rows of `pieces`, the first before the second), ``m2``
        (common ground; 0 for a point), ``geometry`` (of the common ground).
    """
    usable = np.flatnonzero(unmarked(pieces).to_numpy())
    shapes = pieces.geometry.to_numpy()[usable]
    kind = shapely.get_type_id(shapes)
    polygons, points = np.flatnonzero(kind == POLYGON), np.flatnonzero(kind == POINT)
    tree = shapely.STRtree(shapes[polygons])
    first, second, common = _common_ground(shapes[polygons], tree, pieces.crs)
    inside, holder = tree.query(shapes[points], predicate="within")
    pairs = np.concatenate(
        [
            np.column_stack((polygons[first], polygons[second])),
            np.sort(np.column_stack((points[inside], polygons[holder])), axis=1),
        ]
    )
    found = geopandas.GeoDataFrame(
        {"first": usable[pairs[:, 0]], "second": usable[pairs[:, 1]]},
        geometry=np.concatenate([common, shapes[points[inside]]]),
        crs=pieces.crs,
    )
    found["m2"] = areas_m2(found.geometry.to_numpy(), pieces.crs)
    return found.sort_values(["first", "second"], ignore_index=True)


def _common_ground(
    polygons: Geometries, tree: shapely.STRtree, crs: Any
) -> tuple[NDArray[np.intp], NDArray[np.intp], Geometries]:
    """Pairs of polygons whose common ground is not negligible, and that ground."""
    found = []
    for rows in chunks(len(polygons)):
        first, second = tree.query(polygons[rows], predicate="intersects")
        first = first + rows.start
        first, second = first[first < second], second[first < second]
        # Most neighbours only touch, which is much cheaper to see than to cut.
        more = ~shapely.touches(polygons[first], polygons[second])
        first, second = first[more], second[more]
        common = shapely.intersection(polygons[first], polygons[second])
        counts = np.flatnonzero(shapely.area(common) > 0)
        shapes = in_metres(common[counts], crs)
        wide = counts[2 * shapely.area(shapes) > NEGLIGIBLE_WIDTH * shapely.length(shapes)]
        found.append((first[wide], second[wide], common[wide]))
    if not found:
        return np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0, object)
    first, second, common = (np.concatenate(part) for part in zip(*found, strict=True))
    return first, second, common


def resolve_overlaps(
    pieces: geopandas.GeoDataFrame, overlaps: geopandas.GeoDataFrame, choice: str
) -> geopandas.GeoDataFrame:
    """Reject or cut what lies on ground of another class; nobody gets the contested ground.

    Where the two come from the two files, only the main file's gives way: otherwise test polygons would be left
    out where training polygons disagree. A point gives way to a polygon, of which nothing can be cut.

    Parameters
    ----------
    pieces
        As for `find_overlaps`; reasons are added in place.
    overlaps
        What it found.
    choice
        `KEEP`, `CLIP` or `REJECT`.

    Returns
    -------
    geopandas.GeoDataFrame
        Parts that take the place of cut polygons, which have a reason now, and the ground cut from them, with
        its reason; columns as of `pieces`.
    """
    losing = _losers(pieces, overlaps)
    if choice == KEEP or losing.empty:
        return pieces.iloc[:0]
    code = pieces["code"].to_numpy()
    named = losing.assign(code=code[losing["other"]]).groupby("row")["code"].agg(_listed)
    shapes = pieces.geometry.to_numpy()
    if choice == CLIP:
        cut = named[shapely.get_type_id(shapes[named.index]) == POLYGON]
        named = named.drop(cut.index)
    reject(pieces, named.index, CONTESTED, "classes " + named.to_numpy(object))
    if choice == REJECT or cut.empty:
        return pieces.iloc[:0]
    return _cut(pieces, cut, losing[losing["row"].isin(cut.index)])


def _losers(pieces: pd.DataFrame, overlaps: pd.DataFrame) -> pd.DataFrame:
    """Rows that give way, each with the other row of the pair, ascending."""
    code, source = pieces["code"].to_numpy(), pieces["source"].to_numpy(object)
    kind = shapely.get_type_id(pieces["geometry"].to_numpy())
    pairs = overlaps[["first", "second"]].to_numpy()
    both = np.concatenate([pairs, pairs[:, ::-1]])
    row, other = both[:, 0], both[:, 1]
    gives_way = (
        (code[row] != code[other])
        & ~((source[row] == TEST) & (source[other] == MAIN))
        & ~((kind[row] == POLYGON) & (kind[other] == POINT))
    )
    losing = pd.DataFrame({"row": row[gives_way], "other": other[gives_way]})
    return losing.sort_values(["row", "other"], ignore_index=True)


def _cut(pieces: geopandas.GeoDataFrame, cut: pd.Series[str], losing: pd.DataFrame) -> geopandas.GeoDataFrame:
    """What is left of polygons and what is cut from them; the polygons themselves are marked as replaced."""
    rows = cut.index.to_numpy()
    shapes = pieces.geometry.to_numpy()
    left = shapes[rows]
    turn = losing.groupby("row").cumcount().to_numpy()
    place = np.searchsorted(rows, losing["row"].to_numpy())
    others = losing["other"].to_numpy()
    for number in range(turn.max() + 1):
        now = turn == number
        left[place[now]] = shapely.difference(left[place[now]], shapes[others[now]])
    gone = shapely.difference(shapes[rows], left)
    kept, kept_origin = polygonal_parts(left)
    lost, lost_origin = polygonal_parts(gone)
    origin = rows[np.concatenate([kept_origin, lost_origin])]
    new = pieces.iloc[origin].reset_index(drop=True)
    new = new.set_geometry(shapely.normalize(np.concatenate([kept, lost])), crs=pieces.crs)
    reject(
        new,
        np.arange(len(kept), len(new)),
        CONTESTED,
        "classes " + cut.loc[rows[lost_origin]].to_numpy(object),
    )
    pieces.loc[rows, "reason"] = REPLACED
    return new


#: Reason of polygons that parts of them have taken the place of; they are in no table.
REPLACED = "replaced"


def describe_overlaps(pieces: geopandas.GeoDataFrame, overlaps: geopandas.GeoDataFrame) -> pd.DataFrame:
    """Both sides of each pair: ``row``, ``code`` and ``same_file`` of the other, ``hectares``.

    Of two of one class and file each has half of the common ground, so that sums count it once.
    """
    code, source = pieces["code"].to_numpy(), pieces["source"].to_numpy(object)
    pairs = overlaps[["first", "second"]].to_numpy()
    both = np.concatenate([pairs, pairs[:, ::-1]])
    row, other = both[:, 0], both[:, 1]
    same_file = source[row] == source[other]
    share = np.where(same_file & (code[row] == code[other]), 0.5, 1.0)
    hectares = np.tile(overlaps["m2"].to_numpy(), 2) * share / SQUARE_METRES_PER_HECTARE
    return pd.DataFrame({"row": row, "code": code[other], "same_file": same_file, "hectares": hectares})


def _listed(codes: pd.Series[int]) -> str:
    return "; ".join(str(code) for code in sorted(set(codes)))
