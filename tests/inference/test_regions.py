"""Each pixel by its region's model, in maps and samples alike, whatever stands in for a missing model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
from pool_file import write_pool

from tilefold.inference.chunks import classify_chunk
from tilefold.inference.merge import merge_chunks
from tilefold.inference.model import PredictionError
from tilefold.inference.regions import RegionModels
from tilefold.inference.samples import predict_samples
from tilefold.regions.weighing import border_weights
from tilefold.storage.rasters import create_raster, grid_of
from tilefold.training.model_file import read_model_description, write_model_file

PRODUCTS = ("labels", "confidence", "probabilities")
NAMES = ["east", "north", "west"]
NEIGHBOURS = "region,rank,neighbour,distance\neast,1,north,0\neast,2,west,9\nnorth,1,west,0\nnorth,2,east,0\n"
NEIGHBOURS += "west,1,north,0\nwest,2,east,9\n"


@pytest.fixture(scope="module")
def world(tile: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Three regions of any shape with a model each, a model of all, none where asked; the map of each model."""
    folder = tmp_path_factory.mktemp("regions")
    numbers = np.random.default_rng(3).integers(0, 4, (30, 27)).repeat(10, 0).repeat(10, 1).astype(np.uint8)
    with rasterio.open(tile.paths["clear"]) as dataset:
        grid = grid_of(dataset)
    with create_raster(
        folder / "regions.tif", grid, dtype="uint8", nodata=0, descriptions=["region"], tags={}
    ) as raster:
        raster.write(numbers, 1)
    with create_raster(
        folder / "filled.tif", grid, dtype="uint8", nodata=0, descriptions=["region"], tags={}
    ) as raster:
        raster.write(np.where(numbers == 0, 3, numbers).astype(np.uint8), 1)
    (folder / "neighbours.csv").write_text(NEIGHBOURS)
    models, maps = {}, {}
    for place, name in enumerate([*NAMES, "all"]):
        models[name] = folder / f"{name}.safetensors"
        rng = np.random.default_rng(place)
        weights = {
            key: value + rng.normal(0, 0.2, value.shape).astype(np.float32)
            for key, value in tile.weights.items()
        }
        tile.write_model(models[name], weights)
        paths = {product: folder / f"{name}_{product}.tif" for product in PRODUCTS}
        classify_chunk({"all": models[name]}, *tile.inputs[1:], tile.settings(), **paths)
        maps[name] = {product: rasterio.open(path).read() for product, path in paths.items()}
    models["nothing"] = folder / "nothing.safetensors"
    described = read_model_description(models["all"])
    write_model_file(models["nothing"], {}, {**described, "untrained": "no learn sample"})
    assert (maps["east"]["labels"] != maps["west"]["labels"]).mean() > 0.1
    return {"folder": folder, "numbers": numbers, "models": models, "maps": maps}


def arguments(world: dict[str, Any], fallback: str, missing: str | None) -> dict[str, Any]:
    """Models of a run and what comes with them; one region has no model."""
    names = [*NAMES, *(["all"] if fallback == "global" else [])]
    models = {name: world["models"]["nothing" if name == missing else name] for name in names}
    folder = world["folder"]
    nearest = fallback == "nearest"
    return {
        "models": models,
        "regions": folder / ("filled.tif" if nearest else "regions.tif"),
        "neighbours": folder / "neighbours.csv" if nearest else None,
    }


def expected(world: dict[str, Any], fallback: str, missing: str | None, product: str) -> np.ndarray:
    """Put together from the maps of the single models."""
    nodata = {"labels": 0, "confidence": 255, "probabilities": 65535}[product]
    used: list[str | None] = [None, *NAMES]
    if missing:
        stand_in = {"none": None, "global": "all", "nearest": {"east": "north", "north": "west"}.get(missing)}
        used[NAMES.index(missing) + 1] = stand_in[fallback]
    # Outside all regions; the filled raster has `west` there.
    used[0] = {"none": None, "global": "all", "nearest": used[3]}[fallback]
    found = np.full_like(world["maps"]["all"][product], nodata)
    for number, name in enumerate(used):
        if name is not None:
            mine = world["numbers"] == number
            found[:, mine] = world["maps"][name][product][:, mine]
    return found


CASES = [
    ("none", None),
    ("none", "east"),
    ("global", None),
    ("global", "west"),
    ("nearest", None),
    ("nearest", "east"),
    ("nearest", "north"),
]


