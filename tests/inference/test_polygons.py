"""Polygons of a map of three tiles, against scipy and numpy on the whole map."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio.features
import shapely
from scipy import ndimage

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring
from tilefold.inference.areas import eliminate
from tilefold.inference.polygons import polygonise_tile, stitch_polygons
from tilefold.storage.rasters import create_raster

CRS = "EPSG:32631"
#: Three tiles of 120 x 110 pixels that overlap by 20 columns, or by 30 rows; the lower right corner has none.
GRIDS = {
    "A": Grid(CRS, (10.0, 0.0, 500000.0, 0.0, -10.0, 4800000.0), 120, 110),
    "B": Grid(CRS, (10.0, 0.0, 500900.0, 0.0, -10.0, 4800000.0), 120, 110),
    "C": Grid(CRS, (10.0, 0.0, 500000.0, 0.0, -10.0, 4799100.0), 120, 110),
}
FULL = Grid(CRS, GRIDS["A"].transform, 210, 200)
CODES = [2, 5, 9]
CLASSES = [{"code": code, "label": f"class {code}"} for code in CODES]


@pytest.fixture(scope="module")
def world() -> tuple[np.ndarray, np.ndarray]:
    """Labels and confidence of the whole map."""
    rng = np.random.default_rng(8)
    patches = np.kron(rng.integers(0, 3, (21, 20)), np.ones((10, 10), int))
    labels = np.array(CODES)[np.where(rng.random(FULL.shape) < 0.2, rng.integers(0, 3, FULL.shape), patches)]
    labels[rng.random(FULL.shape) < 0.02] = 0
    labels[120:, 110:] = 0
    return labels.astype(np.uint8), np.where(labels == 0, 255, rng.integers(34, 101, FULL.shape)).astype(
        np.uint8
    )


def polygons(
    folder: Path,
    world: tuple,
    minimum: int,
    suffix: str = "gpkg",
    half: bool = False,
    tiles: str = "ABC",
    full: Grid = FULL,
) -> Path:
    labels, confidence = world
    maps = {"classification": folder / "classification.tif", "confidence": folder / "confidence.tif"}
    with create_raster(
        maps["classification"], full, dtype="uint8", nodata=0, descriptions=["c"], tags={}
    ) as raster:
        raster.write(labels, 1)
    dtype, nodata = ("float16", np.nan) if half else ("uint8", 255)
    with create_raster(
        maps["confidence"], full, dtype=dtype, nodata=nodata, descriptions=["c"], tags={}
    ) as raster:
        share = np.where(confidence == 255, np.nan, confidence / 128).astype(np.float32)
        raster.write(share if half else confidence, 1)
    settings = {
        "grids": {tile: GRIDS[tile].to_dict() for tile in tiles},
        "ownership": Ownership(CRS, {t: footprint_ring(g, CRS) for t, g in GRIDS.items()}).to_dict(),
        "codes": CODES,
        "nodata": 0,
        "min_pixels": minimum,
    }
    parts, borders = {}, {}
    for tile in tiles:
        parts[tile], borders[tile] = folder / f"{tile}.parquet", folder / f"{tile}_border.parquet"
        polygonise_tile(*maps.values(), settings | {"tile": tile}, polygons=parts[tile], border=borders[tile])
    vector = folder / f"classification.{suffix}"
    stitch_polygons(parts, borders, settings | {"classes": CLASSES}, vector=vector)
    return vector


def scipy_areas(labels: np.ndarray) -> np.ndarray:
    numbers, count = np.zeros(labels.shape, np.int32), 0
    for code in CODES:
        found, more = ndimage.label(labels == code)
        numbers[found > 0] = found[found > 0] + count
        count += more
    return numbers


def by_area(vector: Path, numbers: np.ndarray) -> geopandas.GeoDataFrame:
    """Polygons in the order of scipy's numbers, by a pixel inside each."""
    table = geopandas.read_file(vector)
    burnt = rasterio.features.rasterize(
        zip(table.geometry, range(1, len(table) + 1), strict=True),
        out_shape=FULL.shape,
        transform=FULL.affine,
    )
    pairs = np.unique(np.stack([numbers.ravel(), burnt.ravel()]), axis=1)
    assert pairs.shape[1] == numbers.max() + 1 == len(table) + 1  # one to one, and all of the plane
    return table.iloc[pairs[1, 1:] - 1]


