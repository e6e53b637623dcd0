"""Mosaics: owned pixels, colours, and a layout that rio-cogeo accepts."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Transformer
from rio_cogeo.cogeo import cog_validate

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring
from tilefold.inference.lattice import LatticeError
from tilefold.inference.mosaic import TileRasterError, mosaic_tiles
from tilefold.plan.grids import output_grid
from tilefold.storage.rasters import create_raster

CRS = "EPSG:32631"
#: Three tiles of 700 x 620 pixels that overlap by 20 columns, or by 40 rows.
GRIDS = {
    "A": Grid(CRS, (10.0, 0.0, 500000.0, 0.0, -10.0, 4800000.0), 700, 620),
    "B": Grid(CRS, (10.0, 0.0, 506000.0, 0.0, -10.0, 4800000.0), 700, 620),
    "C": Grid(CRS, (10.0, 0.0, 500000.0, 0.0, -10.0, 4793400.0), 700, 620),
}
CLASSES = [
    {"code": 1, "label": "vignes & vergers", "colour": [255, 0, 10]},
    {"code": 7, "label": "forêt", "colour": [0, 99, 1]},
    {"code": 12, "label": "water", "colour": [0, 0, 255]},
]


def settings(tiles: str = "ABC", product: str = "classification", nodata: int = 0) -> dict:
    return {
        "product": product,
        "grids": {tile: GRIDS[tile].to_dict() for tile in tiles},
        "ownership": Ownership(CRS, {t: footprint_ring(GRIDS[t], CRS) for t in GRIDS}).to_dict(),
        "map_grids": None,
        "classes": CLASSES if product == "classification" else None,
        "nodata": nodata,
    }


def write_tiles(
    folder: Path,
    tiles: str = "ABC",
    *,
    dtype: str = "uint8",
    bands: int = 1,
    nodata: int = 0,
    codes: tuple = (0, 1, 7, 12),
) -> tuple[dict[str, Path], dict[str, np.ndarray]]:
    paths, values = {}, {}
    for number, tile in enumerate(tiles):
        generator = np.random.default_rng(number)
        values[tile] = generator.choice(codes, (bands, *GRIDS[tile].shape)).astype(dtype)
        paths[tile] = folder / f"{tile}.tif"
        names = [f"band {band}" for band in range(bands)]
        with create_raster(
            paths[tile], GRIDS[tile], dtype=dtype, nodata=nodata, descriptions=names, tags={}
        ) as raster:
            raster.write(values[tile])
    return paths, values


def expected_mosaic(values: dict[str, np.ndarray], nodata: int) -> np.ndarray:
    """Nearest centre among the tiles that hold the pixel, written down by hand for these three tiles."""
    bands = next(iter(values.values())).shape[0]
    result = np.full((bands, 1360, 1220), nodata, next(iter(values.values())).dtype)
    # Centres: A (350, 310), B (350, 910), C (1010, 310) in rows and columns of the mosaic's corners.
    rows, cols = np.mgrid[0:1360, 0:1220] + 0.5
    corners = {"A": (0, 0), "B": (0, 600), "C": (660, 0)}
    distance = np.full((3, 1360, 1220), np.inf)
    for number, tile in enumerate("ABC"):
        top, left = corners[tile]
        inside = (rows > top) & (rows < top + 700) & (cols > left) & (cols < left + 620)
        away = (rows - top - 350) ** 2 + (cols - left - 310) ** 2
        distance[number][inside] = away[inside]
    owner = distance.argmin(axis=0)
    for number, tile in enumerate("ABC"):
        if tile in values:
            top, left = corners[tile]
            placed = np.full_like(result, nodata)
            placed[:, top : top + 700, left : left + 620] = values[tile]
            mine = (owner == number) & np.isfinite(distance[number])
            result[:, mine] = placed[:, mine]
    return result


def test_each_pixel_comes_from_its_owner(tmp_path: Path) -> None:
    paths, values = write_tiles(tmp_path)
    mosaic = tmp_path / "maps" / "classification.tif"
    mosaic_tiles(paths, settings(), mosaic=mosaic)
    with rasterio.open(mosaic) as raster:
        np.testing.assert_array_equal(raster.read(), expected_mosaic(values, 0))
        assert raster.transform == GRIDS["A"].affine
        assert raster.crs.to_epsg() == 32631
        assert raster.nodata == 0
    assert [path.name for path in mosaic.parent.iterdir()] == ["classification.tif"]


def test_mosaic_is_cloud_optimised_with_overviews_of_map_values(tmp_path: Path) -> None:
    paths, _ = write_tiles(tmp_path)
    mosaic = tmp_path / "classification.tif"
    mosaic_tiles(paths, settings(), mosaic=mosaic)
    valid, errors, warnings = cog_validate(mosaic, strict=True)
    assert (valid, errors, warnings) == (True, [], [])
    with rasterio.open(mosaic) as raster:
        assert raster.overviews(1) == [2, 4]
        assert raster.tags()["OVERVIEW_RESAMPLING"] == "NEAREST"
        assert "tilefold_settings" in raster.tags()
    with rasterio.open(mosaic, overview_level=1) as overview:
        assert set(np.unique(overview.read())) <= {0, 1, 7, 12}


def test_colours_and_labels_are_in_the_file(tmp_path: Path) -> None:
    paths, _ = write_tiles(tmp_path)
    mosaic = tmp_path / "classification.tif"
    mosaic_tiles(paths, settings(), mosaic=mosaic)
    with rasterio.open(mosaic) as raster:
        colours, tags = raster.colormap(1), raster.tags(1)
    for item in CLASSES:
        assert colours[item["code"]] == (*item["colour"], 255)
        assert tags[f"class_{item['code']}"] == item["label"]
    assert colours[0][3] == 0  # nodata is transparent


def test_bands_of_numbers_have_statistics(tmp_path: Path) -> None:
    if shutil.which("gdalinfo") is None:
        pytest.skip("gdalinfo is not installed")
    paths, values = write_tiles(tmp_path, bands=2, nodata=255, codes=(0, 3, 90, 255))
    mosaic = tmp_path / "probabilities.tif"
    mosaic_tiles(paths, settings(product="probabilities"), mosaic=mosaic)
    assert cog_validate(mosaic, strict=True)[0]
    found = json.loads(subprocess.run(["gdalinfo", "-json", mosaic], check=True, capture_output=True).stdout)
    expected = expected_mosaic(values, 255).astype(float)
    for band in range(2):
        known = expected[band][expected[band] != 255]
        tags = {name: float(text) for name, text in found["bands"][band]["metadata"][""].items()}
        assert (tags["STATISTICS_MINIMUM"], tags["STATISTICS_MAXIMUM"]) == (0, 90)
        assert tags["STATISTICS_MEAN"] == pytest.approx(known.mean(), rel=1e-5)
        assert tags["STATISTICS_STDDEV"] == pytest.approx(known.std(), rel=1e-5)
        assert tags["STATISTICS_VALID_PERCENT"] == pytest.approx(
            100 * known.size / expected[band].size, rel=1e-3
        )


def test_a_mosaic_of_halves_has_statistics_and_loses_nothing(tmp_path: Path) -> None:
    if shutil.which("gdalinfo") is None:
        pytest.skip("gdalinfo is not installed")
    paths, values = {}, {}
    for number, tile in enumerate("ABC"):
        drawn = np.random.default_rng(number).random((1, *GRIDS[tile].shape))
        values[tile] = np.where(drawn < 0.1, np.nan, drawn).astype(np.float16).astype(np.float32)
        paths[tile] = tmp_path / f"{tile}.tif"
        with create_raster(
            paths[tile], GRIDS[tile], dtype="float16", nodata=np.nan, descriptions=["confidence"], tags={}
        ) as raster:
            raster.write(values[tile])
    mosaic = tmp_path / "confidence.tif"
    mosaic_tiles(paths, settings(product="confidence"), mosaic=mosaic)
    assert cog_validate(mosaic, strict=True)[0]
    expected = expected_mosaic(values, np.nan)
    with rasterio.open(mosaic) as raster:
        np.testing.assert_array_equal(raster.read(), expected)
    found = json.loads(subprocess.run(["gdalinfo", "-json", mosaic], check=True, capture_output=True).stdout)
    band = found["bands"][0]
    assert (band["type"], band["metadata"]["IMAGE_STRUCTURE"]["NBITS"]) == ("Float32", "16")
    tags = {name: float(text) for name, text in band["metadata"][""].items()}
    known = expected[~np.isnan(expected)].astype(float)
    assert tags["STATISTICS_MAXIMUM"] == known.max()
    assert tags["STATISTICS_MEAN"] == pytest.approx(known.mean(), rel=1e-5)
    assert tags["STATISTICS_STDDEV"] == pytest.approx(known.std(), rel=1e-5)


def test_gdal_reads_the_colours(tmp_path: Path) -> None:
    if shutil.which("gdalinfo") is None:
        pytest.skip("gdalinfo is not installed")
    paths, _ = write_tiles(tmp_path)
    mosaic = tmp_path / "classification.tif"
    mosaic_tiles(paths, settings(), mosaic=mosaic)
    text = subprocess.run(["gdalinfo", mosaic], check=True, capture_output=True, text=True).stdout
    assert "7: 0,99,1,255" in text
    assert "class_7=forêt" in text
    assert "LAYOUT=COG" in text


def test_codes_above_255_have_colours_too(tmp_path: Path) -> None:
    paths, values = write_tiles(tmp_path, dtype="uint16", codes=(0, 111, 523))
    classes = [
        {"code": 111, "label": "urban", "colour": [230, 0, 77]},
        {"code": 523, "label": "sea", "colour": [230, 242, 255]},
    ]
    mosaic = tmp_path / "classification.tif"
    mosaic_tiles(paths, settings() | {"classes": classes}, mosaic=mosaic)
    assert cog_validate(mosaic)[0]
    with rasterio.open(mosaic) as raster:
        assert raster.colormap(1)[523] == (230, 242, 255, 255)
        np.testing.assert_array_equal(raster.read(), expected_mosaic(values, 0))


def test_probabilities_keep_their_bands_and_their_nodata(tmp_path: Path) -> None:
    paths, values = write_tiles(tmp_path, dtype="uint16", bands=3, nodata=65535, codes=(0, 65535, 1000))
    mosaic = tmp_path / "probabilities.tif"
    mosaic_tiles(paths, settings(product="probabilities"), mosaic=mosaic)
    assert cog_validate(mosaic)[0]
    with rasterio.open(mosaic) as raster:
        np.testing.assert_array_equal(raster.read(), expected_mosaic(values, 65535))
        assert raster.descriptions == ("band 0", "band 1", "band 2")
        assert raster.nodata == 65535


def test_a_fold_maps_only_what_its_tiles_own(tmp_path: Path) -> None:
    paths, values = write_tiles(tmp_path, tiles="B")
    mosaic = tmp_path / "classification.tif"
    mosaic_tiles(paths, settings("B"), mosaic=mosaic)
    with rasterio.open(mosaic) as raster:
        found = raster.read()
    np.testing.assert_array_equal(found, expected_mosaic(values, 0)[:, :700, 600:])
    assert (found[0, :, :9] == 0).all()  # the strip that A owns


def test_same_bytes_twice(tmp_path: Path) -> None:
    paths, _ = write_tiles(tmp_path)
    for name in ("one", "two"):
        mosaic_tiles(paths, settings(), mosaic=tmp_path / name / "classification.tif")
    backwards = dict(reversed(paths.items()))
    mosaic_tiles(backwards, settings(), mosaic=tmp_path / "three" / "classification.tif")
    results = [(tmp_path / name / "classification.tif").read_bytes() for name in ("one", "two", "three")]
    assert results[0] == results[1] == results[2]


def test_tiles_off_the_lattice_are_refused(tmp_path: Path) -> None:
    paths, _ = write_tiles(tmp_path, "AB")
    shifted = settings("AB")
    shifted["grids"]["B"]["transform"][2] += 4
    with pytest.raises(LatticeError, match="output_crs"):
        mosaic_tiles(paths, shifted, mosaic=tmp_path / "classification.tif")


def test_a_raster_of_another_tile_is_refused(tmp_path: Path) -> None:
    paths, _ = write_tiles(tmp_path, "AB")
    with pytest.raises(TileRasterError, match="but tile B on"):
        mosaic_tiles({"A": paths["A"], "B": paths["A"]}, settings("AB"), mosaic=tmp_path / "m.tif")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["A.tif", "B.tif"]


def test_another_nodata_value_is_refused(tmp_path: Path) -> None:
    paths, _ = write_tiles(tmp_path, "A")
    with pytest.raises(TileRasterError, match="expected 255"):
        mosaic_tiles(paths, settings("A", nodata=255), mosaic=tmp_path / "m.tif")


def test_tiles_of_two_zones_are_warped_to_one_crs(tmp_path: Path) -> None:
    """Two tiles on either side of 6 degrees east; each mosaic pixel has the value that its centre lies on."""
    middle = {"A": (739000.0, 4800000.0), "B": (253660.0, 4800520.0)}
    crs = {"A": "EPSG:32631", "B": "EPSG:32632"}
    grids = {
        tile: Grid(crs[tile], (10.0, 0.0, x - 1000.0, 0.0, -10.0, y + 1000.0), 200, 200)
        for tile, (x, y) in middle.items()
    }
    ownership = Ownership("EPSG:2154", {t: footprint_ring(grids[t], "EPSG:2154") for t in grids})
    shapes = {tile: shapely.Polygon(ring) for tile, ring in ownership.rings.items()}
    assert shapely.area(shapely.intersection(*shapes.values())) > 1e5
    paths, values = {}, {}
    for number, tile in enumerate("AB"):
        values[tile] = np.random.default_rng(number).choice([1, 7, 12], grids[tile].shape).astype(np.uint8)
        paths[tile] = tmp_path / f"{tile}.tif"
        with create_raster(
            paths[tile], grids[tile], dtype="uint8", nodata=0, descriptions=["c"], tags={}
        ) as raster:
            raster.write(values[tile], 1)
    changed = {
        "grids": {tile: grid.to_dict() for tile, grid in grids.items()},
        "map_grids": {tile: output_grid(grid, "EPSG:2154", None).to_dict() for tile, grid in grids.items()},
        "ownership": ownership.to_dict(),
    }
    mosaic = tmp_path / "classification.tif"
    mosaic_tiles(paths, settings() | changed, mosaic=mosaic)
    assert cog_validate(mosaic, strict=True)[0]
    with rasterio.open(mosaic) as raster:
        found, transform = raster.read(1), raster.transform
        assert raster.crs.to_epsg() == 2154
        assert (transform.a, transform.c % 10, transform.f % 10) == (10, 0, 0)
    rows, cols = np.mgrid[: found.shape[0], : found.shape[1]]
    x, y = transform.c + 10 * (cols + 0.5), transform.f - 10 * (rows + 0.5)
    expected, nearest, sure = np.zeros_like(found), np.full(found.shape, np.inf), np.ones(found.shape, bool)
    for tile, grid in grids.items():
        there = Transformer.from_crs("EPSG:2154", crs[tile], always_xy=True).transform(x, y)
        col, row = (there[0] - grid.bounds[0]) / 10, (grid.bounds[3] - there[1]) / 10
        inside = (row >= 0) & (row < 200) & (col >= 0) & (col < 200)
        inside &= shapely.intersects_xy(shapes[tile], x, y)
        away = np.where(inside, np.hypot(x - shapes[tile].centroid.x, y - shapes[tile].centroid.y), np.inf)
        mine = inside & (away < nearest)
        expected[mine] = values[tile][np.floor(row[mine]).astype(int), np.floor(col[mine]).astype(int)]
        nearest = np.minimum(nearest, away)
        # Centres that lie on an edge of a pixel, to a millimetre, may go either way.
        sure &= (np.abs(row - np.rint(row)) > 1e-4) & (np.abs(col - np.rint(col)) > 1e-4)
    assert sure.mean() > 0.99
    assert (expected > 0).sum() > 50000
    np.testing.assert_array_equal(found[sure], expected[sure])
