"""Scores of fused maps: on polygons that no run trained on, read at the right places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from tilefold.grids.grid import Grid
from tilefold.storage.rasters import create_raster
from tilefold.storage.tables import write_table
from tilefold.validation.map_scores import labels_at, score_fused, score_regularised

#: The map holds the tile, shifted by 40 rows and 30 columns, and has blocks beside it.
TILE = Grid("EPSG:32631", (10.0, 0.0, 500300.0, 0.0, -10.0, 4799600.0), 300, 280)
MAP = Grid("EPSG:32631", (10.0, 0.0, 500000.0, 0.0, -10.0, 4800000.0), 400, 330)
LABELS = np.random.default_rng(1).integers(0, 4, MAP.shape)


def write_map(path: Path, labels: np.ndarray = LABELS, grid: Grid = MAP) -> Path:
    with create_raster(path, grid, dtype="uint8", nodata=0, descriptions=["labels"], tags={}) as raster:
        raster.write(labels.astype(np.uint8), 1)
    return path


def pixels_of(number: int = 500) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    places = rng.choice(300 * 280, number, replace=False)
    polygon = np.arange(number) % 20
    return pd.DataFrame(
        {
            "row": places // 280,
            "col": places % 280,
            "polygon": polygon,
            "group": polygon,
            "code": polygon % 3 + 1,
        }
    )


def roles(path: Path, learn: set[int], validation: set[int], barred: set[int] = frozenset()) -> Path:
    names = ["learn" if p in learn else "validation" if p in validation else "test" for p in range(20)]
    names = ["" if p in barred else name for p, name in enumerate(names)]
    write_table(path, pd.DataFrame({"polygon": range(20), "role": names}))
    return path


def test_only_polygons_that_no_run_trained_on_count(tmp_path: Path) -> None:
    pixels = pixels_of()
    write_table(tmp_path / "index.parquet", pixels)
    tables = [
        roles(tmp_path / "0.parquet", set(range(10)), {10, 11}),
        roles(tmp_path / "1.parquet", set(range(5, 14)), {15}),
    ]
    settings = {"grids": {"T": TILE.to_dict()}, "codes": [1, 2, 3], "nodata": 0}
    maps = {
        "majority": write_map(tmp_path / "a.tif"),
        "seed_0": write_map(tmp_path / "b.tif", 1 + LABELS % 3),
    }
    score_fused(maps, {"T": tmp_path / "index.parquet"}, tables, settings, fused=tmp_path / "fused.csv")
    table = pd.read_csv(tmp_path / "fused.csv").set_index("map")
    kept = pixels[pixels["polygon"].isin([14, 16, 17, 18, 19])]
    found = LABELS[kept["row"] + 40, kept["col"] + 30]
    seen = found > 0
    assert table.loc["majority", "n_pixels"] == seen.sum()
    assert table.loc["majority", "n_nodata"] == (~seen).sum()
    assert table.loc["majority", "oa"] == pytest.approx((found == kept["code"])[seen].mean())
    assert table.loc["seed_0", "oa"] == pytest.approx((1 + found % 3 == kept["code"]).mean())
    assert table.loc["seed_0", "n_polygons"] == 5


def test_without_such_polygons_no_score_is_given(tmp_path: Path) -> None:
    write_table(tmp_path / "index.parquet", pixels_of())
    tables = [roles(tmp_path / "0.parquet", set(range(19)), {19})]
    settings = {"grids": {"T": TILE.to_dict()}, "codes": [1, 2, 3], "nodata": 0}
    maps = {"majority": write_map(tmp_path / "a.tif")}
    score_fused(maps, {"T": tmp_path / "index.parquet"}, tables, settings, fused=tmp_path / "fused.csv")
    table = pd.read_csv(tmp_path / "fused.csv")
    assert len(table) == 0
    assert {"map", "oa", "n_pixels"} <= set(table.columns)


def test_labels_are_read_in_another_crs_and_nodata_outside(tmp_path: Path) -> None:
    inside = Transformer.from_crs("EPSG:32631", "EPSG:2154", always_xy=True)
    left, top = inside.transform(500300.0, 4799600.0)
    grid = Grid("EPSG:2154", (10.0, 0.0, left, 0.0, -10.0, top), 150, 280)
    labels = np.random.default_rng(3).integers(1, 4, grid.shape)
    path = write_map(tmp_path / "warped.tif", labels, grid)
    pixels = pixels_of().assign(tile="T")
    found = labels_at(path, pixels, {"T": TILE.to_dict()})
    for place, (row, col) in enumerate(zip(pixels["row"], pixels["col"], strict=True)):
        x, y = inside.transform(500300.0 + 10 * (col + 0.5), 4799600.0 - 10 * (row + 0.5))
        line, column = int((top - y) // 10), int((x - left) // 10)
        held = 0 <= line < 150 and 0 <= column < 280
        assert found[place] == (labels[line, column] if held else 0)
    assert (found == 0).sum() > 100


def test_the_raw_map_and_another_are_scored_on_the_pixels_of_each_side(tmp_path: Path) -> None:
    index = pixels_of()
    write_table(tmp_path / "index.parquet", index)
    rows = np.arange(0, 500, 3)
    predicted = index.iloc[rows][["polygon", "group", "code"]].assign(
        tile="T", pool_row=rows, role=np.where(rows % 2, "test", "learn"), held_out_pixel=True
    )
    elsewhere = predicted.assign(tile="U", held_out_pixel=False, role="test")
    write_table(tmp_path / "predicted.parquet", pd.concat([predicted, elsewhere]))
    settings = {"held_out": ["T"], "grids": {"T": TILE.to_dict()}, "codes": [1, 2, 3], "nodata": 0}
    maps = {
        "raw": write_map(tmp_path / "a.tif"),
        "regularised": write_map(tmp_path / "b.tif", 1 + LABELS % 3),
    }
    score_regularised(
        maps,
        tmp_path / "predicted.parquet",
        {"T": tmp_path / "index.parquet", "U": tmp_path / "none.parquet"},
        settings,
        scored=tmp_path / "scored.csv",
    )
    table = pd.read_csv(tmp_path / "scored.csv").set_index(["map", "side"])
    assert set(table.index) == {(name, side) for name in maps for side in ("out_of_area", "out_of_area_test")}
    found = LABELS[index["row"] + 40, index["col"] + 30]
    for side, chosen in (("out_of_area", rows), ("out_of_area_test", rows[rows % 2 == 1])):
        right = found[chosen] == index["code"].to_numpy()[chosen]
        seen = found[chosen] > 0
        assert table.loc[("raw", side), "oa"] == pytest.approx(right[seen].mean())
        assert table.loc[("raw", side), "oa_with_nodata"] == pytest.approx(right.mean())
        other = (1 + found % 3)[chosen] == index["code"].to_numpy()[chosen]
        assert table.loc[("regularised", side), "oa"] == pytest.approx(other.mean())