@pytest.mark.parametrize(("minimum", "suffix"), [(1, "gpkg"), (7, "fgb")])
def test_polygons_are_those_of_the_whole_map(tmp_path: Path, world: tuple, minimum: int, suffix: str) -> None:
    labels, confidence = world
    clean = eliminate(labels, minimum, 0)
    numbers = scipy_areas(clean)
    table = by_area(polygons(tmp_path, world, minimum, suffix), numbers)
    assert table.crs.to_epsg() == 32631
    sizes = np.bincount(numbers.ravel())[1:]
    np.testing.assert_array_equal(table["pixels"], sizes)
    np.testing.assert_allclose(table.area, 100.0 * sizes)
    index = range(1, numbers.max() + 1)
    np.testing.assert_allclose(table["confidence"], ndimage.mean(confidence / 100, numbers, index))
    counts = np.stack([ndimage.sum(labels == code, numbers, index) for code in CODES])
    np.testing.assert_array_equal(table["code"], np.array(CODES)[counts.argmax(axis=0)])
    np.testing.assert_allclose(table["share"], counts.max(axis=0) / sizes)
    assert (table["label"] == [f"class {code}" for code in table["code"]]).all()
    outlines = {
        int(number): shapely.geometry.shape(outline)
        for outline, number in rasterio.features.shapes(numbers, mask=numbers > 0, transform=FULL.affine)
    }
    assert all(shapely.equals(table.geometry, [outlines[number] for number in index]))
    # No corner is left where pieces were put together.
    corners = shapely.get_num_coordinates(table.geometry.to_numpy())
    expected = shapely.get_num_coordinates([outlines[number] for number in index])
    assert (corners <= expected + 1).all()
    assert table.geometry.is_valid.all()


def test_areas_go_on_beyond_tile_lines(tmp_path: Path, world: tuple) -> None:
    table = geopandas.read_file(polygons(tmp_path, world, 7))
    # Footprint centres are 900 m apart: the line between A and B lies at x = 500000 + 550 + 450.
    line = shapely.LineString([(501000, 4798800), (501000, 4800000)])
    assert (table.crosses(line)).sum() > 5


def test_halves_are_probabilities(tmp_path: Path, world: tuple) -> None:
    labels, confidence = world
    numbers = scipy_areas(labels)
    table = by_area(polygons(tmp_path, world, 1, half=True), numbers)
    expected = ndimage.mean(confidence / 128, numbers, range(1, numbers.max() + 1))
    np.testing.assert_allclose(table["confidence"], expected)


def test_same_bytes_twice_and_gdal_opens_them(tmp_path: Path, world: tuple) -> None:
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        found.append(polygons(tmp_path / name, world, 7).read_bytes())
    assert found[0] == found[1]
    if shutil.which("ogrinfo") is None:
        pytest.skip("ogrinfo is not installed")
    command = ["ogrinfo", "-so", tmp_path / "one" / "classification.gpkg", "classification"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Geometry: Polygon" in text


def test_a_map_without_labels_gives_no_polygon(tmp_path: Path, world: tuple) -> None:
    empty = np.zeros_like(world[0]), np.full_like(world[1], 255)
    assert len(geopandas.read_file(polygons(tmp_path, empty, 7))) == 0


def test_one_tile_of_several_has_what_it_owns(tmp_path: Path, world: tuple) -> None:
    labels, confidence = (values[:120, 90:] for values in world)
    table = geopandas.read_file(polygons(tmp_path, (labels, confidence), 1, tiles="B", full=GRIDS["B"]))
    # Written down by hand: nearer to B's centre than to those of the footprints that hold the place.
    rows, cols = np.mgrid[:120, :110] + 0.5
    own = np.hypot(rows - 60, cols - 55)
    to_a, to_c = np.hypot(rows - 60, cols + 35), np.hypot(rows - 150, cols + 35)
    taken = ((cols < 20) & (to_a < own)) | ((cols < 20) & (rows > 90) & (to_c < own))
    owned = np.where(taken, 0, labels)
    assert table["pixels"].sum() == (owned > 0).sum()
    assert len(table) == scipy_areas(owned).max()
