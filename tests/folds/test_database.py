import json

import numpy as np
import pandas as pd
import pytest
import xarray

from tilefold.folds.database import assemble_samples
from tilefold.series.features import tensor
from tilefold.storage.netcdf import create_netcdf
from tilefold.storage.samples import define_inputs
from tilefold.storage.tables import write_table

INPUTS = {
    "s2": {
        "kind": "series",
        "bands": ["B4", "B8"],
        "dates": ["2018-01-01", "2018-01-11", "2018-01-21"],
        "scale": 1e-4,
        "offset": 0.0,
        "features": ["ndvi"],
        "aliases": {"red": "B4", "nir": "B8"},
    },
    "dem": {"kind": "static", "bands": 1},
}
SIZES = {"A": 5000, "B": 0, "C": 3000}


@pytest.fixture
def pools(tmp_path):
    """Pools of three tiles, one of them empty, with random values; paths and contents."""
    rng = np.random.default_rng(5)
    paths, contents = {}, {}
    for tile, size in SIZES.items():
        values = {
            "s2": rng.integers(0, 10000, (size, 3, 2)).astype(np.int16),
            "dem": rng.normal(500, 50, (size, 1)).astype(np.float32),
        }
        values["s2"][rng.random(size) < 0.02] = -32768
        values["dem"][rng.random(size) < 0.05] = np.nan
        paths[tile] = tmp_path / f"{tile}.nc"
        with create_netcdf(paths[tile], {}) as dataset:
            for name, variable in define_inputs(dataset, INPUTS, size).items():
                variable[:] = values[name]
        index = pd.DataFrame(
            {
                "x": rng.random(size),
                "y": rng.random(size),
                "clear_dates": rng.integers(0, 9, size).astype(np.uint16),
            }
        )
        contents[tile] = (values, index)
    return paths, contents


@pytest.fixture
def assembled(tmp_path, pools):
    rng = np.random.default_rng(6)
    rows = {"A": np.sort(rng.choice(5000, 2500, replace=False)), "C": np.array([0, 7, 2047, 2048, 2999])}
    selection = pd.DataFrame(
        {
            "tile": np.repeat(["A", "C"], [2500, 5]),
            "pool_row": np.concatenate([rows["A"], rows["C"]]),
            "polygon": np.arange(2505, dtype=np.int32),
            "group": np.arange(2505, dtype=np.int32) // 2,
            "code": rng.choice([3, 11], 2505).astype(np.int32),
            "role": rng.choice(["learn", "validation"], 2505, p=[0.8, 0.2]),
            "region": "all",
        }
    )
    index = pd.concat([pools[1][tile][1].iloc[rows[tile]] for tile in rows], ignore_index=True)
    selection = selection.join(index)
    write_table(tmp_path / "selection.parquet", selection)
    settings = {"fold": "all", "seed": 0, "region": "all", "inputs": INPUTS, "codes": [3, 7, 11]}

    def run(name, **changes):
        samples, statistics = tmp_path / f"{name}.nc", tmp_path / f"{name}.json"
        assemble_samples(
            pools[0],
            tmp_path / "selection.parquet",
            settings | changes,
            samples=samples,
            statistics=statistics,
        )
        return samples, statistics

    return run, selection, pools[1]


def test_samples_are_the_selected_rows(assembled):
    run, selection, contents = assembled
    found = xarray.load_dataset(run("one")[0], mask_and_scale=False)
    for name in INPUTS:
        expected = np.concatenate(
            [contents[tile][0][name][selection.loc[selection["tile"] == tile, "pool_row"]] for tile in "AC"]
        )
        np.testing.assert_array_equal(found[name], expected)
    index = pd.concat(
        [contents[tile][1].iloc[selection.loc[selection["tile"] == tile, "pool_row"]] for tile in "AC"]
    )
    for name in ("x", "y", "clear_dates"):
        np.testing.assert_array_equal(found[name], index[name])
    np.testing.assert_array_equal(found["label"], selection["code"])
    np.testing.assert_array_equal(found["role"], selection["role"] == "validation")
    np.testing.assert_array_equal(found["polygon"], selection["polygon"])
    np.testing.assert_array_equal(found["group"], selection["group"])
    tiles = json.loads(found.attrs["tiles"])
    assert [tiles[number] for number in found["tile"].values] == selection["tile"].tolist()
    assert found["s2"].dims == ("sample", "s2_date", "s2_band")
    assert found["dem"].dims == ("sample", "dem_band")
    dtypes = {name: str(found[name].dtype) for name in found.data_vars}
    assert dtypes == {
        **{"s2": "int16", "dem": "float32", "label": "int32", "role": "int8", "polygon": "int32"},
        **{"group": "int32", "tile": "int16", "x": "float64", "y": "float64", "clear_dates": "uint16"},
    }


