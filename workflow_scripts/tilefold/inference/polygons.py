"""A map as polygons: each tile's areas, and those that go on beyond a tile line put together."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyogrio.raw import write_arrow
from pyproj import CRS
from rasterio.features import shapes
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership
from tilefold.grids.windows import blocks, shifted, whole, widened
from tilefold.inference.areas import Labels, Numbers, connected_areas, eliminate, reach
from tilefold.inference.lattice import common_grid
from tilefold.inference.scales import CONFIDENCE_SCALE
from tilefold.storage.metadata import provenance
from tilefold.storage.rasters import BLOCK
from tilefold.storage.tables import fixed_date, read_table, write_table
from tilefold.storage.whole import whole_file

logger = logging.getLogger(__name__)

DRIVERS = {".gpkg": "GPKG", ".fgb": "FlatGeobuf"}
LAYER = "classification"
#: Fields of the polygons for people.
SCHEMA = pa.schema(
    {
        "code": pa.int32(),
        "label": pa.string(),
        "pixels": pa.int64(),
        "share": pa.float64(),
        "confidence": pa.float64(),
        "geometry": pa.binary(),
    }
)


def polygonise_tile(
    classification: Path | str,
    confidence: Path | str,
    settings: Mapping[str, Any],
    *,
    polygons: Path | str,
    border: Path | str,
) -> None:
    """Polygonise what a tile owns of a run's map.

    Areas hang together by edges of pixels. Small ones are eliminated first (see `eliminate`), by the map around the
    tile as well, so that neighbouring tiles decide alike. Memory: some forty bytes a pixel of the tile, and its
    polygons.

    Parameters
    ----------
    classification, confidence
        Maps of the run, on one grid.
    settings
        `tile`, `grids` (by tile of the run), `ownership`, `codes` (ascending), `nodata`, `min_pixels`.
    polygons
        To write (Parquet), a row an area: `area` (number), `code` (of the area after elimination), `pixels_<code>`
        (pixels that the map gives each class), `confidence` (sum over the pixels of the probability of the label, 0
        to 1), `geometry` (WKB, in columns and rows of the map).
    border
        To write (Parquet): `row` and `col` in the map, `area` and `code` of each pixel of an area next to one that
        the tile does not own.
    """
    grids = {tile: Grid.from_dict(grid) for tile, grid in settings["grids"].items()}
    tile, nodata = settings["tile"], settings["nodata"]
    grid, windows = common_grid(grids)
    window = windows[tile]
    around = widened(window, reach(settings["min_pixels"]), grid.shape)
    with rasterio.open(classification) as raster:
        labels = raster.read(1, window=around.to_ranges())
    inside = shifted(window, around).to_slices()
    raw = labels[inside].copy()
    labels = eliminate(labels, settings["min_pixels"], nodata)[inside]
    mine = _owned(Ownership.from_dict(settings["ownership"]).neighbours(tile), tile, grids[tile])
    labels = np.where(mine, labels, nodata)
    numbers, sizes = connected_areas(labels, nodata)
    with rasterio.open(confidence) as raster:
        sure = raster.read(1, window=window.to_ranges())
    table = _statistics(numbers, len(sizes), labels, raw, sure, settings["codes"])
    table["geometry"] = _shapes(numbers, window.col_start, window.row_start)
    write_table(polygons, table)
    at_edge = _at_edge(mine) & (numbers > 0)
    rows, cols = np.nonzero(at_edge)
    place = {"row": rows + window.row_start, "col": cols + window.col_start}
    write_table(border, pd.DataFrame({**place, "area": numbers[at_edge], "code": labels[at_edge]}))
    logger.info("tile %s: %d polygons", tile, len(table))


def _owned(ownership: Ownership, tile: str, grid: Grid) -> NDArray[np.bool_]:
    """Pixels of a tile that it owns, (rows, columns)."""
    mine = np.empty(grid.shape, np.bool_)
    for block in blocks(whole(*grid.shape), BLOCK):
        mine[block.to_slices()] = ownership.owned(tile, grid, block)
    return mine


def _statistics(
    numbers: Numbers, size: int, labels: Labels, raw: Labels, sure: NDArray[Any], codes: Sequence[int]
) -> pd.DataFrame:
    """What is known of each area, in the order of their numbers; `size` counts the number 0 too."""
    where = numbers > 0
    areas = numbers[where]
    code = np.zeros(size, np.int32)
    code[areas] = labels[where]
    values = sure[where].astype(np.float64)
    if np.issubdtype(sure.dtype, np.integer):
        values /= CONFIDENCE_SCALE
    seen = raw[where]
    pixels = {f"pixels_{c}": np.bincount(areas[seen == c], minlength=size)[1:] for c in codes}
    total = np.bincount(areas, weights=values, minlength=size)
    return pd.DataFrame(
        {"area": np.arange(1, size, dtype=np.int32), "code": code[1:], **pixels, "confidence": total[1:]}
    )


def _shapes(numbers: Numbers, left: int, top: int) -> NDArray[np.object_]:
    """Polygon of each area in columns and rows of the map, as WKB, in the order of their numbers."""
    found = list(shapes(numbers, mask=numbers > 0, connectivity=4, transform=Affine.translation(left, top)))
    polygons = shapely.normalize([shapely.geometry.shape(outline) for outline, _ in found])
    order = np.argsort([number for _, number in found])
    return np.asarray(shapely.to_wkb(polygons), object)[order]


def _at_edge(mine: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Owned pixels with an edge to one that is not; what lies outside the tile is not owned."""
    padded = np.pad(mine, 1)
    within = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return np.asarray(mine & ~within)


