"""One cloud-optimised map of a run, from its tiles."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader, DatasetWriter

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership
from tilefold.grids.windows import Window, blocks, overlap, shifted
from tilefold.inference.band_statistics import write_statistics
from tilefold.inference.blending import Blend, edge_distance
from tilefold.inference.cloud_optimised import cloud_optimised
from tilefold.inference.lattice import common_grid, open_on, same_grid
from tilefold.storage.metadata import kept_tags, provenance
from tilefold.storage.rasters import BLOCK, band_type, create_raster, form_of, grid_of

logger = logging.getLogger(__name__)

CLASSIFICATION = "classification"
#: Data types for which a GeoTIFF can hold a colour table.
COLOUR_TABLE_TYPES = ("uint8", "uint16")


class TileRasterError(ValueError):
    """A tile's raster is not what the mosaic expects."""


def mosaic_tiles(
    tiles: Mapping[str, Path | str],
    settings: Mapping[str, Any],
    *,
    mosaic: Path | str,
    probabilities: Mapping[str, Path | str] | None = None,
) -> None:
    """Join tiles, each pixel from the tile that owns it, into a cloud-optimised GeoTIFF.

    The mosaic covers all tiles' grids; pixels that none of the tiles owns are nodata. With probabilities the pixels
    that several tiles classified are blended (see `Blend`), and a pixel that its owner left without a label has that
    of the other tile. Tiles of other CRSs are warped, each pixel from the one that its centre lies in. Overviews take
    the nearest pixel, so they hold values of the map alone. Memory is bounded by blocks, not by the mosaic.

    Parameters
    ----------
    tiles
        Rasters of one product, by tile.
    settings
        `product`, `grids` (by tile), `map_grids` (grids that hold the tiles on the mosaic's lattice, where it is
        another than theirs, else None), `ownership`, `nodata` (of the classification), and `classes`: `code`,
        `label`, `colour` (red, green, blue) of each class, or None. With classes the raster has a colour
        table, and the labels as tags `class_<code>` of its band; without, its bands have statistics. `codes`
        (ascending), to blend.
    mosaic
        The raster to write: bands, type and nodata value of the tiles.
    probabilities
        Probabilities of the classes, by tile, to blend; for the products that `Blend.product` makes.

    Raises
    ------
    LatticeError
        If the tiles' pixels do not coincide.
    TileRasterError
        If a tile's raster is not on the tile's grid, or rasters differ in type, bands or nodata value.
    """
    grids = {tile: Grid.from_dict(grid) for tile, grid in settings["grids"].items()}
    placed = {t: Grid.from_dict(item) for t, item in (settings["map_grids"] or {}).items()} or grids
    ownership = Ownership.from_dict(settings["ownership"])
    grid, windows = common_grid(placed)
    with cloud_optimised(mosaic) as joined:
        with rasterio.open(tiles[min(grids)]) as first:
            check_tiles(tiles, grids, first, settings)
            with create_raster(
                joined,
                grid,
                dtype=band_type(first),
                nodata=first.nodata,
                descriptions=first.descriptions,
                tags={**provenance(settings), **kept_tags(first.tags())},
            ) as output:
                if settings["classes"]:
                    describe_classes(output, settings["classes"])
                joint = _Joint(
                    grids, placed, windows, ownership, settings["product"], settings.get("codes", [])
                )
                _fill(output, tiles, joint, probabilities or {})
        if not settings["classes"]:
            write_statistics(joined)
    logger.info("%s: %d tile(s) joined", settings["product"], len(tiles))


def check_tiles(
    tiles: Mapping[str, Path | str],
    grids: Mapping[str, Grid],
    first: DatasetReader,
    settings: Mapping[str, Any],
) -> None:
    """Refuse rasters that are not those of the tiles, or not of one form.

    Raises
    ------
    TileRasterError
        Naming the raster, what was found and what was expected.
    """
    if set(tiles) != set(grids):
        raise TileRasterError(
            f"rasters are given for the tiles {', '.join(sorted(tiles))}, but grids for "
            f"{', '.join(sorted(grids))}"
        )
    if settings["product"] == CLASSIFICATION and first.nodata != settings["nodata"]:
        raise TileRasterError(
            f"{first.name}: the nodata value is {first.nodata}, expected {settings['nodata']}; classify again"
        )
    for tile, path in sorted(tiles.items()):
        with rasterio.open(path) as raster:
            if not same_grid(grid_of(raster), grids[tile]):
                raise TileRasterError(
                    f"{path}: the raster lies on {grid_of(raster)}, but tile {tile} on {grids[tile]}; "
                    "merge its chunks again"
                )
            form = [form_of(item) for item in (raster, first)]
            if form[0] != form[1]:
                raise TileRasterError(
                    f"{path}: data types, nodata value and bands are {form[0]}, but {form[1]} in {first.name}"
                )