@pytest.mark.parametrize(("fallback", "missing"), CASES)
def test_each_pixel_by_its_regions_model(
    tile: Any, world: dict[str, Any], tmp_path: Path, fallback: str, missing: str | None
) -> None:
    given = arguments(world, fallback, missing)
    merged = {}
    for chunks in (1, 4):
        parts = []
        for chunk in range(chunks):
            paths = {product: tmp_path / f"{chunk}_{chunks}_{product}.tif" for product in PRODUCTS}
            settings = tile.settings(chunk=chunk, number_of_chunks=chunks, fallback=fallback)
            classify_chunk(
                given["models"],
                *tile.inputs[1:],
                settings,
                **paths,
                regions=given["regions"],
                neighbours=given["neighbours"],
            )
            parts.append(paths)
        for product in PRODUCTS:
            path = tmp_path / f"{chunks}_{product}.tif"
            merge_chunks(
                [part[product] for part in parts], tile.settings(number_of_chunks=chunks), merged=path
            )
            merged[chunks, product] = path
    for product in PRODUCTS:
        found = rasterio.open(merged[1, product]).read()
        np.testing.assert_array_equal(found, expected(world, fallback, missing, product))
        assert merged[1, product].read_bytes() == merged[4, product].read_bytes()


@pytest.mark.parametrize(("fallback", "missing"), CASES)
def test_samples_have_the_values_of_the_map(
    tile: Any, world: dict[str, Any], tmp_path: Path, fallback: str, missing: str | None
) -> None:
    index = write_pool(tile, tmp_path, "T1", 3000, seed=4)
    roles = pd.DataFrame(
        {
            "polygon": np.arange(1, 6, dtype=np.int32),
            "split_role": "test",
            "role": "test",
            "barred": False,
            "fold_value": "",
        }
    )
    roles.to_parquet(tmp_path / "roles.parquet")
    given = arguments(world, fallback, missing)
    predict_samples(
        given["models"],
        tmp_path / "roles.parquet",
        {"T1": tmp_path / "T1.nc"},
        {"T1": tmp_path / "T1_index.parquet"},
        tile.settings(fallback=fallback),
        predicted=tmp_path / "predicted.parquet",
        regions={"T1": given["regions"]},
        neighbours=given["neighbours"],
    )
    table = pd.read_parquet(tmp_path / "predicted.parquet")
    for column, product in (("predicted", "labels"), ("confidence", "confidence")):
        wanted = expected(world, fallback, missing, product)[0][index["row"], index["col"]]
        np.testing.assert_array_equal(table[column], wanted)
    if fallback == "none":
        without = np.isin(
            world["numbers"][index["row"], index["col"]], [0, NAMES.index(missing or "east") + 1]
        )
        assert (table.loc[without, "predicted"] == 0).all() == (missing is not None)


def test_a_run_without_any_model_is_refused(tile: Any, world: dict[str, Any]) -> None:
    nothing = world["models"]["nothing"]
    with pytest.raises(
        PredictionError, match=r"all, seed 0: no region has a model \(east: no learn sample; west"
    ):
        RegionModels({"east": nothing, "west": nothing}, tile.settings(fallback="none"))


def test_models_of_other_inputs_are_refused(tile: Any, world: dict[str, Any], tmp_path: Path) -> None:
    described = read_model_description(world["models"]["all"])
    write_model_file(tmp_path / "other.safetensors", {}, {**described, "classes": [1, 2]})
    with pytest.raises(PredictionError, match=r"other.safetensors: its inputs or classes are not those of"):
        RegionModels(
            {"east": world["models"]["east"], "west": tmp_path / "other.safetensors"},
            tile.settings(fallback="none"),
        )


