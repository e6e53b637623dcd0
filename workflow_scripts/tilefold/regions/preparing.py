"""From the user's polygons of regions to one clean geometry a region, and how far they lie apart."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely

from tilefold.ground_truth.features import as_text
from tilefold.ground_truth.shapes import (
    AREAL,
    COLLECTION,
    SQUARE_METRES_PER_HECTARE,
    Geometries,
    areas_m2,
    polygonal_parts,
    reproject,
)
from tilefold.regions.names import RegionError, region_numbers, safe_name
from tilefold.storage.tables import read_table, write_table, write_vector

#: Layer of the prepared regions.
LAYER = "regions"

logger = logging.getLogger(__name__)


def prepare_regions(
    source: Path | str, settings: Mapping[str, Any], *, regions: Path | str, neighbours: Path | str
) -> None:
    """Dissolve the polygons of each region, in the common CRS, and order its neighbours.

    Parameters
    ----------
    source
        Vector file in any format that GDAL reads.
    settings
        ``layer`` (None: the first), ``field`` (of the region's name), ``names`` (that the controller found),
        ``crs`` (the common one).
    regions
        GeoPackage to write, one feature a region: ``number`` (in rasters), ``region``, ``hectares``.
    neighbours
        CSV to write: for each ``region`` the others, nearest first, as ``rank`` (from 1), ``neighbour`` and
        ``distance`` (between the polygons, in units of the common CRS; 0 where they touch); of equally near
        ones the first by name.

    Raises
    ------
    RegionError
        If the names are not those that the controller found, a feature is no polygon, or a region has no area in
        the common CRS.
    """
    layer = settings["layer"] or str(pyogrio.list_layers(source)[0, 0])
    found = pyogrio.read_dataframe(source, layer=layer, columns=[settings["field"]], force_2d=True)
    names = as_text(found[settings["field"]]).map(safe_name)
    if sorted(set(names)) != sorted(settings["names"]):
        raise RegionError(f"{source}: the regions have changed since the start of this run; start it again")
    shapes = _dissolved(found.geometry.to_numpy(), names, found.crs, settings["crs"], source)
    numbers = region_numbers(shapes)
    frame = geopandas.GeoDataFrame(
        {
            "number": np.array([numbers[name] for name in shapes], np.int32),
            "region": list(shapes),
            "hectares": areas_m2(np.array(list(shapes.values()), object), settings["crs"])
            / SQUARE_METRES_PER_HECTARE,
        },
        geometry=list(shapes.values()),
        crs=settings["crs"],
    )
    write_vector(regions, frame, LAYER)
    write_table(neighbours, _neighbours(shapes))
    logger.info("%d regions: %s", len(shapes), ", ".join(shapes))


def read_neighbours(path: Path | str | None) -> dict[str, list[str]]:
    """Other regions of each region, nearest first, from the table of `prepare_regions`; empty without one."""
    if path is None:
        return {}
    table = read_table(path).astype({"region": str, "neighbour": str}).sort_values(["region", "rank"])
    return {str(region): part["neighbour"].tolist() for region, part in table.groupby("region")}


def _dissolved(
    geometries: Geometries, names: pd.Series[str], source_crs: Any, crs: str, source: Path | str
) -> dict[str, shapely.Geometry]:
    """One valid geometry a region, by name in their order."""
    known = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
    kinds = shapely.get_type_id(geometries)
    if wrong := sorted(set(kinds[known & ~np.isin(kinds, (*AREAL, COLLECTION))].tolist())):
        raise RegionError(
            f"{source}: found features of the kind {', '.join(shapely.GeometryType(kind).name for kind in wrong)}; "
            "regions are polygons"
        )
    parts, origin = polygonal_parts(geometries[known])
    carried = reproject(parts, source_crs, crs)
    if shapely.is_missing(carried).any():
        raise RegionError(
            f"{source}: a region reaches beyond where {crs} can hold it; clip it, or change output_crs"
        )
    # A ring may cross itself once its vertices are carried to another CRS.
    valid, again = polygonal_parts(carried)
    owner = names.to_numpy(object)[known][origin][again]
    shapes: dict[str, shapely.Geometry] = {
        name: shapely.union_all(valid[owner == name]) for name in sorted(set(names))
    }
    if empty := [name for name, shape in shapes.items() if shapely.is_empty(shape)]:
        raise RegionError(
            f"{source}: no area in the region(s) {', '.join(empty)}; draw them or take them out"
        )
    return shapes


def _neighbours(shapes: Mapping[str, shapely.Geometry]) -> pd.DataFrame:
    rows: list[tuple[str, int, str, float]] = []
    names = list(shapes)
    for name in names:
        others: Sequence[str] = [other for other in names if other != name]
        shapely.prepare(shapes[name])
        distances = shapely.distance(shapes[name], [shapes[other] for other in others])
        ordered = sorted(zip(np.atleast_1d(distances).tolist(), others, strict=True))
        rows += [(name, rank, other, distance) for rank, (distance, other) in enumerate(ordered, start=1)]
    return pd.DataFrame(rows, columns=["region", "rank", "neighbour", "distance"])
