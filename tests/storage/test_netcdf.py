from pathlib import Path

import numpy as np
import pytest
from netCDF4 import Dataset

from tilefold.storage.netcdf import create_netcdf


def write(path: Path) -> None:
    with create_netcdf(path, {"inputs": "{}", "a": "é"}) as dataset:
        dataset.createDimension("sample", 5)
        variable = dataset.createVariable("label", "i4", ("sample",), compression="zlib", shuffle=True)
        variable[:] = np.arange(5)


def test_equal_content_has_equal_bytes(tmp_path: Path) -> None:
    write(tmp_path / "a.nc")
    write(tmp_path / "b.nc")
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()
    with Dataset(tmp_path / "a.nc") as dataset:
        assert dataset.getncattr("a") == "é"
        np.testing.assert_array_equal(dataset["label"][:], np.arange(5))


def test_a_failing_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    write(path)
    before = path.read_bytes()

    def fail() -> None:
        with create_netcdf(path, {}) as dataset:
            dataset.createDimension("sample", 9)
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        fail()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
