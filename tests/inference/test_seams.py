"""The seam measure, against counting by hand and by loops over pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring
from tilefold.inference.mosaic import mosaic_tiles
from tilefold.inference.seams import FARTHEST, NEAREST, OFFSETS, line_counts, measure_seams
from tilefold.storage.rasters import create_raster

CRS = "EPSG:32631"


def by_loops(labels: np.ndarray, owners: np.ndarray, one: int, other: int) -> np.ndarray:
    """What `line_counts` promises for two owners, pair by pair."""
    counts = np.zeros((len(OFFSETS) + 1, 2), int)
    for values, owner in ((labels, owners), (labels.T, owners.T)):
        for row, col in np.ndindex(values.shape[0], values.shape[1] - 1):
            if {owner[row, col], owner[row, col + 1]} != {one, other}:
                continue
            for place, offset in enumerate((0, *OFFSETS)):
                there = col + offset
                if not 0 <= there < values.shape[1] - 1:
                    continue
                home = owner[row, col] if offset < 0 else owner[row, col + 1]
                if offset and (owner[row, there] != home or owner[row, there + 1] != home):
                    continue
                first, second = values[row, there], values[row, there + 1]
                if first and second:
                    counts[place] += 1, first != second
    return counts


def test_lines_are_counted_as_by_loops() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, (61, 70))
    rows, cols = np.mgrid[:61, :70]
    owners = np.where(cols + rows // 3 < 41, 0, np.where(rows < 30, 1, 2)).astype(np.int32)
    owners[:, -2:] = -1
    found = line_counts(labels, owners, (slice(0, 61), slice(0, 70)), 0)
    assert set(found) == {(0, 1), (0, 2), (1, 2)}
    for pair, counts in found.items():
        np.testing.assert_array_equal(counts, by_loops(labels, owners, *pair))
        assert counts[0, 0] > 10


def test_parts_sum_to_the_whole() -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 4, (90, 120))
    owners = (np.mgrid[:90, :120][1] > 61).astype(np.int32)
    whole = line_counts(labels, owners, (slice(0, 90), slice(0, 120)), 0)[0, 1]
    parts = [
        line_counts(labels, owners, (slice(top, top + 45), slice(left, left + 60)), 0).get((0, 1), 0)
        for top in (0, 45)
        for left in (0, 60)
    ]
    np.testing.assert_array_equal(sum(parts), whole)


GRIDS = {
    "A": Grid(CRS, (10.0, 0.0, 500000.0, 0.0, -10.0, 4800000.0), 100, 120),
    "B": Grid(CRS, (10.0, 0.0, 501000.0, 0.0, -10.0, 4800000.0), 100, 120),
}


def measured(folder: Path, values: dict[str, np.ndarray]) -> pd.DataFrame:
    settings = {
        "product": "classification",
        "grids": {tile: grid.to_dict() for tile, grid in GRIDS.items()},
        "map_grids": None,
        "ownership": Ownership(CRS, {t: footprint_ring(g, CRS) for t, g in GRIDS.items()}).to_dict(),
        "classes": None,
        "nodata": 0,
    }
    paths = {}
    for tile, labels in values.items():
        paths[tile] = folder / f"{tile}.tif"
        with create_raster(
            paths[tile], GRIDS[tile], dtype="uint8", nodata=0, descriptions=["classification"], tags={}
        ) as raster:
            raster.write(labels.astype(np.uint8), 1)
    mosaic_tiles(paths, settings, mosaic=folder / "map.tif")
    measure_seams(folder / "map.tif", paths, settings, seams=folder / "seams.csv")
    return pd.read_csv(folder / "seams.csv")


def test_a_seam_known_by_hand(tmp_path: Path) -> None:
    """Stripes 10 pixels wide of classes 1 and 2; B calls every second row another class.

    The overlap is columns 100 to 119 of A; the tile line lies between its columns 109 and 110, where no stripe ends.
    """
    columns = np.arange(120)
    one = np.broadcast_to(1 + (columns + 5) // 10 % 2, (100, 120)).copy()
    other = np.broadcast_to(1 + (columns + 105) // 10 % 2, (100, 120)).copy()
    other[::2] = 3
    one[7] = 0
    (row,) = measured(tmp_path, {"A": one, "B": other}).to_dict("records")
    assert (row["tile"], row["other"]) == ("A", "B")
    # Row 7 has no label in A. Of the 99 others the 50 even ones change class on the line.
    assert row["line_pairs"] == 99
    assert row["line_share"] == pytest.approx(50 / 99)
    # Stripes end at each tenth line in A, there on all rows, and in B on the odd ones. In A row 7 is missing.
    in_a = [(109 - offset + 5) % 10 == 9 for offset in range(NEAREST, FARTHEST + 1)]
    in_b = [50 / 100 * ((109 + offset + 5) % 10 == 9) for offset in range(NEAREST, FARTHEST + 1)]
    assert row["inside_share"] == pytest.approx(np.mean(in_a + in_b))
    assert row["seam"] == pytest.approx((50 / 99) / np.mean(in_a + in_b))
    assert row["overlap_pixels"] == 99 * 20
    assert row["overlap_share"] == pytest.approx(50 / 99)


def test_a_map_of_one_class_has_no_seam_to_compare_with(tmp_path: Path) -> None:
    (row,) = measured(tmp_path, {tile: np.ones((100, 120)) for tile in "AB"}).to_dict("records")
    assert row["line_share"] == row["inside_share"] == row["overlap_share"] == 0
    assert np.isnan(row["seam"])
