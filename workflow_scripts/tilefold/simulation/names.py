"""Products by name only: enough for the plan, and for nothing else."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from pathlib import Path

import geopandas
import rasterio
import shapely

from tilefold.grids.grid import Grid
from tilefold.sensors.catalogue import SENSORS
from tilefold.storage.tables import write_vector
from tilefold.storage.whole import write_text

#: A Sentinel-2 tile: 10980 pixels of 10 m, every 100 km, so that neighbours share 9.8 km.
SIDE, RESOLUTION, SPACING = 10980, 10.0, 100_000.0
CRS = "EPSG:32631"
ORIGIN = (300_000.0, 5_000_040.0)

#: Letters of the MGRS grid; I and O are left out there.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"

CLASSES = ((5, "rapeseed"), (10, "corn"), (16, "broad-leaved forest"))


def simulate_names(
    folder: Path | str, tiles: int | Sequence[str], *, acquisitions: int = 3, year: int = 2018
) -> None:
    """Write folders of Theia products with empty files, and one sparse header a tile.

    Parameters
    ----------
    folder
        Folder of the scene: products go to `sentinel2/<tile>/`, beside them a small `reference.gpkg` and its
        `nomenclature.csv`.
    tiles
        Number of tiles, named like T31ABC, or their names.
    acquisitions
        Products of each tile, evenly over the year.
    year
        Year of the products.
    """
    names = _tile_names(tiles) if isinstance(tiles, int) else list(tiles)
    columns = math.ceil(math.sqrt(len(names)))
    for number, tile in enumerate(names):
        row, col = divmod(number, columns)
        origin = ORIGIN[0] + SPACING * col, ORIGIN[1] - SPACING * row
        for index in range(acquisitions):
            day = datetime.date(year, 1, 2) + datetime.timedelta(days=360 * index // acquisitions)
            _write_product(Path(folder) / "sentinel2" / tile, tile, day, origin if index == 0 else None)
    _write_reference(Path(folder), len(names), columns)


def _tile_names(count: int) -> list[str]:
    squares = (f"{a}{b}{c}" for a in LETTERS for b in LETTERS for c in LETTERS)
    return [f"T31{letters}" for _, letters in zip(range(count), squares, strict=False)]


def _write_product(folder: Path, tile: str, day: datetime.date, origin: tuple[float, float] | None) -> None:
    name = f"SENTINEL2A_{day:%Y%m%d}-105031-461_L2A_{tile}_C_V1-0"
    product = folder / name
    (product / "MASKS").mkdir(parents=True)
    sensor = SENSORS["sentinel2"]
    paths = [sensor["band_path"].format(name=name, band=band) for band in sensor["bands"]]
    others = [*(mask["path"] for mask in sensor["masks"]), sensor["stamped"]]
    paths += [path.format(name=name) for path in others]
    for path in paths:
        (product / path).touch()
    if origin is not None:
        _write_header(product / paths[0], origin)


def _write_header(path: Path, origin: tuple[float, float]) -> None:
    grid = Grid(CRS, (RESOLUTION, 0.0, origin[0], 0.0, -RESOLUTION, origin[1]), SIDE, SIDE)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=grid.height,
        width=grid.width,
        count=1,
        dtype="int16",
        nodata=-10000,
        crs=grid.crs,
        transform=grid.affine,
        tiled=True,
        sparse_ok=True,
    ):
        pass


def _write_reference(folder: Path, tiles: int, columns: int) -> None:
    places = [divmod(number, columns) for number in range(tiles)]
    shapes = [
        shapely.box(x, y - 500, x + 500, y)
        for row, col in places
        for x, y in [(ORIGIN[0] + SPACING * col + 50_000, ORIGIN[1] - SPACING * row - 50_000)]
    ]
    codes = [CLASSES[number % len(CLASSES)][0] for number in range(tiles)]
    features = geopandas.GeoDataFrame({"code": codes}, geometry=shapes, crs=CRS)
    write_vector(folder / "reference.gpkg", features, "reference")
    lines = ["code,label,colour", *(f"{code},{label},#808080" for code, label in CLASSES)]
    write_text(folder / "nomenclature.csv", "\n".join(lines) + "\n")
