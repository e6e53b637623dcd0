import numpy as np
import pandas as pd

from tilefold.folds.outside import outside_tiles


def test_only_what_meets_no_footprint_is_outside(write_reference, ownership, grids):
    rows = [
        ("a", 1, (2, 2, 3, 3)),
        ("b", 1, (500, 500, 3, 3)),
        ("c", 1, (4.6, 4.6, 0.2, 0.2)),  # in a tile, without a pixel's centre
    ]
    reference = write_reference(rows)
    table = pd.DataFrame({"polygon": [1, 2, 3], "footprint_tiles": ["A", "", ""]})
    assert outside_tiles(reference, ownership, grids, table).tolist() == [False, True, False]
    inside = table.assign(footprint_tiles="A")
    assert not np.any(outside_tiles(reference, ownership, grids, inside))
