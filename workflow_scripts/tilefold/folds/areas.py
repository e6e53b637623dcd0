"""Held-out areas: the one place that says which pixels a fold holds out, and which it bars from training.

A scheme of folds cuts all reference pixels into **cells**: the tile that owns a pixel, the fold number of the
block that it lies in, or its polygon's value in a field. A fold holds out some cells. A pixel has one cell at
most, so folds that share no cell share no pixel.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy
import shapely
from numpy.typing import NDArray

from tilefold.folds.blocks import Blocks
from tilefold.grids.lengths import in_units
from tilefold.grids.ownership import Ownership
from tilefold.storage.tables import Table, read_table, split_list

TILES, BLOCKS, FIELD = "tiles", "blocks", "field"
#: Cell of a pixel that no fold can hold out: its polygon has no value in the field.
NO_CELL = ""
#: Which part of a held-out tile is barred, and what becomes of polygons that meet it.
FOOTPRINT, OWNED = "footprint", "owned"
BAR, CLIP = "bar", "clip"

Mask = NDArray[np.bool_]
Indexes = Mapping[str, Table]


class AreaError(ValueError):
    """A held-out area that cannot be made."""


@dataclass(frozen=True)
class Cells:
    """Which cell each reference pixel is in.

    Attributes
    ----------
    kind
        `TILES`, `BLOCKS` or `FIELD`.
    blocks
        Squares with their fold numbers, for `BLOCKS`.
    values
        Values by polygon, for `FIELD`.
    """

    kind: str = TILES
    blocks: Blocks | None = None
    values: pd.Series[str] | None = None

    @classmethod
    def of_scheme(
        cls, scheme: Mapping[str, Any], polygons: pd.DataFrame, blocks: Path | str | None = None
    ) -> Cells:
        """Cells of a scheme.

        Parameters
        ----------
        scheme
            ``kind``; for `BLOCKS` also ``crs`` (the common one) and ``size_m`` (metres).
        polygons
            ``polygon`` and, for `FIELD`, ``fold_value``.
        blocks
            GeoPackage of `assign_blocks`, for `BLOCKS`.
        """
        kind = scheme["kind"]
        if kind == FIELD:
            return cls(kind, values=polygons.set_index("polygon")["fold_value"])
        if kind == BLOCKS:
            if blocks is None:
                raise AreaError("folds of blocks need the table of assign_blocks")
            return cls(kind, blocks=Blocks.read(blocks, in_units(scheme["size_m"], scheme["crs"])))
        if kind != TILES:
            raise AreaError(f"no scheme of folds {kind!r}; known are {TILES}, {BLOCKS}, {FIELD}")
        return cls(kind)

    def of_pixels(self, tile: str, pixels: pd.DataFrame) -> NDArray[np.object_]:
        """Cell of each pixel.

        Parameters
        ----------
        tile
            The tile that owns the pixels.
        pixels
            One row a pixel: ``x``, ``y`` (in the common CRS) for `BLOCKS`, ``polygon`` for `FIELD`.
        """
        if self.blocks is not None:
            return (
                self.blocks.numbers(pixels["x"].to_numpy(), pixels["y"].to_numpy()).astype(str).astype(object)
            )
        if self.values is not None:
            return self.values.reindex(pixels["polygon"], fill_value=NO_CELL).to_numpy(object)
        return np.full(len(pixels), tile, object)

    def of_some(self, cells: Collection[str], tile: str, pixels: pd.DataFrame) -> Mask:
        """Whether each pixel is in one of some cells; see `of_pixels`."""
        if self.blocks is not None:
            numbers = self.blocks.numbers(pixels["x"].to_numpy(), pixels["y"].to_numpy())
            return np.isin(numbers, [int(cell) for cell in cells])
        if self.values is not None:
            named = self.values.isin(list(cells))
            return named.reindex(pixels["polygon"], fill_value=False).to_numpy(np.bool_)
        return np.full(len(pixels), tile in cells)


@dataclass(frozen=True)
class HeldOutArea:
    """What a fold holds out, and the belt around it in which nothing may train.

    Attributes
    ----------
    cells
        The scheme's cells.
    held_out
        Cells held out; none for the fold `all`.
    clips
        Whether polygons that meet the barred area keep their pixels beyond it for training.
    footprint_tiles
        Tiles whose whole footprint is barred.
    belt
        Width of the belt in units of the common CRS.
    outline
        What the belt lies around, in the common CRS; empty if it lies around `pixels`, or without a belt.
    pixels
        Held-out pixels of folds by field, which the belt lies around.
    """

    cells: Cells = Cells()
    held_out: frozenset[str] = frozenset()
    clips: bool = False
    footprint_tiles: frozenset[str] = frozenset()
    belt: float = 0.0
    outline: shapely.Geometry = field(default_factory=shapely.Polygon)
    pixels: scipy.spatial.cKDTree | None = None

    def holds(self, tile: str, pixels: pd.DataFrame) -> Mask:
        """Whether each pixel is held out; see `Cells.of_pixels`."""
        return self.cells.of_some(self.held_out, tile, pixels)

    def bars(self, tile: str, pixels: pd.DataFrame) -> Mask:
        """Whether each pixel is held out or in the barred footprints or the belt, their borders included.

        Parameters
        ----------
        tile
            The tile that owns the pixels.
        pixels
            ``x``, ``y``, ``polygon`` of each.
        """
        held = self.holds(tile, pixels)
        x, y = pixels["x"].to_numpy(), pixels["y"].to_numpy()
        near = ~held
        if self.cells.blocks is not None:
            near &= ~self.cells.blocks.inside(x, y, self.belt)
        unsure = np.flatnonzero(near)
        near[unsure] = self._is_near(x[unsure], y[unsure])
        return held | near

    def _is_near(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> Mask:
        """Whether points lie in the barred footprints or in the belt."""
        if self.pixels is not None:
            limit = np.nextafter(self.belt, np.inf)
            distance, _ = self.pixels.query(np.column_stack((x, y)), distance_upper_bound=limit)
            return np.asarray(distance <= self.belt)
        return _near_outline(self.outline, self.belt, x, y)


def open_area(
    settings: Mapping[str, Any],
    polygons: pd.DataFrame,
    indexes: Indexes,
    blocks: Path | str | None = None,
) -> HeldOutArea:
    """Held-out area of a run.

    Parameters
    ----------
    settings
        ``held_out`` (cells), ``scheme`` (see `Cells.of_scheme`), ``barring`` (None for the fold `all`):
        ``straddlers`` ("bar", "clip"), ``buffer_m`` (metres), ``crs`` (the common one; not looked at without a
        buffer); for tiles ``boundary`` ("footprint", "owned") and ``ownership`` of the held-out tiles (for "owned"
        with those they overlap).
    polygons
        ``polygon`` and, for folds by field, ``fold_value``.
    indexes
        Indexes of the pools that the run reads; looked at for the belt of folds by field.
    blocks
        GeoPackage of `assign_blocks`.
    """
    barring, held_out = settings["barring"], frozenset(settings["held_out"])
    if barring is None or not held_out:
        return HeldOutArea()
    cells = Cells.of_scheme(settings["scheme"], polygons, blocks)
    belt = in_units(barring["buffer_m"], barring["crs"]) if barring["buffer_m"] else 0.0
    pixels = None
    if cells.kind == FIELD and belt:
        pixels = _held_out_pixels(cells, held_out, indexes)
    return HeldOutArea(
        cells=cells,
        held_out=held_out,
        clips=barring["straddlers"] == CLIP,
        footprint_tiles=held_out if barring.get("boundary") == FOOTPRINT else frozenset(),
        belt=belt,
        outline=_outline(cells, held_out, barring, belt),
        pixels=pixels,
    )


def _outline(
    cells: Cells, held_out: frozenset[str], barring: Mapping[str, Any], belt: float
) -> shapely.Geometry:
    """What the belt lies around; without a belt only what is barred besides the held-out pixels."""
    if cells.kind == TILES:
        ownership = Ownership.from_dict(barring["ownership"])
        if barring["boundary"] == FOOTPRINT:
            return shapely.union_all([shapely.Polygon(ownership.rings[tile]) for tile in sorted(held_out)])
        if belt:
            return shapely.union_all([ownership.region(tile) for tile in sorted(held_out)])
    if cells.blocks is not None and belt:
        return shapely.union_all(cells.blocks.squares([int(cell) for cell in held_out]))
    return shapely.Polygon()


def _near_outline(
    outline: shapely.Geometry, belt: float, x: NDArray[np.float64], y: NDArray[np.float64]
) -> Mask:
    inside = np.zeros(x.shape, np.bool_)
    if shapely.is_empty(outline):
        return inside
    left, bottom, right, top = shapely.bounds(outline)
    near = (x >= left - belt) & (x <= right + belt) & (y >= bottom - belt) & (y <= top + belt)
    # By distance: the outline of a buffer is a polygon that cuts its round corners short.
    shapely.prepare(outline)
    inside[near] = shapely.dwithin(outline, shapely.points(x[near], y[near]), belt)
    return inside


def _held_out_pixels(
    cells: Cells, held_out: frozenset[str], indexes: Indexes
) -> scipy.spatial.cKDTree | None:
    places = [np.empty((0, 2))]
    for tile, index in _tables(indexes):
        held = cells.of_some(held_out, tile, index)
        places.append(index.loc[held, ["x", "y"]].to_numpy(np.float64))
    found = np.concatenate(places)
    return scipy.spatial.cKDTree(found) if len(found) else None


def _tables(indexes: Indexes) -> Iterable[tuple[str, pd.DataFrame]]:
    """Places and polygons of each pool, one in memory at a time."""
    for tile in sorted(indexes):
        yield tile, read_table(indexes[tile], ["polygon", "x", "y"])


def count_pieces(split: pd.DataFrame, indexes: Indexes, area: HeldOutArea) -> pd.DataFrame:
    """Pixels of each polygon in each tile, and how many of them the fold holds out and bars.

    Parameters
    ----------
    split
        Table of `split_polygons`: ``polygon``, ``owned_tiles``, ``owned_pixels``.
    indexes
        Indexes of the pools that the run reads, by tile; held-out tiles need none.
    area
        What is held out.

    Returns
    -------
    pandas.DataFrame
        ``polygon``, ``tile``, ``pixels``, ``held_out`` (of them), ``barred`` (held out, or in the barred
        footprints or the belt); int64.
    """
    pieces = split[["polygon"]].assign(
        tile=split["owned_tiles"].map(split_list), pixels=split["owned_pixels"].map(split_list)
    )
    pieces = pieces.explode(["tile", "pixels"]).dropna().astype({"polygon": np.int64, "pixels": np.int64})
    found = [pd.DataFrame({"polygon": [], "tile": [], "held_out": [], "barred": []})]
    for tile, index in _tables(indexes if area.held_out else {}):
        marks = {"held_out": area.holds(tile, index), "barred": area.bars(tile, index)}
        counted = index[["polygon"]].assign(**marks).groupby("polygon", as_index=False).sum()
        found.append(counted[counted["barred"] > 0].assign(tile=tile))
    counts = pd.concat(found, ignore_index=True).astype({"polygon": np.int64, "tile": object})
    pieces = pieces.merge(counts, on=["polygon", "tile"], how="left").fillna({"held_out": 0, "barred": 0})
    if area.cells.kind == TILES:
        whole = pieces["tile"].isin(area.held_out)
        pieces = pieces.assign(
            held_out=pieces["held_out"].mask(whole, pieces["pixels"]),
            barred=pieces["barred"].mask(whole, pieces["pixels"]),
        )
    return pieces.astype({"held_out": np.int64, "barred": np.int64})
