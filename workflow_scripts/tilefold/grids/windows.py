"""Windows of a grid: blocks to work by, chunks to classify by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """Half-open pixel window: rows [row_start, row_stop), columns [col_start, col_stop)."""

    row_start: int
    row_stop: int
    col_start: int
    col_stop: int

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.row_stop - self.row_start

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.col_stop - self.col_start

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.height, self.width

    def to_ranges(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Row and column ranges, the form that rasterio takes as a window."""
        return (self.row_start, self.row_stop), (self.col_start, self.col_stop)

    def to_slices(self) -> tuple[slice, slice]:
        """Row and column slices, to take the window from an array."""
        return slice(self.row_start, self.row_stop), slice(self.col_start, self.col_stop)


def blocks(window: Window, size: int) -> Iterator[Window]:
    """Split a window into blocks of at most `size` x `size`, row-major from its upper left corner."""
    if size < 1:
        raise ValueError(f"block size must be at least 1, found {size}")
    for row in range(window.row_start, window.row_stop, size):
        for col in range(window.col_start, window.col_stop, size):
            yield Window(row, min(row + size, window.row_stop), col, min(col + size, window.col_stop))


def whole(height: int, width: int) -> Window:
    """Window that covers a grid of this shape."""
    return Window(0, height, 0, width)


def widened(window: Window, margin: int, shape: tuple[int, int]) -> Window:
    """Window with a margin, as far as a grid of this shape (rows, columns) reaches."""
    return Window(
        max(window.row_start - margin, 0),
        min(window.row_stop + margin, shape[0]),
        max(window.col_start - margin, 0),
        min(window.col_stop + margin, shape[1]),
    )


def shifted(window: Window, origin: Window) -> Window:
    """Count a window's rows and columns from the upper left corner of another one."""
    return Window(
        window.row_start - origin.row_start,
        window.row_stop - origin.row_start,
        window.col_start - origin.col_start,
        window.col_stop - origin.col_start,
    )


def overlap(one: Window, other: Window) -> Window | None:
    """Window that two windows share; None where they share no pixel."""
    rows = max(one.row_start, other.row_start), min(one.row_stop, other.row_stop)
    cols = max(one.col_start, other.col_start), min(one.col_stop, other.col_stop)
    return Window(*rows, *cols) if rows[0] < rows[1] and cols[0] < cols[1] else None


def number_of_chunks(height: int, wanted: int) -> int:
    """Chunks that a tile of `height` rows is really cut into: a chunk has at least one row."""
    return min(wanted, height)


def chunk_window(height: int, width: int, chunk: int, chunks: int) -> Window:
    """Window of one chunk: full-width strips with limits floor(i * rows / n).

    Parameters
    ----------
    height, width
        Shape of the tile.
    chunk
        Number of the chunk, from 0.
    chunks
        How many chunks the tile has.

    Raises
    ------
    IndexError
        If there is no such chunk.
    """
    if not 0 <= chunk < chunks <= height:
        raise IndexError(f"no chunk {chunk} of {chunks} in a tile of {height} rows")
    return Window(chunk * height // chunks, (chunk + 1) * height // chunks, 0, width)
