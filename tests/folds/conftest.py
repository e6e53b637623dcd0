import geopandas
import numpy as np
import pytest
import shapely

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring

CRS = "EPSG:32631"


@pytest.fixture
def grids():
    """Two tiles of 40 x 40 px of 10 m, side by side; columns 30 to 39 of A are columns 0 to 9 of B."""
    return {
        "A": Grid(CRS, (10.0, 0.0, 0.0, 0.0, -10.0, 400.0), 40, 40),
        "B": Grid(CRS, (10.0, 0.0, 300.0, 0.0, -10.0, 400.0), 40, 40),
    }


@pytest.fixture
def ownership(grids):
    return Ownership(CRS, {name: footprint_ring(grid, CRS) for name, grid in grids.items()})


@pytest.fixture
def write_reference(tmp_path):
    """Write a cleaned reference; each row is (id, code, box in pixels: col, row, width, height).

    `groups` holds the value in the group field of an id, `values` that in the field that imposes roles.
    """

    def write(rows, name="reference.gpkg", groups=None, values=None):
        rows = sorted(rows)
        group_ids = [(groups or {}).get(key, key) for key, _, _ in rows]
        ranks = {key: rank for rank, key in enumerate(sorted(set(group_ids)), start=1)}
        boxes = [
            shapely.box(10 * col, 400 - 10 * (row + height), 10 * (col + width), 400 - 10 * row)
            for _, _, (col, row, width, height) in rows
        ]
        frame = geopandas.GeoDataFrame(
            {
                "polygon": np.arange(1, len(rows) + 1, dtype=np.int32),
                "group": np.array([ranks[key] for key in group_ids], np.int32),
                "id": [key for key, _, _ in rows],
                "group_id": group_ids,
                "code": np.array([code for _, code, _ in rows], np.int32),
                "fold_value": "",
                "split_value": [(values or {}).get(key, "") for key, _, _ in rows],
            },
            geometry=boxes,
            crs=CRS,
        )
        path = tmp_path / name
        frame.to_file(path, layer="reference")
        return path

    return write
