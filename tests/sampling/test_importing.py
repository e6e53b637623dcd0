import netCDF4
import numpy as np
import pandas as pd
import pytest
from netCDF4 import Dataset

from tilefold.ground_truth.reading import GroundTruthError
from tilefold.sampling.importing import import_samples
from tilefold.sampling.table_source import TableError, table_columns, table_parts
from tilefold.storage.tables import read_table

DATES = ["2020-01-01", "2020-02-01"]
INPUTS = {
    "s2": {"kind": "series", "bands": ["red", "nir"], "dates": DATES},
    "soil": {"kind": "static", "bands": 1},
}
COLUMNS = {
    "s2": {
        "names": [["red_20200101", "nir_20200101"], ["red_20200201", None]],
        "nodata": -9999,
        "physical": False,
        "scale": 1.0,
        "offset": 0.0,
    },
    "soil": {"names": ["ph"], "nodata": None, "physical": False, "scale": 1.0, "offset": 0.0},
}


@pytest.fixture
def rows():
    """Seven samples of three fields in two countries, then five rows that cannot be used."""
    return pd.DataFrame(
        {
            "crop": [1, 1, 2, 2, 1, 1, 2, None, 9, 1, 1, 1],
            "field": ["a", "a", "b", "b", "c", "c", "d", "e", "f", "g", "h", "a"],
            "country": ["fr", "fr", "fr", "fr", "es", "es", "es", "fr", "fr", "pt", "fr", "fr"],
            "x": [0.0, 10, 50, 60, 100, 110, 150, 1, 2, 3, np.nan, 0],
            "y": [0.0] * 12,
            "red_20200101": [1, 2, 3, 4, 5, 6, -9999, 8, 9, 10, 11, 1],
            "nir_20200101": [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 11],
            "red_20200201": [21, np.nan, 23, 24, 25, 26, 27, 28, 29, 30, 31, 21],
            "ph": [6.5, 6.5, 7, 7, np.nan, 5, 5, 5, 5, 5, 5, 6.5],
        }
    )


@pytest.fixture
def imported(tmp_path):
    def run(source, folder="out", **changes):
        settings = {
            "class_field": "crop",
            "codes": [1, 2],
            "names": {"wheat": 1},
            "fields": {"id": "field"},
            "x": "x",
            "y": "y",
            "tile_field": "country",
            "tiles": {"fr": "fr", "es": "es"},
            "inputs": INPUTS,
            "columns": COLUMNS,
            **changes,
        }
        base = tmp_path / folder
        paths = {
            "pools": {tile: base / f"{tile}.nc" for tile in settings["tiles"]},
            "indexes": {tile: base / f"{tile}.parquet" for tile in settings["tiles"]},
        }
        others = {"polygons": "polygons.parquet", "rejected": "rejected.csv", "table": "cleaning.csv"}
        import_samples(source, settings, **paths, **{key: base / name for key, name in others.items()})
        return base

    return run


def write(table, path):
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_xarray().to_netcdf(path)
    return path


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_values_and_index(rows, imported, tmp_path):
    folder = imported(write(rows, tmp_path / "t.parquet"))
    index = read_table(folder / "fr.parquet")
    order = np.argsort(index["x"].to_numpy())
    with Dataset(folder / "fr.nc") as pool:
        pool.set_auto_maskandscale(False)
        series, soil = pool["s2"][:][order], pool["soil"][:][order]
    assert series.tolist() == [
        [[1, 11], [21, -32768]],
        [[2, 12], [-32768, -32768]],
        [[3, 13], [23, -32768]],
        [[4, 14], [24, -32768]],
    ]
    assert soil.ravel().tolist() == [6.5, 6.5, 7, 7]
    # No date of the second month has all bands.
    assert index["clear_dates"].tolist() == [1, 1, 1, 1]
    assert index.iloc[order]["code"].tolist() == [1, 1, 2, 2]
    assert index.iloc[order]["polygon"].tolist() == [1, 1, 2, 2]
    spain = read_table(folder / "es.parquet").sort_values("x")
    assert spain["clear_dates"].tolist() == [1, 1, 0]
    assert spain["polygon"].tolist() == [3, 3, 4]


def test_every_row_that_is_not_used_has_its_reason(rows, imported, tmp_path):
    folder = imported(write(rows, tmp_path / "t.parquet"))
    rejected = read_table(folder / "rejected.csv")
    assert dict(zip(rejected["row"], rejected["reason"], strict=True)) == {
        8: "null class",
        9: "class not in nomenclature",
        10: "no tile",
        11: "no coordinates",
        12: "same content as an earlier row",
    }
    table = read_table(folder / "cleaning.csv")
    assert table.loc[table["step"] == "used", ["code", "features"]].to_numpy().tolist() == [[1, 4], [2, 3]]
    sums = table.groupby("step")["features"].sum()
    assert sums["read"] == sums["rejected"] + sums["used"] == 12


def test_a_class_may_be_a_name(rows, imported, tmp_path):
    numbers = imported(write(rows, tmp_path / "numbers.csv"), "numbers")
    words = rows.assign(crop=rows["crop"].map({1: " Wheat", 2: "2", 9: "9"}))
    named = imported(write(words, tmp_path / "words.csv"), "words")
    found = [read_table(folder / "polygons.parquet")[["id", "code", "pixels"]] for folder in (numbers, named)]
    pd.testing.assert_frame_equal(*found)


