import numpy as np
import pandas as pd
import pytest

from tilefold.validation.fold_sides import ScoredRun, sides_of_seed

COLUMNS = ["tile", "polygon", "group", "code", "role", "cell", "held_out_pixel", "predicted", "pixels"]
CODES = [1, 2, 3]


def run(fold, held_out, rows, learnt=(True, True, True)):
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"held_out_pixel": bool})
    return ScoredRun(fold, 0, tuple(held_out), table, np.array(learnt))


def pixel(tile, polygon, code, held_out, predicted=None):
    return (tile, polygon, polygon, code, "test", tile, held_out, predicted or code, 1)


@pytest.fixture
def overlapping():
    """Folds that hold out A, then A and B, then C: A's pixels are predicted by two of them."""
    polygons = [("A", 1, 1), ("B", 2, 2), ("C", 3, 3)]
    runs = [run("all", [], [pixel(tile, p, code, False) for tile, p, code in polygons])]
    for held_out in (["A"], ["A", "B"], ["C"]):
        rows = [pixel(tile, p, code, tile in held_out) for tile, p, code in polygons]
        runs.append(run("without_" + "_".join(held_out), held_out, rows))
    return runs


def test_pooled_holds_each_pixel_once(overlapping):
    pooled = sides_of_seed(overlapping, CODES, 0)[-1]
    assert pooled.side == "pooled"
    assert pooled.run == "without_A/seed_0;without_C/seed_0"
    np.testing.assert_array_equal(pooled.units.matrix, np.diag([1, 0, 1]))


def test_class_missed_by_one_run_that_pools_it():
    whole = run("all", [], [pixel("A", 1, 1, False), pixel("B", 2, 1, False), pixel("B", 3, 2, False)])
    without_a = run("without_A", ["A"], [pixel("A", 1, 1, True, 2)], (False, True, False))
    without_b = run("without_B", ["B"], [pixel("B", 2, 1, True), pixel("B", 3, 2, True)], (True, True, False))
    sides = {(side.fold, side.side): side for side in sides_of_seed([whole, without_a, without_b], CODES, 0)}
    # Class 1: one run did not know it. Class 2: without_A did not need to. Class 3: nobody learnt it.
    np.testing.assert_array_equal(sides["pooled", "pooled"].learnt, [False, True, False])
    np.testing.assert_array_equal(sides["pooled", "pooled"].common, [False, True, False])
    np.testing.assert_array_equal(sides["all", "in_area"].common, [False, True, False])


def test_the_run_all_is_needed(overlapping):
    with pytest.raises(ValueError, match="lack the run `all`"):
        sides_of_seed(overlapping[1:], CODES, 0)
