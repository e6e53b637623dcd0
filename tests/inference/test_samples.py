"""Predicted samples: the right pixels, with the values of the map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
from netCDF4 import Dataset
from pool_file import write_pool

from tilefold.inference.chunks import classify_chunk
from tilefold.inference.model import PredictionError
from tilefold.inference.samples import predict_samples

COLUMNS = [
    "tile",
    "pool_row",
    "polygon",
    "group",
    "code",
    "role",
    "cell",
    "held_out_pixel",
    "predicted",
    "confidence",
]

#: Roles of a run that holds out T1: polygon 2 is held out, 3 straddles and is barred, the others may train.
ROLES = pd.DataFrame(
    {
        "polygon": np.array([1, 2, 3, 4, 5], np.int32),
        "split_role": ["test", "learn", "test", "validation", "learn"],
        "role": ["test", "", "", "validation", "learn"],
        "held_out": [False, True, True, False, False],
        "barred": [False, False, True, False, False],
        "fold_value": ["", "a", "b", "a", ""],
    }
)


def predict(
    tile: Any, folder: Path, names: list[str], roles: pd.DataFrame = ROLES, **changes: Any
) -> pd.DataFrame:
    roles.to_parquet(folder / "roles.parquet")
    predict_samples(
        {"all": tile.paths["model"]},
        folder / "roles.parquet",
        {name: folder / f"{name}.nc" for name in names},
        {name: folder / f"{name}_index.parquet" for name in names},
        tile.settings(**changes),
        predicted=folder / "predicted.parquet",
    )
    return pd.read_parquet(folder / "predicted.parquet")


@pytest.fixture(scope="module")
def maps(tile: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    folder = tmp_path_factory.mktemp("map")
    paths = {name: folder / f"{name}.tif" for name in ("labels", "confidence")}
    classify_chunk(*tile.inputs, tile.settings(), **paths)
    return {name: rasterio.open(path).read(1) for name, path in paths.items()}


def test_samples_have_the_values_of_the_map(
    tile: Any, maps: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tilefold.storage.samples.SAMPLES_PER_READ", 1000)
    index = write_pool(tile, tmp_path, "T1", 5000, seed=0)
    table = predict(tile, tmp_path, ["T1"], held_out=["T1"])
    assert table["pool_row"].tolist() == list(range(5000))
    row, col = index["row"].to_numpy(), index["col"].to_numpy()
    np.testing.assert_array_equal(table["predicted"], maps["labels"][row, col])
    np.testing.assert_array_equal(table["confidence"], maps["confidence"][row, col])
    never = index["clear_dates"].to_numpy() == 0
    assert never.sum() > 500
    assert (table.loc[never, "predicted"] == 0).all()
    assert (table.loc[~never, "predicted"] != 0).all()


def test_the_run_is_scored_on_its_held_out_area_and_its_test_polygons(tile: Any, tmp_path: Path) -> None:
    inside = write_pool(tile, tmp_path, "T1", 300, seed=1)
    outside = write_pool(tile, tmp_path, "T2", 400, seed=2)
    table = predict(tile, tmp_path, ["T2", "T1"], held_out=["T1"])
    assert list(table.columns) == COLUMNS
    first, second = table[table["tile"] == "T1"], table[table["tile"] == "T2"]
    assert table["tile"].tolist() == ["T1"] * len(first) + ["T2"] * len(second)
    assert len(second)

    # Held-out area: every pixel, with the role that the split gave.
    assert len(first) == 300
    assert first["held_out_pixel"].all()
    split = {1: "test", 2: "learn", 3: "test", 4: "validation", 5: "learn"}
    assert first["role"].tolist() == [split[polygon] for polygon in inside["polygon"]]
    assert first["code"].tolist() == inside["code"].tolist()
    assert first["group"].tolist() == inside["group"].tolist()

    # Elsewhere: pixels of polygon 1 alone; polygon 3 is of role test in the split, but barred.
    assert second["pool_row"].tolist() == np.flatnonzero(outside["polygon"] == 1).tolist()
    assert set(second["role"]) == {"test"}
    assert not second["held_out_pixel"].any()


def test_types_of_the_columns(tile: Any, tmp_path: Path) -> None:
    write_pool(tile, tmp_path, "T1", 50, seed=1)
    table = predict(tile, tmp_path, ["T1"])
    kinds = {name: str(kind) for name, kind in table.dtypes.items()}
    assert kinds["pool_row"] == "int64"
    assert kinds["confidence"] == "uint8"
    assert kinds["held_out_pixel"] == "bool"
    assert {kinds[name] for name in ("polygon", "group", "code", "predicted")} == {"int32"}


def test_a_run_without_test_pixels_gives_an_empty_table(tile: Any, tmp_path: Path) -> None:
    write_pool(tile, tmp_path, "T1", 50, seed=1)
    table = predict(tile, tmp_path, ["T1"], roles=ROLES.assign(role="learn"))
    assert list(table.columns) == COLUMNS
    assert table.empty


def test_same_bytes_twice(tile: Any, tmp_path: Path) -> None:
    write_pool(tile, tmp_path, "T1", 500, seed=1)
    write_pool(tile, tmp_path, "T2", 500, seed=2)
    results = []
    for names in (["T1", "T2"], ["T2", "T1"]):
        predict(tile, tmp_path, names, held_out=["T2"])
        results.append((tmp_path / "predicted.parquet").read_bytes())
    assert results[0] == results[1]


def test_a_pool_of_other_inputs_is_refused(tile: Any, tmp_path: Path) -> None:
    write_pool(tile, tmp_path, "T1", 50, seed=1)
    with Dataset(tmp_path / "T1.nc", "a") as dataset:
        dataset.renameVariable("dem", "slope")
    with pytest.raises(PredictionError, match=r"T1\.nc: input dem has no values"):
        predict(tile, tmp_path, ["T1"])


def test_a_polygon_without_a_role_is_refused(tile: Any, tmp_path: Path) -> None:
    write_pool(tile, tmp_path, "T1", 50, seed=1)
    with pytest.raises(PredictionError, match="1 polygon"):
        predict(tile, tmp_path, ["T1"], roles=ROLES[ROLES["polygon"] != 4])


def test_folds_by_field_hold_out_polygons_with_the_value(tile: Any, tmp_path: Path) -> None:
    index = write_pool(tile, tmp_path, "T1", 300, seed=1)
    table = predict(tile, tmp_path, ["T1"], held_out=["a"], scheme={"kind": "field"})
    values = np.array(["", "", "a", "b", "a", ""])[index["polygon"]]
    # Those with the value, and of the others the test polygon 1.
    expected = (values == "a") | (index["polygon"] == 1)
    assert table["pool_row"].tolist() == np.flatnonzero(expected).tolist()
    assert table["cell"].tolist() == values[expected].tolist()
    assert (table["held_out_pixel"] == (table["cell"] == "a")).all()
    assert set(table.loc[table["held_out_pixel"], "role"]) == {"learn", "validation"}


def test_folds_of_blocks_hold_out_pixels(tile: Any, tmp_path: Path) -> None:
    index = write_pool(tile, tmp_path, "T1", 300, seed=1)
    index["x"], index["y"] = 10.0 * index["col"], -10.0 * index["row"]
    index.to_parquet(tmp_path / "T1_index.parquet")
    places = index[["x", "y"]] // 50
    blocks = places.drop_duplicates().reset_index(drop=True).astype("int64")
    blocks.columns = ["column", "row"]
    # A chess board of two folds.
    blocks["fold"] = (blocks["column"] + blocks["row"]) % 2 + 1
    geopandas.GeoDataFrame(
        blocks.assign(pixels=1), geometry=geopandas.points_from_xy(blocks["column"], blocks["row"]), crs=32631
    ).to_file(tmp_path / "blocks.gpkg", layer="blocks")
    ROLES.to_parquet(tmp_path / "roles.parquet")
    predict_samples(
        {"all": tile.paths["model"]},
        tmp_path / "roles.parquet",
        {"T1": tmp_path / "T1.nc"},
        {"T1": tmp_path / "T1_index.parquet"},
        tile.settings(held_out=["2"], scheme={"kind": "blocks", "crs": "EPSG:32631", "size_m": 50.0}),
        predicted=tmp_path / "predicted.parquet",
        blocks=tmp_path / "blocks.gpkg",
    )
    table = pd.read_parquet(tmp_path / "predicted.parquet")
    inside = (places.sum(axis=1) % 2 == 1).to_numpy()
    assert inside.any()
    assert not inside.all()
    expected = inside | (index["polygon"] == 1)
    assert table["pool_row"].tolist() == np.flatnonzero(expected).tolist()
    assert table["cell"].tolist() == np.where(inside, "2", "1")[expected].tolist()
    assert table["held_out_pixel"].tolist() == inside[expected].tolist()