def test_polygons(rows, imported, tmp_path):
    fields = {"id": "field", "group": "country", "fold": "country"}
    folder = imported(write(rows, tmp_path / "t.parquet"), fields=fields)
    table = read_table(folder / "polygons.parquet")
    assert table["polygon"].tolist() == [1, 2, 3, 4]
    assert table["group_id"].tolist() == ["fr", "fr", "es", "es"]
    assert table["group"].tolist() == [2, 2, 1, 1]
    assert table["fold_value"].tolist() == ["fr", "fr", "es", "es"]
    assert table["pixels"].tolist() == [2, 2, 2, 1]


def test_kind_of_file_and_order_of_rows_change_no_byte(rows, imported, tmp_path):
    good = rows[:7].astype({"crop": int})
    first = contents(imported(write(good, tmp_path / "t.parquet")))
    for name in ("t.csv", "t.nc"):
        assert contents(imported(write(good, tmp_path / name), folder=f"of_{name}")) == first
    for seed in range(3):
        mixed = good.sample(frac=1, random_state=seed)
        assert contents(imported(write(mixed, tmp_path / f"{seed}.parquet"), folder=str(seed))) == first


def test_without_ids_each_row_is_a_polygon_that_keeps_its_id(rows, imported, tmp_path):
    few = imported(write(rows[:3], tmp_path / "few.parquet"), folder="few", fields={})
    more = imported(write(rows[:7], tmp_path / "more.parquet"), folder="more", fields={})
    found = read_table(more / "polygons.parquet")
    assert len(found) == 7
    assert set(read_table(few / "polygons.parquet")["id"]) < set(found["id"])


def test_physical_values(rows, imported, tmp_path):
    scaled = rows[:7].replace(-9999, np.nan)
    names = ["red_20200101", "nir_20200101", "red_20200201"]
    scaled[names] = scaled[names] * 0.0001 - 0.2
    columns = {**COLUMNS, "s2": {**COLUMNS["s2"], "physical": True, "scale": 0.0001, "offset": -0.2}}
    plain = imported(write(rows[:7], tmp_path / "p.parquet"), folder="p")
    folder = imported(write(scaled, tmp_path / "s.parquet"), folder="s", columns=columns)
    for tile in ("fr", "es"):
        with Dataset(plain / f"{tile}.nc") as one, Dataset(folder / f"{tile}.nc") as other:
            index = [read_table(base / f"{tile}.parquet")["x"].to_numpy() for base in (plain, folder)]
            for dataset in (one, other):
                dataset.set_auto_maskandscale(False)
            assert (one["s2"][:][np.argsort(index[0])] == other["s2"][:][np.argsort(index[1])]).all()


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (
            "nir_20200101",
            0.5,
            r"column nir_20200101, row 3: found 0.5, expected an integer .*values: physical",
        ),
        ("nir_20200101", 40000, r"row 3: found 40000"),
        ("ph", "acid", r"column ph, row 3: found 'acid', expected a number"),
    ],
)
def test_values_that_cannot_be_stored(rows, imported, tmp_path, column, value, message):
    table = rows[:7].astype({column: object})
    table.loc[2, column] = value
    with pytest.raises(TableError, match=message):
        imported(write(table, tmp_path / "t.csv"))


def test_a_table_without_usable_rows(rows, imported, tmp_path):
    with pytest.raises(GroundTruthError, match=r"none of 7 rows can be used; reasons: class not in nomenc"):
        imported(write(rows[:7], tmp_path / "t.csv"), codes=[5])


def test_columns_of_each_kind_of_file(rows, tmp_path):
    for name in ("t.parquet", "t.csv"):
        assert table_columns(write(rows, tmp_path / name)) == list(rows)
    assert set(rows) <= set(table_columns(write(rows, tmp_path / "t.nc")))
    with pytest.raises(TableError, match=r"expected a .parquet, .csv or .nc file"):
        table_columns(tmp_path / "t.xlsx")
    (tmp_path / "bad.parquet").write_text("x")
    with pytest.raises(TableError, match="cannot be read as a table"):
        table_columns(tmp_path / "bad.parquet")


def test_parts_do_not_depend_on_their_size(rows, tmp_path):
    for name in ("t.parquet", "t.csv", "t.nc"):
        path = write(rows, tmp_path / name)
        whole = pd.concat(table_parts(path, ["x", "ph"]), ignore_index=True)
        parts = list(table_parts(path, ["x", "ph"], rows=5))
        assert len(parts) == 3
        pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)
        np.testing.assert_array_equal(whole["x"], rows["x"])


def test_netcdf_of_two_dimensions_is_refused(tmp_path):
    with netCDF4.Dataset(tmp_path / "t.nc", "w") as dataset:
        for name, size in (("x", 3), ("ph", 4)):
            dataset.createDimension(f"{name}_place", size)
            dataset.createVariable(name, "f8", (f"{name}_place",))[:] = np.arange(size)
    with pytest.raises(TableError, match="expected columns along one dimension, found ph_place and x_place"):
        list(table_parts(tmp_path / "t.nc", ["x", "ph"]))