def test_attributes(assembled):
    attributes = xarray.load_dataset(assembled[0]("one")[0]).attrs
    assert json.loads(attributes["inputs"]) == INPUTS
    assert list(json.loads(attributes["inputs"])) == ["s2", "dem"]
    assert json.loads(attributes["classes"]) == [3, 7, 11]
    assert "tilefold_settings" in attributes


def test_statistics_are_those_of_the_learn_tensors(assembled):
    samples, statistics = assembled[0]("one")
    found = json.loads(statistics.read_text())
    data = xarray.load_dataset(samples, mask_and_scale=False)
    learn = data["role"].values == 0
    for name, spec in INPUTS.items():
        values = tensor(data[name].values[learn], spec).astype(np.float64)
        values = values.reshape(len(values), -1)
        assert len(found[name]["mean"]) == values.shape[1]
        np.testing.assert_allclose(found[name]["mean"], np.nanmean(values, axis=0), rtol=1e-9)
        np.testing.assert_allclose(found[name]["var"], np.nanvar(values, axis=0), rtol=1e-9)
        np.testing.assert_array_equal(found[name]["min"], np.nanmin(values, axis=0))
        np.testing.assert_array_equal(found[name]["max"], np.nanmax(values, axis=0))
    # Date-major: band B4 of the first date, then B8, then NDVI.
    stored = data["s2"].values[learn]
    seen = (stored != -32768).all(axis=(1, 2))
    assert found["s2"]["mean"][1] == pytest.approx(stored[seen, 0, 1].mean() * 1e-4, rel=1e-6)


@pytest.mark.parametrize("share", [1.0, 0.3])
def test_quantiles_of_a_share_of_the_learn_samples(assembled, caplog, share):
    caplog.set_level("INFO")
    samples, statistics = assembled[0]("one", additional_statistics_percentage=share)
    found = json.loads(statistics.read_text())
    data = xarray.load_dataset(samples, mask_and_scale=False)
    learn = data["role"].values == 0
    number = int(np.ceil(learn.sum() * share))
    told = caplog.text.split("within ")[1].split(" in rank")[0]
    assert f"quantiles from {number} of {learn.sum()} learn samples: within " in caplog.text
    for name, spec in INPUTS.items():
        values = tensor(data[name].values[learn], spec).astype(np.float64)
        values = values.reshape(len(values), -1)
        for quantile in (0.1, 0.5, 0.95):
            column = found[name][f"quantile_{quantile}"]
            if share == 1:
                np.testing.assert_allclose(column, np.nanquantile(values, quantile, axis=0), rtol=1e-12)
            else:
                below = (values < column).sum(axis=0) / (~np.isnan(values)).sum(axis=0)
                assert np.abs(below - quantile).max() < float(told) * 1.5
    plain = json.loads(assembled[0]("plain")[1].read_text())
    for name, known in plain.items():
        assert {key: found[name][key] for key in known} == known
        assert set(known) == {"mean", "var", "min", "max"}


def test_the_seed_chooses_the_share(assembled):
    share = {"additional_statistics_percentage": 0.2}
    one, other, again = (
        json.loads(assembled[0](name, seed=seed, **share)[1].read_text())["dem"]["quantile_0.5"]
        for name, seed in (("one", 0), ("other", 1), ("again", 0))
    )
    assert one == again != other


def test_same_bytes(assembled):
    first, second = assembled[0]("one"), assembled[0]("two")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_region_gets_its_own_samples(tmp_path, assembled):
    run, selection, contents = assembled
    regions = np.where(np.arange(len(selection)) % 3 == 0, "north", "all")
    write_table(tmp_path / "selection.parquet", selection.assign(region=regions))
    found = xarray.load_dataset(run("north", region="north")[0], mask_and_scale=False)
    mine = selection[regions == "north"]
    np.testing.assert_array_equal(found["polygon"], mine["polygon"])
    np.testing.assert_array_equal(
        found["dem"],
        np.concatenate([contents[t][0]["dem"][mine.loc[mine["tile"] == t, "pool_row"]] for t in "AC"]),
    )


def test_a_region_without_samples_is_a_database_all_the_same(assembled):
    samples, statistics = assembled[0]("south", region="south")
    found = xarray.load_dataset(samples, mask_and_scale=False)
    assert found.sizes["sample"] == 0
    assert found["s2"].shape == (0, 3, 2)
    assert json.loads(statistics.read_text()) == {
        name: {key: [None] * size for key in ("mean", "var", "min", "max")}
        for name, size in (("s2", 9), ("dem", 1))
    }