def describe_classes(dataset: DatasetWriter, classes: Sequence[Mapping[str, Any]]) -> None:
    """Give a one-band raster a colour table and the classes' labels, inside the file.

    GDAL keeps category names in a second file beside the raster (`write_categories`); here they are tags of the
    band, which a copied raster keeps.
    """
    dataset.update_tags(bidx=1, **{f"class_{item['code']}": item["label"] for item in classes})
    if dataset.dtypes[0] not in COLOUR_TABLE_TYPES:
        logger.warning(
            "%s: no colour table, since a GeoTIFF of type %s cannot hold one", dataset.name, dataset.dtypes[0]
        )
        return
    dataset.colorinterp = [ColorInterp.palette]
    dataset.write_colormap(1, {item["code"]: tuple(item["colour"]) for item in classes})


@dataclass(frozen=True)
class _Joint:
    """What each block of a mosaic is joined by: each tile's own grid, that on the mosaic's lattice, and the rest."""

    own: Mapping[str, Grid]
    grids: Mapping[str, Grid]
    windows: Mapping[str, Window]
    ownership: Ownership
    product: str
    codes: Sequence[int]

    @cached_property
    def near(self) -> dict[str, Ownership]:
        """The partition around each tile."""
        return {tile: self.ownership.neighbours(tile) for tile in self.grids}

    def owned(self, tile: str, inside: Window) -> NDArray[np.bool_]:
        """Pixels of a window of a tile that the tile owns."""
        return self.near[tile].owned(tile, self.grids[tile], inside)


def _fill(
    output: DatasetWriter,
    tiles: Mapping[str, Path | str],
    joint: _Joint,
    probabilities: Mapping[str, Path | str],
) -> None:
    """Write all blocks, from the upper left, a row of blocks at a time."""
    for row in range(0, output.height, BLOCK):
        strip = Window(row, min(row + BLOCK, output.height), 0, output.width)
        met = [tile for tile in sorted(tiles) if overlap(strip, joint.windows[tile])]
        with ExitStack() as stack:
            readers, likely = (
                {tile: stack.enter_context(open_on(paths[tile], joint.grids[tile])) for tile in met if paths}
                for paths in (tiles, probabilities)
            )
            for block in blocks(strip, BLOCK):
                values = np.full((output.count, *block.shape), output.nodata, output.dtypes[0])
                if likely:
                    _blend_block(values, block, readers, likely, joint)
                else:
                    _fill_block(values, block, readers, joint)
                output.write(values, window=block.to_ranges())


def _fill_block(
    values: NDArray[Any], block: Window, readers: Mapping[str, DatasetReader], joint: _Joint
) -> None:
    for tile, part, inside in _parts(block, {tile: joint.windows[tile] for tile in readers}):
        pixels = readers[tile].read(window=inside.to_ranges())
        _place(values, part, pixels, joint.owned(tile, inside))


def _blend_block(
    values: NDArray[Any],
    block: Window,
    readers: Mapping[str, DatasetReader],
    probabilities: Mapping[str, DatasetReader],
    joint: _Joint,
) -> None:
    """Pixels that one tile classified as this tile has them, those that several did blended."""
    nodata = values.copy()
    claimed = np.zeros(block.shape, np.bool_)
    blend = Blend(len(joint.codes), block.shape)
    for tile, part, inside in _parts(block, {tile: joint.windows[tile] for tile in readers}):
        claimed[part] |= joint.owned(tile, inside)
        likely = probabilities[tile].read(window=inside.to_ranges())
        seen = blend.add(part, likely, edge_distance(joint.own[tile], joint.grids[tile], inside))
        _place(values, part, readers[tile].read(window=inside.to_ranges()), seen)
    values[:, blend.several] = blend.product(decided(joint.product, values.dtype), joint.codes)
    values[:, ~claimed] = nodata[:, ~claimed]


def decided(product: str, dtype: np.dtype[Any]) -> str:
    """Name in `Decisions` of a product that rasters hold as this type."""
    if product == "confidence" and dtype.kind == "f":
        return "top"
    return "labels" if product == CLASSIFICATION else product


def _place(
    values: NDArray[Any], part: tuple[slice, slice], pixels: NDArray[Any], owned: NDArray[np.bool_]
) -> None:
    region = values[:, part[0], part[1]]
    region[:, owned] = pixels[:, owned]


def _parts(block: Window, windows: Mapping[str, Window]) -> Iterator[tuple[str, tuple[slice, slice], Window]]:
    """For each tile that meets a block: where in the block, and the window of the tile."""
    for tile, window in windows.items():
        common = overlap(block, window)
        if common:
            yield tile, shifted(common, block).to_slices(), shifted(common, window)
