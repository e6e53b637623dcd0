"""The faults that reference files have, put into a clean one in known numbers."""

from __future__ import annotations

from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from tilefold.grids.ownership import footprint_ring
from tilefold.simulation import keyed
from tilefold.simulation.classes import CODES, LOCAL_CODE, RARE_CODE
from tilefold.simulation.dials import Dials
from tilefold.simulation.layout import scene_grid, tile_grids
from tilefold.simulation.reference import label_of

#: Features of each kind for `faults` 1.
FAULTS = {
    "multi_part": 3,
    "self_intersecting": 2,
    "unknown_code": 2,
    "duplicate_same_class": 2,
    "duplicate_other_class": 2,
    "null": 2,
    "empty": 1,
    "sliver": 3,
    "outside_all_tiles": 2,
}
#: A code that is in no nomenclature.
UNKNOWN_CODE = 99
#: Width and length of a sliver, and side and distance of a polygon far outside, in metres.
SLIVER = (0.8, 60.0)
FAR_SIDE, FAR_AWAY = 100.0, 3000.0


def spoil(features: geopandas.GeoDataFrame, dials: Dials) -> tuple[geopandas.GeoDataFrame, dict[str, int]]:
    """Put faults into a reference.

    Parameters
    ----------
    features
        Columns id, code, geometry; the rare and the local class are not touched.
    dials
        Dials of the scene.

    Returns
    -------
    spoilt, counts
        Columns id, code, label, geometry, in random order; how many features have each fault, with the
        number of polygons that cross a tile's border, which comes by itself.
    """
    rng = keyed.generator(dials.seed, "faults")
    rows = features[["id", "code", "geometry"]].reset_index(drop=True)
    usual = rng.permutation(np.flatnonzero(~rows["code"].isin([RARE_CODE, LOCAL_CODE])))
    take = _Taker(usual)
    counts = {}
    multi, gone = _multi_part(rows, take, dials.faults * FAULTS["multi_part"])
    counts["multi_part"] = len(multi)
    rows.loc[multi.index, "geometry"] = multi
    crossed = take(dials.faults * FAULTS["self_intersecting"])
    rows.loc[crossed, "geometry"] = _bow_ties(rows.loc[crossed, "geometry"].to_numpy())
    unknown = take(dials.faults * FAULTS["unknown_code"])
    rows.loc[unknown, "code"] = UNKNOWN_CODE
    same = rows.loc[take(dials.faults * FAULTS["duplicate_same_class"])]
    other = rows.loc[take(dials.faults * FAULTS["duplicate_other_class"])]
    other = other.assign(code=[_other_code(code) for code in other["code"].tolist()])
    counts |= {
        "self_intersecting": len(crossed),
        "unknown_code": len(unknown),
        "duplicate_same_class": len(same),
        "duplicate_other_class": len(other),
    }
    rows = rows.drop(index=gone)
    extra: dict[str, list[Any]] = {
        "null": [None] * (dials.faults * FAULTS["null"]),
        "empty": [shapely.Polygon()] * (dials.faults * FAULTS["empty"]),
        "sliver": _slivers(rows, dials.faults * FAULTS["sliver"]),
        "outside_all_tiles": _far_away(dials, dials.faults * FAULTS["outside_all_tiles"]),
    }
    counts |= {kind: len(geometries) for kind, geometries in extra.items()}
    added = [_rows(kind, geometries, dials) for kind, geometries in extra.items() if geometries]
    copies = [part.assign(id=part["id"] + "b") for part in (same, other)]
    spoilt = pd.concat([rows, *copies, *added], ignore_index=True)
    counts["across_tile_borders"] = _crossing(spoilt, dials)
    spoilt = spoilt.iloc[rng.permutation(len(spoilt))].reset_index(drop=True)
    spoilt["code"] = spoilt["code"].astype(np.int32)
    spoilt["label"] = [label_of(code) for code in spoilt["code"].tolist()]
    return geopandas.GeoDataFrame(spoilt[["id", "code", "label", "geometry"]], crs=dials.crs), counts


