import numpy as np
import pytest
from netCDF4 import Dataset

from tilefold.storage.netcdf import create_netcdf
from tilefold.storage.samples import SAMPLES_PER_READ, define_inputs, read_rows

INPUTS = {
    "s": {"kind": "series", "dates": ["2018-01-01", "2018-01-11"], "bands": ["a"]},
    "dem": {"kind": "static", "bands": 1},
}
SAMPLES = 2 * SAMPLES_PER_READ + 10


@pytest.fixture
def pool(tmp_path):
    path = tmp_path / "pool.nc"
    with create_netcdf(path, {}) as dataset:
        variables = define_inputs(dataset, INPUTS, SAMPLES)
        variables["s"][:] = (np.arange(2 * SAMPLES) % 30000).astype(np.int16).reshape(SAMPLES, 2, 1)
        variables["dem"][:] = np.arange(SAMPLES, dtype=np.float32)[:, None]
    return path


@pytest.mark.parametrize(
    "rows",
    [
        np.arange(SAMPLES),
        np.array([0, 5, SAMPLES_PER_READ - 1, SAMPLES_PER_READ, SAMPLES - 1]),
        np.array([SAMPLES - 3]),
        np.array([], np.int64),
    ],
    ids=["all", "some", "one", "none"],
)
def test_rows_come_in_order_and_each_once(pool, rows):
    found, parts = [np.empty((0, 1))], []
    with Dataset(pool) as dataset:
        for part, values in read_rows(dataset, INPUTS, rows):
            parts.append(rows[part])
            found.append(values["dem"])
            np.testing.assert_array_equal(values["s"][:, 1, 0], (2 * rows[part] + 1) % 30000)
            assert np.ptp(rows[part]) < SAMPLES_PER_READ
    np.testing.assert_array_equal(np.concatenate(found)[:, 0], rows)
    np.testing.assert_array_equal(np.concatenate([np.array([], np.int64), *parts]), rows)
