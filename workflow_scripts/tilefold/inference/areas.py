"""Connected areas of one label, and the elimination of those below a minimal mapping unit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Labels = NDArray[np.integer[Any]]
Numbers = NDArray[np.int32]


def connected_areas(labels: Labels, nodata: int) -> tuple[Numbers, NDArray[np.int64]]:
    """Number the areas of one label that hang together by edges of pixels.

    Memory: eight bytes a pixel.

    Parameters
    ----------
    labels
        (rows, columns).
    nodata
        Label of pixels that are in no area.

    Returns
    -------
    numbers
        int32 (rows, columns): from 1, in the order of each area's first pixel by rows; 0 for pixels in no area.
    sizes
        Pixels of each number; the first is that of pixels in no area.
    """
    numbers: Numbers = _number(np.ascontiguousarray(labels), nodata)
    return numbers, np.bincount(numbers.ravel(), minlength=1)


@njit(cache=True)
def _number(labels: Any, nodata: int) -> Any:
    rows, cols = labels.shape
    # Each pixel's parent is an earlier pixel of its area, or itself; -1 outside all areas.
    parent = np.full(rows * cols, -1, np.int32)
    for row in range(rows):
        for col in range(cols):
            label = labels[row, col]
            if label == nodata:
                continue
            here = row * cols + col
            parent[here] = here
            if col and labels[row, col - 1] == label:
                _join(parent, here, here - 1)
            if row and labels[row - 1, col] == label:
                _join(parent, here, here - cols)
    numbers = np.zeros((rows, cols), np.int32)
    flat = numbers.reshape(-1)
    count = 0
    for here in range(rows * cols):
        if parent[here] == here:
            count += 1
            flat[here] = count
        elif parent[here] >= 0:
            flat[here] = flat[_first(parent, here)]
    return numbers


@njit(cache=True)
def _first(parent: Any, pixel: int) -> int:
    """First pixel of an area; the way there is made shorter."""
    while parent[pixel] != pixel:
        parent[pixel] = parent[parent[pixel]]
        pixel = parent[pixel]
    return pixel


@njit(cache=True)
def _join(parent: Any, one: int, other: int) -> None:
    one, other = _first(parent, one), _first(parent, other)
    parent[max(one, other)] = min(one, other)


def steps(min_pixels: int) -> list[int]:
    """Least numbers of pixels that areas are held to, one after the other.

    Ascending to the minimum, so that in noise single pixels first form areas that are large enough to stay; the
    minimum twice.
    """
    doubling = [2**power for power in range(1, (min_pixels - 1).bit_length())]
    return [*doubling, min_pixels, min_pixels] if min_pixels > 1 else []


def reach(min_pixels: int) -> int:
    """How many rows or columns away a pixel may be that `eliminate` decides a label by.

    In each step the pixels of a small area and those of its neighbours, as far as the least number: so windows with
    this margin give the labels of the whole map.
    """
    return sum(2 * step for step in steps(min_pixels))


def eliminate(labels: Labels, min_pixels: int, nodata: int) -> Labels:
    """Give small areas the label with which they share the longest border.

    Only the labels of neighbours that are large enough count; of equally long borders the lowest code. An area whose
    neighbours are all too small may stay. Unlike the sieve of GDAL, whose result depends on how large neighbours are
    in all, it looks no farther than `reach`.

    Parameters
    ----------
    labels
        (rows, columns).
    min_pixels
        Areas with fewer pixels are small.
    nodata
        Label of pixels without one: they stay, and no area takes it.
    """
    for least in steps(min_pixels):
        numbers, sizes = connected_areas(labels, nodata)
        small = sizes < least
        small[0] = False
        if not small.any():
            continue
        is_small, in_area = small[numbers], numbers > 0
        areas, found = [], []
        for ahead in ((slice(None), slice(1, None)), (slice(1, None), slice(None))):
            back = tuple(slice(None, -1) if part.start else part for part in ahead)
            for here, there in ((ahead, back), (back, ahead)):
                border = is_small[here] & in_area[there] & ~is_small[there]
                areas.append(numbers[here][border])
                found.append(labels[there][border])
        labels = _relabelled(labels, numbers, np.concatenate(areas), np.concatenate(found))
    return labels


def _relabelled(labels: Labels, numbers: Numbers, areas: Numbers, found: Labels) -> Labels:
    """Labels after areas have taken the most frequent of the labels found for them, by the pair."""
    pairs, counts = np.unique(np.stack([areas, found.astype(np.int32)]), axis=1, return_counts=True)
    order = np.lexsort((pairs[1], -counts, pairs[0]))
    taking, first = np.unique(pairs[0][order], return_index=True)
    new = np.full(int(numbers.max()) + 1, -1, np.int32)
    new[taking] = pairs[1][order][first]
    chosen = new[numbers]
    return np.where(chosen >= 0, chosen, labels).astype(labels.dtype)
