import os
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from tilefold.storage.tables import join_list, read_table, split_list, write_layers, write_table, write_vector

TABLE = pd.DataFrame({"name": ["a", "b"], "code": [1, 2], "score": [0.5, np.nan]})


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_what_is_written_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"table{suffix}"
    write_table(path, TABLE)
    pd.testing.assert_frame_equal(read_table(path), TABLE)
    pd.testing.assert_frame_equal(read_table(path, ["code"]), TABLE[["code"]])


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_equal_content_has_equal_bytes(tmp_path: Path, suffix: str) -> None:
    write_table(tmp_path / f"a{suffix}", TABLE)
    write_table(tmp_path / f"b{suffix}", TABLE.copy())
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_a_missing_number_is_an_empty_cell(tmp_path: Path) -> None:
    write_table(tmp_path / "a.csv", TABLE)
    assert (tmp_path / "a.csv").read_text() == "name,code,score\na,1,0.5\nb,2,\n"


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.parquet"):
        write_table(tmp_path / "a.txt", TABLE)
    assert list(tmp_path.iterdir()) == []


def test_a_vector_file_has_a_fixed_date(tmp_path: Path) -> None:
    features = geopandas.GeoDataFrame({"code": [1]}, geometry=[Point(1, 2)], crs="EPSG:32631")
    before = os.environ.get("OGR_CURRENT_DATE")
    write_vector(tmp_path / "a.gpkg", features, "reference")
    write_vector(tmp_path / "b.gpkg", features, "reference")
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    assert os.environ.get("OGR_CURRENT_DATE") == before
    found = geopandas.read_file(tmp_path / "a.gpkg", layer="reference")
    assert found.crs == features.crs
    assert found.geometry.iloc[0].equals(Point(1, 2))


def test_several_layers_in_one_file(tmp_path: Path) -> None:
    one = geopandas.GeoDataFrame({"code": [1]}, geometry=[Point(1, 2)], crs="EPSG:32631")
    for name in ("a.gpkg", "b.gpkg"):
        write_layers(tmp_path / name, {"one": one, "two": one.assign(code=2), "none": one.iloc[:0]})
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    codes = [geopandas.read_file(tmp_path / "a.gpkg", layer=name)["code"].tolist() for name in ("one", "two")]
    assert codes == [[1], [2]]
    assert geopandas.read_file(tmp_path / "a.gpkg", layer="none").empty


def test_lists_in_cells() -> None:
    assert split_list(join_list([1, "b"])) == ["1", "b"]
    assert split_list(join_list([])) == []
    assert split_list(np.nan) == []