class _Taker:
    """Hands out rows, each once, as long as there are any."""

    def __init__(self, rows: NDArray[np.int64]) -> None:
        self.rows = rows

    def __call__(self, count: int) -> NDArray[np.int64]:
        taken, self.rows = self.rows[:count], self.rows[count:]
        return taken


def _multi_part(
    rows: geopandas.GeoDataFrame, take: _Taker, count: int
) -> tuple[geopandas.GeoSeries, list[int]]:
    """Join pairs of polygons of one class; returns the joined geometries by row and the rows used up."""
    free = rows.loc[take(6 * count)]
    place = free.groupby("code").cumcount()
    pair = free["code"].astype(str) + "/" + (place // 2).astype(str)
    sizes = pair.map(pair.value_counts())
    whole_pairs = free[sizes == 2].assign(pair=pair).sort_values(["pair", "id"])
    first, second = whole_pairs.iloc[0::2][:count], whole_pairs.iloc[1::2][:count]
    parts = np.stack([first.geometry.to_numpy(), second.geometry.to_numpy()], axis=1)
    joined: Any = shapely.multipolygons(parts) if count else []
    used = np.concatenate([first.index, second.index])
    take.rows = np.concatenate([take.rows, free.index[~free.index.isin(used)].to_numpy()])
    return geopandas.GeoSeries(list(joined), index=first.index, crs=rows.crs), second.index.tolist()


def _bow_ties(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    """Polygons whose outline crosses itself, inside the boxes of the given ones."""
    left, bottom, right, top = shapely.bounds(polygons).T
    ring = np.stack([[left, bottom], [right, top], [right, bottom], [left, top], [left, bottom]])
    crossing: NDArray[np.object_] = np.asarray(shapely.polygons(np.moveaxis(ring, 2, 0)))
    return crossing


def _slivers(rows: geopandas.GeoDataFrame, count: int) -> list[shapely.Geometry]:
    """Strips along the eastern sides of the first polygons."""
    bounds = rows.geometry.iloc[:count].bounds.to_numpy()
    width, length = SLIVER
    strips: Any = shapely.box(bounds[:, 2] + 1, bounds[:, 1], bounds[:, 2] + 1 + width, bounds[:, 1] + length)
    return list(strips)


def _far_away(dials: Dials, count: int) -> list[shapely.Geometry]:
    """Squares in a row, west of all tiles."""
    left, _, _, top = scene_grid(dials).bounds
    x = left - FAR_AWAY - 2 * FAR_SIDE * np.arange(count)
    squares: Any = shapely.box(x, np.full(count, top - FAR_SIDE), x + FAR_SIDE, np.full(count, top))
    return list(squares)


def _rows(kind: str, geometries: list[shapely.Geometry | None], dials: Dials) -> geopandas.GeoDataFrame:
    """Rows of one kind of fault, with the scene's first code that is neither rare nor local."""
    data = {"id": [f"{kind}_{i}" for i in range(len(geometries))], "code": [CODES[1]] * len(geometries)}
    return geopandas.GeoDataFrame(data, geometry=geometries, crs=dials.crs)


def _other_code(code: int) -> int:
    """Another usual code."""
    usual = [c for c in CODES if c not in (RARE_CODE, LOCAL_CODE)]
    return usual[(usual.index(code) + 1) % len(usual)]


def _crossing(rows: pd.DataFrame, dials: Dials) -> int:
    """Polygons that cross the border of a tile."""
    geometries = rows["geometry"].to_numpy()
    rings = [footprint_ring(grid, dials.crs) for grid in tile_grids(dials).values()]
    borders = shapely.union_all([shapely.Polygon(ring).exterior for ring in rings])
    return int(np.count_nonzero(shapely.intersects(geometries, borders)))
