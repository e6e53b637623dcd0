"""Thinning of test pixels, counted by hand."""

import numpy as np
import pandas as pd

from tilefold.inference.thinning import kept_pixels, thinned_pixels


def test_each_polygon_keeps_its_share_evenly_spaced():
    # Class 1: 60, 30 and 10 pixels in three polygons, class 2: 5.
    polygon = np.repeat([4, 7, 2, 9], [60, 30, 10, 5])
    pixels = pd.DataFrame({"polygon": polygon, "code": np.where(polygon == 9, 2, 1)})
    kept = kept_pixels(pixels, 20)
    assert [kept[polygon == number].sum() for number in (4, 7, 2, 9)] == [12, 6, 2, 5]
    assert np.flatnonzero(kept[polygon == 4]).tolist() == list(range(4, 60, 5))
    assert kept_pixels(pixels, 100).all()
    # At least one pixel of each, however few are wanted.
    few = kept_pixels(pixels, 1)
    assert [few[polygon == number].sum() for number in (4, 7, 2, 9)] == [1, 1, 1, 1]


def test_pixels_of_a_polygon_in_two_tiles_are_one_set(tmp_path):
    tables = {
        "A": pd.DataFrame({"polygon": [1] * 6 + [2] * 4, "code": 5}),
        "B": pd.DataFrame({"polygon": [3] * 2 + [1] * 4, "code": [6] * 2 + [5] * 4}),
    }
    paths = {}
    for tile, table in tables.items():
        paths[tile] = tmp_path / f"{tile}.parquet"
        table.to_parquet(paths[tile])
    kept = thinned_pixels({"B": paths["B"], "A": paths["A"]}, 7)
    assert {tile: mask.tolist() for tile, mask in kept.items()} == {
        "A": [False, True] * 3 + [False, True] * 2,
        "B": [True, True] + [False, True] * 2,
    }
