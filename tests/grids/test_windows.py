import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilefold.grids.windows import (
    Window,
    blocks,
    chunk_window,
    number_of_chunks,
    overlap,
    shifted,
    whole,
    widened,
)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 70))
def test_blocks_partition_a_window(height: int, width: int, size: int) -> None:
    count = np.zeros((height + 5, width + 5), int)
    window = Window(3, 3 + height, 2, 2 + width)
    for block in blocks(window, size):
        assert block.height <= size
        assert block.width <= size
        count[block.row_start : block.row_stop, block.col_start : block.col_stop] += 1
    assert (count[3 : 3 + height, 2 : 2 + width] == 1).all()
    assert count.sum() == height * width


def test_blocks_run_row_by_row() -> None:
    found = list(blocks(whole(3, 4), 2))
    assert found == [Window(0, 2, 0, 2), Window(0, 2, 2, 4), Window(2, 3, 0, 2), Window(2, 3, 2, 4)]


def test_blocks_without_size_are_refused() -> None:
    with pytest.raises(ValueError, match="found 0"):
        list(blocks(whole(3, 4), 0))


@given(st.integers(1, 500), st.integers(1, 500))
def test_chunks_partition_the_rows(height: int, wanted: int) -> None:
    chunks = number_of_chunks(height, wanted)
    windows = [chunk_window(height, 7, chunk, chunks) for chunk in range(chunks)]
    assert windows[0].row_start == 0
    assert windows[-1].row_stop == height
    assert all(a.row_stop == b.row_start for a, b in itertools.pairwise(windows))
    heights = [window.height for window in windows]
    assert min(heights) >= 1
    assert max(heights) - min(heights) <= 1
    assert {(window.col_start, window.col_stop) for window in windows} == {(0, 7)}


@pytest.mark.parametrize(("chunk", "chunks"), [(3, 3), (-1, 3), (0, 11)])
def test_a_chunk_that_is_not_there_is_refused(chunk: int, chunks: int) -> None:
    with pytest.raises(IndexError):
        chunk_window(10, 10, chunk, chunks)


def test_a_margin_ends_where_the_grid_does():
    assert widened(Window(2, 5, 10, 20), 3, (7, 30)) == Window(0, 7, 7, 23)
    assert widened(Window(2, 5, 10, 20), 0, (7, 30)) == Window(2, 5, 10, 20)


def test_what_two_windows_share_and_where_it_lies_in_each():
    one, other = Window(0, 6, 0, 8), Window(4, 9, 5, 12)
    common = overlap(one, other)
    assert common == Window(4, 6, 5, 8)
    assert overlap(one, Window(6, 9, 0, 8)) is None
    assert shifted(common, other) == Window(0, 2, 0, 3)
    values = np.arange(6 * 8).reshape(6, 8)
    np.testing.assert_array_equal(values[shifted(common, one).to_slices()], values[4:6, 5:8])
