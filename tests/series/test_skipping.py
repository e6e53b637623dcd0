"""Acquisitions that cannot be read: refused by name, or left out whole."""

import logging

import numpy as np
import pandas as pd
import pytest
import rasterio
from preprocess_job import job_settings

from tilefold.grids.grid import Grid
from tilefold.sensors.errors import BadAcquisitionError, MissingProductsError
from tilefold.series import preprocess
from tilefold.series.preprocess import preprocess_tile

NAMES = ["20180105", "20180120", "20180211", "20180301", "20180315"]


def settings_of(grid, definition, root, **changes):
    calendar = ["2018-01-01", "2018-02-01", "2018-03-01", "2018-04-01"]
    return job_settings(root, "T1", definition, grid, calendar, **{"on_bad_acquisition": "skip", **changes})


def run(root, settings, folder, threads=1):
    """Series, clear dates and the table of what is left out."""
    paths = {"series": folder / "s.tif", "clear_dates": folder / "c.tif", "skipped": folder / "skipped.csv"}
    preprocess_tile(root, settings, **paths, threads=threads)
    with rasterio.open(paths["series"]) as series, rasterio.open(paths["clear_dates"]) as clear:
        return series.read(), clear.read(1), pd.read_csv(paths["skipped"])


def cut_short(root):
    path = root / "T1" / "20180211_NIR.tif"
    path.write_bytes(path.read_bytes()[:900])
    return "20180211", "T1/20180211_NIR.tif", "cannot be read"


def without_its_end(root):
    path = root / "T1" / "20180211_NIR.tif"
    path.write_bytes(path.read_bytes()[:-500])
    return "20180211", "T1/20180211_NIR.tif", "cannot be read"


def without_band(root):
    (root / "T1" / "20180301_NIR.tif").unlink()
    return "20180301", "T1/20180301_NIR.tif", "the file is missing"


def without_mask(root):
    (root / "T1" / "20180120_MASK.tif").unlink()
    return "20180120", "T1/20180120_MASK.tif", "the file is missing"


def no_raster(root):
    (root / "T1" / "20180105_RED.tif").write_text("<html>quota exceeded</html>")
    return "20180105", "T1/20180105_RED.tif", "cannot be read"


@pytest.fixture
def small_mask(raster_writer):
    def spoil(root):
        path = root / "T1" / "20180315_MASK.tif"
        with rasterio.open(path) as dataset:
            transform = dataset.transform
        raster_writer(path, np.zeros((12, 9), np.uint8), transform)
        return "20180315", "T1/20180315_MASK.tif", "found 12 x 9 pixels"

    return spoil


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    "spoil", [cut_short, without_its_end, without_band, without_mask, no_raster, "small_mask"]
)
def test_a_bad_acquisition_is_left_out_as_if_it_had_not_been_there(
    tmp_path, make_grid, make_products, definition, request, caplog, spoil, threads
):
    grid = make_grid()
    make_products(tmp_path, grid, NAMES)
    settings = settings_of(grid, definition, tmp_path)
    spoil = request.getfixturevalue(spoil) if isinstance(spoil, str) else spoil
    product, file, reason = spoil(tmp_path)
    series, clear, skipped = run(tmp_path, settings, tmp_path / "out", threads)
    assert skipped[["product", "file"]].astype(str).to_numpy().tolist() == [[product, file]]
    assert reason in skipped["reason"][0]
    assert str(tmp_path) not in skipped["reason"][0]
    assert f"left out: product {product}" in caplog.text

    others = [item for item in settings["products"] if item["name"] != product]
    expected = run(tmp_path, {**settings, "products": others}, tmp_path / "others")
    np.testing.assert_array_equal(series, expected[0])
    np.testing.assert_array_equal(clear, expected[1])
    assert expected[2].empty
    assert expected[2].columns.tolist() == ["product", "file", "reason"]

    with pytest.raises(BadAcquisitionError, match=product):
        run(tmp_path, {**settings, "on_bad_acquisition": "stop"}, tmp_path / "stopped", threads)
    assert list((tmp_path / "stopped").iterdir()) == []


def tiled(path, values, grid, damaged=None):
    """A compressed raster in blocks; the bytes of one block may be garbage."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=grid.height,
        width=grid.width,
        count=1,
        dtype=values.dtype,
        crs=grid.crs,
        transform=grid.affine,
        tiled=True,
        blockxsize=256,
        blockysize=256,
        compress="deflate",
    ) as dataset:
        dataset.write(values, 1)
    if damaged is None:
        return
    with rasterio.open(path) as dataset:
        offset, size = (
            int(dataset.get_tag_item(f"BLOCK_{kind}_{damaged[1]}_{damaged[0]}", "TIFF", bidx=1))
            for kind in ("OFFSET", "SIZE")
        )
    content = bytearray(path.read_bytes())
    content[offset : offset + size] = b"\xff" * size
    path.write_bytes(content)


@pytest.mark.parametrize("threads", [1, 2])
def test_damage_in_the_middle_starts_the_tile_again_without_the_acquisition(
    tmp_path, definition, monkeypatch, caplog, threads
):
    """Two acquisitions whose headers and last blocks are good, found bad in different blocks."""
    grid = Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -10.0, 4800000.0), 700, 300)
    definition |= {"bands": ["RED"], "mask_path": None}
    (tmp_path / "T1").mkdir()
    rng = np.random.default_rng(0)
    damaged = {"20180120": (1, 0), "20180301": (0, 1)}
    for name in NAMES:
        values = rng.integers(0, 5000, grid.shape).astype(np.int16)
        tiled(tmp_path / "T1" / f"{name}_RED.tif", values, grid, damaged.get(name))
    monkeypatch.setattr(preprocess, "MEMORY", 1)
    settings = settings_of(grid, definition, tmp_path)
    caplog.set_level(logging.INFO)
    series, clear, skipped = run(tmp_path, settings, tmp_path / "out", threads)
    assert skipped["product"].astype(str).tolist() == list(damaged)
    assert (clear == 3).all()
    # The first attempt fails in the second block, the second in the third, the last reads all six.
    assert [caplog.text.count(f"block {number} of 6") for number in (1, 2, 3, 6)] == [3, 2, 1, 1]
    good = [item for item in settings["products"] if item["name"] not in damaged]
    expected = run(tmp_path, {**settings, "products": good}, tmp_path / "good")
    np.testing.assert_array_equal(series, expected[0])


def test_what_the_plan_left_out_is_listed_with_the_rest(tmp_path, make_grid, make_products, definition):
    grid = make_grid()
    make_products(tmp_path, grid, NAMES)
    refused = [
        {"product": "20189999", "file": "T1/20189999_RED.tif", "reason": "found the date '20189999', or, not"}
    ]
    settings = settings_of(grid, definition, tmp_path, refused=refused)
    without_band(tmp_path)
    *_, skipped = run(tmp_path, settings, tmp_path / "out")
    assert skipped["product"].astype(str).tolist() == ["20180301", "20189999"]
    assert skipped["reason"][1] == refused[0]["reason"]


def test_without_any_good_acquisition_the_job_stops(tmp_path, make_grid, make_products, definition):
    grid = make_grid()
    make_products(tmp_path, grid, NAMES[:2])
    settings = settings_of(grid, definition, tmp_path)
    for path in tmp_path.glob("T1/*_RED.tif"):
        path.unlink()
    with pytest.raises(MissingProductsError, match=r"no product of s can be read; the first: .*20180105_RED"):
        run(tmp_path, settings, tmp_path / "out")
    assert not (tmp_path / "out").exists()
