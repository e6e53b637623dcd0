import datetime
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio

from tilefold.grids.grid import Grid
from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.clouds import CLM_CLOUD, CLM_SHADOW, Sky

SIZE = 24
NODATA = -10000


def made(grid, names, coarse):
    """One acquisition with known numbers: cloud, shadow and the edge of the swath in known places."""
    rng = np.random.default_rng(7)
    shape = grid.shape
    outside, opacity, darkness = np.zeros(shape, bool), np.zeros(shape), np.zeros(shape)
    outside[:, -4:] = True
    opacity[4:8, 4:10] = 0.8
    darkness[12:14, 2:6] = 0.5
    flags = np.where(opacity > 0, CLM_CLOUD, np.where(darkness > 0, CLM_SHADOW, 0)).astype(np.uint8)
    bands = {}
    for name in names:
        values = rng.integers(200, 5000, shape).astype(np.int16)
        values[0, 0] = 12000
        values[outside] = NODATA
        bands[name] = np.ascontiguousarray(values[::2, ::2]) if name in coarse else values
    time = datetime.datetime(2018, 5, 11, 10, 50, 31, 461000, tzinfo=datetime.UTC)
    acquisition = Acquisition("T31TCJ", "", time, "SENTINEL2A", 0.0, 0.0, "DES", 110)
    return SimpleNamespace(
        grid=grid, bands=bands, sky=Sky(opacity, darkness, outside, flags), acquisition=acquisition,
        cloud=opacity > 0, shadow=darkness > 0, outside=outside,
    )  # fmt: skip


@pytest.fixture
def given():
    """`made`: one acquisition with known numbers on a grid."""

    def function(grid, names, coarse=()):
        return made(grid, names, coarse)

    return function


@pytest.fixture
def fine():
    """A tile of 24 x 24 pixels of 10 m."""
    return Grid("EPSG:32631", (10.0, 0.0, 360000.0, 0.0, -10.0, 4800240.0), SIZE, SIZE)


@pytest.fixture
def wide():
    """24 x 24 pixels of 30 m with Landsat's corners."""
    return Grid("EPSG:32631", (30.0, 0.0, 359985.0, 0.0, -30.0, 4800255.0), SIZE, SIZE)


@pytest.fixture
def read():
    """Read a raster and check its grid."""

    def function(path, grid, dtype, nodata=None, step=None):
        with rasterio.open(path) as dataset:
            assert dataset.crs.to_string() == grid.crs
            size = grid.transform[0] if step is None else step
            left, bottom, right, top = grid.bounds
            assert tuple(dataset.transform)[:6] == (size, 0, left, 0, -size, top)
            assert dataset.bounds[2] == right
            assert dataset.bounds[1] == bottom
            assert (set(dataset.dtypes), dataset.nodata) == ({dtype}, nodata)
            values = dataset.read()
        return values[0] if len(values) == 1 else values

    return function