def stitch_polygons(
    polygons: Mapping[str, Path | str],
    borders: Mapping[str, Path | str],
    settings: Mapping[str, Any],
    *,
    vector: Path | str,
) -> None:
    """Write the polygons of all tiles, those that meet on a tile line with one label as one.

    Two polygons meet where two pixels share an edge. Memory: the polygons of a tile, and those of all tiles that go
    on beyond a tile line.

    Parameters
    ----------
    polygons, borders
        What `polygonise_tile` wrote, by tile.
    settings
        `grids` (by tile), `classes` (`code`, `label`).
    vector
        GeoPackage (.gpkg) or FlatGeobuf (.fgb) to write: tile by tile the polygons that lie in one tile, then the
        others, with `code` and `label` of the class that the map gives most of their pixels (of equally many the
        lowest code), `pixels`, `share` of the pixels that have this class, and mean `confidence`, 0 to 1.
    """
    grid, _ = common_grid({tile: Grid.from_dict(item) for tile, item in settings["grids"].items()})
    labels = {item["code"]: item["label"] for item in settings["classes"]}
    parts = _joined(borders, grid.width)

    def tables() -> Iterator[pd.DataFrame]:
        kept = []
        for tile in sorted(polygons):
            table = read_table(polygons[tile])
            ours = parts[parts["tile"] == tile].set_index("area")["joined"]
            several = table["area"].isin(ours.index)
            part = table[several]
            kept.append(part.assign(joined=part["area"].map(ours)))
            if not several.all():
                yield table[~several]
        together = pd.concat(kept)
        if len(together):
            yield _dissolved(together)

    batches = (
        pa.RecordBatch.from_pandas(_told(table, labels, grid), SCHEMA, preserve_index=False)
        for table in tables()
    )
    with fixed_date(), whole_file(vector) as temporary:
        write_arrow(
            pa.RecordBatchReader.from_batches(SCHEMA, batches),
            temporary,
            layer=LAYER,
            driver=DRIVERS[Path(vector).suffix],
            geometry_name="geometry",
            geometry_type="Polygon",
            crs=CRS.from_user_input(grid.crs).to_wkt(),
            dataset_metadata=provenance(settings),
        )


def _joined(borders: Mapping[str, Path | str], width: int) -> pd.DataFrame:
    """Areas that meet one of another tile with the same code: `tile`, `area`, `joined` (number of what they form)."""
    pixels = pd.concat(
        [read_table(path).assign(tile=tile) for tile, path in sorted(borders.items())], ignore_index=True
    )
    place = pixels["row"].to_numpy(np.int64) * (width + 1) + pixels["col"].to_numpy(np.int64)
    pairs = []
    for step in (1, width + 1):
        _, one, other = np.intersect1d(place + step, place, assume_unique=True, return_indices=True)
        pairs.append(np.stack([one, other]))
    one, other = np.concatenate(pairs, axis=1)
    columns = {name: pixels[name].to_numpy() for name in ("tile", "area", "code")}
    meet = (columns["tile"][one] != columns["tile"][other]) & (columns["code"][one] == columns["code"][other])
    one, other = one[meet], other[meet]
    areas = pixels[["tile", "area"]].iloc[np.concatenate([one, other])]
    known = areas.drop_duplicates(ignore_index=True)
    numbers = areas.merge(known.reset_index(), how="left")["index"].to_numpy()
    first, second = numbers[: len(one)], numbers[len(one) :]
    graph = coo_array((np.ones(len(first)), (first, second)), shape=(len(known), len(known)))
    joined = connected_components(graph, directed=False)[1] if len(known) else np.empty(0, np.int32)
    return known.assign(joined=joined)


def _dissolved(table: pd.DataFrame) -> pd.DataFrame:
    """One row for all areas with one number in `joined`: counts and sums added, geometries united."""
    sums = table.drop(columns=["area", "code", "geometry"]).groupby("joined").sum()
    pieces = geopandas.GeoSeries(shapely.from_wkb(table["geometry"].to_numpy()), index=table["joined"])
    whole_areas = geopandas.GeoDataFrame(geometry=pieces).dissolve(by="joined").geometry.to_numpy()
    # Where pieces met on a side, that side has a corner too many.
    outlines = shapely.normalize(shapely.simplify(whole_areas, 0))
    return sums.assign(geometry=shapely.to_wkb(outlines)).reset_index()


def _told(table: pd.DataFrame, labels: Mapping[int, str], grid: Grid) -> pd.DataFrame:
    """What people get of polygons, in the map's CRS."""
    codes = np.array(sorted(labels), np.int32)
    counts = table[[f"pixels_{code}" for code in codes]].to_numpy(np.int64)
    most = counts.argmax(axis=1)
    a, _, c, _, e, f = grid.transform
    outlines = shapely.from_wkb(table["geometry"].to_numpy(object))
    placed = shapely.transform(outlines, lambda points: points * [a, e] + [c, f])
    return pd.DataFrame(
        {
            "code": codes[most],
            "label": [labels[code] for code in codes[most].tolist()],
            "pixels": counts.sum(axis=1),
            "share": counts.max(axis=1, initial=0) / counts.sum(axis=1),
            "confidence": table["confidence"].to_numpy() / counts.sum(axis=1),
            "geometry": shapely.to_wkb(placed),
        }
    )
