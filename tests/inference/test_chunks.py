"""Classified chunks, against the network's arithmetic written down in numpy."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from tilefold.grids.windows import Window
from tilefold.inference.chunks import classify_chunk, classify_site, lattice_blocks
from tilefold.inference.merge import merge_chunks
from tilefold.inference.model import PredictionError
from tilefold.storage.rasters import band_type, create_raster, grid_of

PRODUCTS = ("labels", "confidence", "probabilities", "margin", "clear_dates")
CODES = np.array([3, 5, 11, 40])


def classify(tile: Any, folder: Path, chunk: int = 0, chunks: int = 1, **changes: Any) -> dict[str, Path]:
    paths = {name: folder / f"{chunk}_of_{chunks}_{name}.tif" for name in PRODUCTS}
    settings = tile.settings(chunk=chunk, number_of_chunks=chunks, **changes)
    classify_chunk(*tile.inputs, settings, **paths)
    return paths


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as raster:
        return raster.read()


def expected_probabilities(tile: Any) -> np.ndarray:
    """Features, standardisation, four layers and softmax in float64; (rows, columns, classes)."""
    bands = tile.series * 1e-4
    red, nir, swir = (bands[..., index] for index in range(3))
    features = [(nir - red) / (nir + red), (swir - nir) / (swir + nir), np.sqrt((bands**2).sum(axis=-1))]
    series = np.concatenate([bands, np.stack(features, axis=-1)], axis=-1).reshape(*tile.clear.shape, 24)
    dem = np.where(np.isnan(tile.dem), 300.0, tile.dem)[..., None]
    about = tile.statistics
    mean = np.concatenate([about["sentinel2"]["mean"], about["dem"]["mean"]])
    deviation = np.sqrt(np.concatenate([about["sentinel2"]["var"], about["dem"]["var"]]))
    hidden = (np.concatenate([series, dem], axis=-1) - mean) / deviation
    layers = sorted(
        {name.rsplit(".", 1)[0] for name in tile.weights}, key=lambda name: int(name.split(".")[1])
    )
    for layer in layers:
        hidden = hidden @ tile.weights[f"{layer}.weight"].T + tile.weights[f"{layer}.bias"]
        hidden = hidden if layer == layers[-1] else np.maximum(hidden, 0)
    hidden[..., 2] = -np.inf  # class 11 had no samples
    power = np.exp(hidden - hidden.max(axis=-1, keepdims=True))
    return power / power.sum(axis=-1, keepdims=True)


def test_values_are_those_of_the_network(tile: Any, tmp_path: Path) -> None:
    paths = classify(tile, tmp_path)
    wanted = expected_probabilities(tile)
    clear = tile.clear > 0
    labels, confidence = read(paths["labels"])[0], read(paths["confidence"])[0]
    two = np.sort(wanted, axis=-1)[..., -2:]
    certain = clear & (two[..., 1] - two[..., 0] > 1e-4)
    assert certain.sum() > 0.99 * clear.sum()
    np.testing.assert_array_equal(labels[certain], CODES[wanted.argmax(axis=-1)][certain])
    assert len(np.unique(labels[clear])) == 3
    assert np.abs(confidence - 100 * wanted.max(axis=-1))[clear].max() < 0.51
    probabilities = np.moveaxis(read(paths["probabilities"]), 0, -1)
    assert np.abs(probabilities - 1000 * wanted)[clear].max() < 0.6
    assert (probabilities[clear][:, 2] == 0).all()
    assert np.abs(probabilities[clear].sum(axis=1, dtype=int) - 1000).max() <= 2
    assert np.abs(read(paths["margin"])[0] - 100 * (two[..., 1] - two[..., 0]))[clear].max() < 0.51
    np.testing.assert_array_equal(read(paths["clear_dates"])[0], tile.clear)


def test_confidence_as_halves_is_the_probability_of_the_label(tile: Any, tmp_path: Path) -> None:
    paths = classify(tile, tmp_path, confidence_type="float16")
    merge_chunks([paths["confidence"]], tile.settings(), merged=tmp_path / "merged.tif")
    clear = tile.clear > 0
    for path in (paths["confidence"], tmp_path / "merged.tif"):
        found = read(path)[0]
        np.testing.assert_array_equal(np.isnan(found), ~clear)
        # Halves between 0.5 and 1 are 2 ** -11 apart.
        assert np.abs(found - expected_probabilities(tile).max(axis=-1))[clear].max() < 2**-12 + 1e-5
        np.testing.assert_array_equal(found[clear], found[clear].astype(np.float16))
        with rasterio.open(path) as raster:
            assert np.isnan(raster.nodata)
            assert band_type(raster) == "float16"


def test_products_tell_the_digest_of_their_model(tile: Any, tmp_path: Path) -> None:
    paths = classify(tile, tmp_path)
    merge_chunks([paths["labels"]], tile.settings(), merged=tmp_path / "merged.tif")
    expected = hashlib.sha256(tile.paths["model"].read_bytes()).hexdigest()[:16]
    for path in (*paths.values(), tmp_path / "merged.tif"):
        with rasterio.open(path) as raster:
            assert raster.tags()["tilefold_models"] == f"all {expected}"


def test_pixels_never_clear_are_nodata_in_all_products(tile: Any, tmp_path: Path) -> None:
    paths = classify(tile, tmp_path)
    for name, nodata in {"labels": 0, "confidence": 255, "probabilities": 65535, "margin": 255}.items():
        with rasterio.open(paths[name]) as raster:
            assert raster.nodata == nodata
        np.testing.assert_array_equal(
            (read(paths[name]) == nodata), np.broadcast_to(tile.clear == 0, read(paths[name]).shape)
        )


def test_chunks_lie_where_they_should_and_name_their_bands(tile: Any, tmp_path: Path) -> None:
    paths = classify(tile, tmp_path, chunk=2, chunks=7)
    with rasterio.open(paths["probabilities"]) as raster:
        # 300 rows in 7 chunks: chunk 2 is rows 85 to 127.
        assert (raster.height, raster.width) == (43, 270)
        assert raster.transform.f == 4800000.0 - 850
        assert raster.descriptions == ("class_3", "class_5", "class_11", "class_40")


def test_any_number_of_chunks_gives_the_same_map(tile: Any, tmp_path: Path) -> None:
    merged: dict[tuple[str, int], bytes] = {}
    for chunks in (1, 7):
        parts = [classify(tile, tmp_path, chunk, chunks) for chunk in range(chunks)]
        for name in PRODUCTS:
            path = tmp_path / f"{name}_{chunks}.tif"
            merge_chunks([part[name] for part in parts], tile.settings(number_of_chunks=chunks), merged=path)
            merged[name, chunks] = path.read_bytes()
    for name in PRODUCTS:
        assert merged[name, 1] == merged[name, 7]


@pytest.mark.parametrize("window", [[250, 290, 240, 265], [0, 300, 0, 270], [7, 8, 269, 270]])
def test_a_site_has_the_labels_of_the_map(tile: Any, tmp_path: Path, window: list[int]) -> None:
    """Windows over the corner of four blocks, of the whole tile, and of one pixel."""
    full = read(classify(tile, tmp_path)["labels"])[0]
    # The plan gives sites no type of confidence.
    settings = {key: value for key, value in tile.settings(window=window).items() if key != "confidence_type"}
    classify_site(*tile.inputs, settings, labels=tmp_path / "site.tif")
    with rasterio.open(tmp_path / "site.tif") as raster:
        np.testing.assert_array_equal(raster.read(1), full[window[0] : window[1], window[2] : window[3]])
        assert (raster.transform.c, raster.transform.f) == (
            500000.0 + 10 * window[2],
            4800000.0 - 10 * window[0],
        )


def test_labels_without_probabilities(tile: Any, tmp_path: Path) -> None:
    full = classify(tile, tmp_path)
    labels, confidence = tmp_path / "labels.tif", tmp_path / "confidence.tif"
    classify_chunk(*tile.inputs, tile.settings(dtype="uint16"), labels=labels, confidence=confidence)
    with rasterio.open(labels) as raster:
        assert raster.dtypes == ("uint16",)
        np.testing.assert_array_equal(raster.read(), read(full["labels"]))
    np.testing.assert_array_equal(read(confidence), read(full["confidence"]))


def test_blocks_follow_the_lattice_of_the_files() -> None:
    window = Window(250, 530, 0, 300)
    blocks = list(lattice_blocks(window))
    assert [(b.row_start, b.row_stop) for b in blocks[::2]] == [(250, 256), (256, 512), (512, 530)]
    assert [(b.col_start, b.col_stop) for b in blocks[:2]] == [(0, 256), (256, 300)]
    seen = np.zeros((530, 300), int)
    for block in blocks:
        seen[block.row_start : block.row_stop, block.col_start : block.col_stop] += 1
    assert (seen[250:] == 1).all()
    assert not seen[:250].any()


def test_another_calendar_is_refused_with_the_difference(tile: Any, tmp_path: Path) -> None:
    names = [
        f"{b}_{d}"
        for d, b in itertools.product(("20180101", "20180111", "20180121", "20180207"), ("B4", "B8", "B11"))
    ]
    series = tmp_path / "series.tif"
    with (
        rasterio.open(tile.paths["series"]) as source,
        create_raster(
            series, grid_of(source), dtype="int16", nodata=-32768, descriptions=names, tags={}
        ) as raster,
    ):
        raster.write(source.read())
    models, _, clear, static = tile.inputs
    with pytest.raises(PredictionError, match="T31TCJ") as error:
        classify_chunk(
            models,
            {"sentinel2": series},
            clear,
            static,
            tile.settings(),
            labels=tmp_path / "labels.tif",
            confidence=tmp_path / "confidence.tif",
        )
    assert "B4_20180207" in str(error.value)
    assert "B4_20180131" in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["series.tif"]


def test_a_missing_input_is_refused(tile: Any, tmp_path: Path) -> None:
    models, series, clear, _ = tile.inputs
    with pytest.raises(PredictionError, match="trained on sentinel2, dem, but the tile has sentinel2"):
        classify_chunk(
            models,
            series,
            clear,
            {},
            tile.settings(),
            labels=tmp_path / "l.tif",
            confidence=tmp_path / "c.tif",
        )


def test_a_network_that_gives_nan_is_refused_with_tile_and_window(tile: Any, tmp_path: Path) -> None:
    broken = {name: value.copy() for name, value in tile.weights.items()}
    broken["layers.0.bias"][:] = np.inf
    tile.write_model(tmp_path / "model.safetensors", broken)
    with pytest.raises(PredictionError, match=r"tile T31TCJ, rows 128 to 170, columns 0 to 255"):
        classify_chunk(
            {"all": tmp_path / "model.safetensors"},
            *tile.inputs[1:],
            tile.settings(chunk=3, number_of_chunks=7),
            labels=tmp_path / "labels.tif",
            confidence=tmp_path / "confidence.tif",
        )
    assert not list(tmp_path.glob("*.tif"))
