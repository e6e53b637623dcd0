import geopandas
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tilefold.folds.assignment import assign_blocks, share_out
from tilefold.folds.blocks import BlockError, Blocks, block_keys, columns_and_rows, squares


@given(hnp.arrays(float, (2, 20), elements=st.floats(-1e7, 1e7)), st.floats(5, 1e5))
def test_a_point_lies_in_its_block_and_the_key_tells_which(points, size):
    x, y = points
    keys = block_keys(x, y, size)
    column, row = columns_and_rows(keys)
    np.testing.assert_array_equal(column, np.floor(x / size))
    np.testing.assert_array_equal(row, np.floor(y / size))
    left, bottom, right, top = shapely.bounds(squares(keys, size)).T
    slack = 1e-9 * 1e7
    assert ((x >= left - slack) & (x <= right + slack) & (y >= bottom - slack) & (y <= top + slack)).all()


def test_only_points_near_the_border_of_their_block_are_not_inside():
    blocks = Blocks(100.0, np.array([0]), np.array([1]))
    x, y = np.array([50.0, 9.0, 50.0, 91.0, -50.0]), np.array([50.0, 50.0, 95.0, 50.0, 50.0])
    assert blocks.inside(x, y, 10.0).tolist() == [True, False, False, False, True]


counts = st.integers(2, 6).flatmap(
    lambda number: st.tuples(
        st.just(number),
        hnp.arrays(
            np.int64, st.tuples(st.integers(number, 40), st.integers(1, 6)), elements=st.integers(0, 99)
        ),
    )
)


@given(counts)
@settings(deadline=None)
def test_every_fold_gets_a_block_and_equal_counts_give_equal_folds(given_counts):
    number, table = given_counts
    table[0] += 1  # each class is somewhere ...
    table[:, 0] += 1  # ... and something in each block
    fold = share_out(table, number)
    assert set(fold) == set(range(1, number + 1))
    np.testing.assert_array_equal(fold, share_out(table.copy(), number))


def spread(table, fold, number):
    """Standard deviation over folds of the share of each class, mean over classes."""
    shares = np.array([table[fold == k].sum(axis=0) for k in range(1, number + 1)]) / table.sum(axis=0)
    return shares.std(axis=0).mean()


@pytest.mark.parametrize("seed", range(5))
def test_classes_are_balanced_better_than_by_chance(seed):
    rng = np.random.default_rng(seed)
    # Ten classes of unlike frequency in clumps: most blocks lack most classes.
    table = rng.poisson(rng.gamma(0.2, np.geomspace(2, 400, 10), (150, 10)))
    table[rng.integers(0, 150, 10), np.arange(10)] += 1
    chance = [spread(table, rng.integers(1, 6, 150), 5) for _ in range(200)]
    assert spread(table, share_out(table, 5), 5) < min(chance)


@pytest.fixture
def assigned(tmp_path, grids, ownership, write_reference):
    rng = np.random.default_rng(0)
    rows = [
        (f"p{n:02}", int(rng.integers(1, 4)), (*map(int, rng.integers(0, 66, 2) % [66, 36]), 4, 4))
        for n in range(40)
    ]
    reference = write_reference(rows)

    def run(**changes):
        settings = {
            "size_m": 100.0,
            "number": 3,
            "grids": {name: grid.to_dict() for name, grid in grids.items()},
            "ownership": ownership.to_dict(),
            **changes,
        }
        paths = {"blocks": tmp_path / "blocks.gpkg", "balance": tmp_path / "blocks.csv"}
        assign_blocks(reference, settings, **paths)
        return reference, paths

    return run


def test_tables_of_blocks(assigned):
    reference, paths = assigned()
    blocks = geopandas.read_file(paths["blocks"])
    assert not blocks.duplicated(["column", "row"]).any()
    assert set(blocks["fold"]) == {1, 2, 3}
    # Pixel centres in polygons, counted with shapely; the first polygon of two wins.
    polygons = pyogrio.read_dataframe(reference)
    x, y = (values.ravel() for values in np.meshgrid(np.arange(5, 700, 10.0), np.arange(5, 400, 10.0)))
    tree = shapely.STRtree(polygons.geometry.to_numpy())
    point, polygon = tree.query(shapely.points(x, y), predicate="within")
    pixels = pd.DataFrame({"point": point, "polygon": polygon}).groupby("point")["polygon"].min()
    frame = pd.DataFrame(
        {"x": x[pixels.index], "y": y[pixels.index], "code": polygons["code"].to_numpy()[pixels]}
    )
    frame["fold"] = Blocks.read(paths["blocks"], 100.0).numbers(frame["x"].to_numpy(), frame["y"].to_numpy())
    assert blocks["pixels"].sum() == len(frame)
    inside = [shapely.contains_xy(square, frame["x"], frame["y"]).sum() for square in blocks.geometry]
    assert blocks["pixels"].tolist() == inside
    balance = pd.read_csv(paths["balance"]).set_index(["fold", "code"])
    expected = frame.groupby(["fold", "code"]).size()
    assert balance["pixels"][balance["pixels"] > 0].to_dict() == expected.to_dict()
    assert balance.groupby("code")["share"].sum().to_numpy() == pytest.approx(1, abs=1e-3)


def test_same_bytes_twice(assigned):
    first = [path.read_bytes() for path in assigned()[1].values()]
    assert [path.read_bytes() for path in assigned()[1].values()] == first


def test_too_few_blocks_are_refused(assigned):
    with pytest.raises(BlockError, match=r"folds.number is 3, but only 1 block\(s\) hold reference"):
        assigned(size_m=10000.0)


def test_a_pixel_in_no_block_is_refused():
    with pytest.raises(BlockError, match="1 reference pixel"):
        Blocks(100.0, np.array([0]), np.array([1])).numbers(np.array([50.0, 150.0]), np.array([50.0, 50.0]))