def test_a_model_is_loaded_where_a_pixel_needs_it(
    tile: Any, world: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[Path] = []
    models = RegionModels({name: world["models"][name] for name in NAMES}, tile.settings(fallback="none"))
    monkeypatch.setattr(
        "tilefold.inference.regions.load_predictor",
        lambda path, *_: loaded.append(path) or (_ for _ in ()).throw(KeyError),
    )
    values = {"sentinel2": np.zeros((2, 4, 3), np.int16), "dem": np.zeros((2, 1), np.float32)}
    clear = np.ones(2, np.uint16)
    found = models.classify(np.zeros((1, 2), np.uint8), values, clear, place="p")
    assert found.labels.tolist() == [0, 0]
    with pytest.raises(KeyError):
        models.classify(np.array([[0, 2]], np.uint8), values, clear, place="p")
    assert loaded == [world["models"]["north"]]


def write_weights(tile: Any, folder: Path, filled: bool) -> np.ndarray:
    """Three columns of regions, 40 m wide changes; (bands, rows, columns)."""
    numbers = np.zeros(tile.clear.shape, np.uint8)
    numbers[:, :100], numbers[:, 100:180], numbers[200:, 150:] = 1, 2, 3
    numbers[:, 250:] = 3 if filled else 0
    stored = border_weights(numbers, 40.0, (10.0, 10.0))
    with rasterio.open(tile.paths["clear"]) as dataset:
        grid = grid_of(dataset)
    names = [f"band {band}" for band in range(len(stored))]
    with create_raster(
        folder / "weights.tif", grid, dtype="uint16", nodata=None, descriptions=names, tags={}
    ) as raster:
        raster.write(stored)
    return stored


@pytest.mark.parametrize(("fallback", "missing"), [("none", None), ("none", "north"), ("nearest", "north")])
def test_near_borders_the_models_probabilities_are_mixed(
    tile: Any, world: dict[str, Any], tmp_path: Path, fallback: str, missing: str | None
) -> None:
    stored = write_weights(tile, tmp_path, fallback == "nearest")
    given = {**arguments(world, fallback, missing), "regions": tmp_path / "weights.tif"}
    merged = {}
    for chunks in (1, 7):
        parts = []
        for chunk in range(chunks):
            paths = {product: tmp_path / f"{chunk}_{chunks}_{product}.tif" for product in PRODUCTS}
            settings = tile.settings(chunk=chunk, number_of_chunks=chunks, fallback=fallback)
            classify_chunk(
                given["models"],
                *tile.inputs[1:],
                settings,
                **paths,
                regions=given["regions"],
                neighbours=given["neighbours"],
            )
            parts.append(paths)
        for product in PRODUCTS:
            merged[chunks, product] = tmp_path / f"{chunks}_{product}.tif"
            merge_chunks(
                [part[product] for part in parts],
                tile.settings(number_of_chunks=chunks),
                merged=merged[chunks, product],
            )
    for product in PRODUCTS:
        assert merged[1, product].read_bytes() == merged[7, product].read_bytes()
    stand_in = {"north": "west"} if fallback == "nearest" else {"north": None}
    used = [None, *(stand_in.get(name, name) if name == missing else name for name in NAMES)]
    total, weight = np.zeros((4, *tile.clear.shape)), np.zeros(tile.clear.shape)
    for place in range(3):
        for number, name in enumerate(used):
            if name is not None:
                share = np.where(stored[place] == number, stored[3 + place], 0)
                total += share * world["maps"][name]["probabilities"].astype(float)
                weight += share
    known = (tile.clear > 0) & np.array([name is not None for name in used])[stored[0]]
    mixed = known & (stored[4] > 0)
    assert mixed.sum() > 1500
    expected_mean = total[:, known] / weight[known]
    found = {product: rasterio.open(merged[1, product]).read() for product in PRODUCTS}
    assert (found["labels"][0][~known] == 0).all()
    assert np.abs(found["probabilities"][:, known] - expected_mean).max() <= 1.0
    ordered = np.sort(expected_mean, axis=0)
    certain = ordered[-1] - ordered[-2] > 2
    np.testing.assert_array_equal(
        found["labels"][0][known][certain], np.array([3, 5, 11, 40])[expected_mean.argmax(axis=0)][certain]
    )
    index = write_pool(tile, tmp_path, "T1", 3000, seed=4)
    roles = pd.DataFrame({"polygon": np.arange(1, 6, dtype=np.int32), "split_role": "test", "role": "test"})
    roles.assign(barred=False, fold_value="").to_parquet(tmp_path / "roles.parquet")
    predict_samples(
        given["models"],
        tmp_path / "roles.parquet",
        {"T1": tmp_path / "T1.nc"},
        {"T1": tmp_path / "T1_index.parquet"},
        tile.settings(fallback=fallback),
        predicted=tmp_path / "predicted.parquet",
        regions={"T1": given["regions"]},
        neighbours=given["neighbours"],
    )
    table = pd.read_parquet(tmp_path / "predicted.parquet")
    for column, product in (("predicted", "labels"), ("confidence", "confidence")):
        np.testing.assert_array_equal(table[column], found[product][0][index["row"], index["col"]])
