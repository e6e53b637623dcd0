"""A raster that does not fit on the disk: an error, and nothing under its name."""

import subprocess
import sys

# A limit on the size of files stands in for a full disk: writing fails at the same places.
SCRIPT = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from tilefold.grids.grid import Grid
from tilefold.storage.rasters import create_raster

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit, rows = int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
grid = Grid("EPSG:32631", (10.0, 0.0, 500000.0, 0.0, -10.0, 4800000.0), rows, 256)
values = np.random.default_rng(0).integers(0, 256, (rows, 256), np.uint8)
with create_raster(sys.argv[1], grid, dtype="uint8", nodata=0, descriptions=["a"], tags={"a": "b"}) as raster:
    raster.write(values, 1)
print("written")
"""


def write(path, limit, rows):
    command = [sys.executable, "-c", SCRIPT, str(path), str(limit), str(rows)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_nothing_is_left_under_the_name_where_writing_fails(tmp_path):
    """In the head, within the first block (of 65 kB), between the two, and at the last byte."""
    (tmp_path / "free").mkdir()
    assert write(tmp_path / "free" / "map.tif", 10_000_000, 512).returncode == 0
    (whole,) = (tmp_path / "free").iterdir()
    for limit in (400, 20_000, 70_000, whole.stat().st_size - 1):
        folder = tmp_path / str(limit)
        folder.mkdir()
        done = write(folder / "map.tif", limit, 512)
        assert (done.stdout, done.returncode) == ("", 1), f"{limit}: {done.stderr}"
        assert list(folder.iterdir()) == [], limit
