import pandas as pd
import pytest

from tilefold.validation import sides
from tilefold.validation.sides import UnpairedError


@pytest.fixture
def counts():
    """Polygon 1 straddles: barred, its pixels in T are held out. 2 lies in T, 3 and 4 elsewhere."""
    return pd.DataFrame(
        [
            ("T", 1, "test", True, 7),
            ("T", 2, "learn", True, 5),
            ("U", 3, "test", False, 4),
            ("V", 4, "test", False, 3),
        ],
        columns=["tile", "polygon", "role", "held_out_pixel", "pixels"],
    )


@pytest.mark.parametrize(
    ("side", "polygons"),
    [("in_area", [3, 4]), ("out_of_area", [1, 2]), ("out_of_area_test", [1])],
)
def test_rows_of_a_fold(counts, side, polygons):
    assert sides.side_rows(counts, side)["polygon"].tolist() == polygons


def test_a_run_has_no_reference_side(counts):
    with pytest.raises(ValueError, match="no side 'reference'"):
        sides.side_rows(counts, "reference")


def test_reference_is_the_test_part_of_the_held_out_cells():
    whole = pd.DataFrame(
        [("T", 1, "test"), ("U", 1, "test"), ("U", 3, "test"), ("T", 2, "learn")],
        columns=["cell", "polygon", "role"],
    )
    chosen = sides.reference_rows(whole, ["T"])
    assert list(zip(chosen["cell"], chosen["polygon"], strict=True)) == [("T", 1)]


def test_sides_of_runs():
    assert sides.sides_of_run([]) == ("in_area",)
    assert set(sides.sides_of_run(["T"])) == {"in_area", "out_of_area", "out_of_area_test"}


def test_pairing_looks_at_polygons_and_not_at_totals():
    first = pd.DataFrame({"tile": ["T", "T"], "polygon": [1, 2], "pixels": [3, 4]})
    second = pd.DataFrame({"tile": ["T", "T", "T"], "polygon": [1, 1, 2], "pixels": [1, 2, 4]})
    sides.check_paired(first, second, "without_T")
    moved = second.assign(pixels=[1, 3, 3])
    with pytest.raises(UnpairedError, match=r"without_T.* 2 polygon\(s\).*polygon 1 in tile T with 3 and 4"):
        sides.check_paired(first, moved, "without_T")
    with pytest.raises(UnpairedError, match="with 4 and 0"):
        sides.check_paired(first, second[second["polygon"] == 1], "without_T")


def test_pooled_takes_each_cell_once():
    areas = {"without_A": ["A"], "without_A_B": ["A", "B"], "without_C": ["C"], "without_B_D": ["B", "D"]}
    assert sides.disjoint_folds(areas) == ["without_A", "without_C", "without_B_D"]
