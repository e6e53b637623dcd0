import numpy as np
import pytest

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window, blocks, whole
from tilefold.sensors.speckle import combine, local_means, widened
from tilefold.sensors.stored import EMPTY

GRID = Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -10.0, 4800000.0), 37, 41)


def scene(images=6, seed=0):
    rng = np.random.default_rng(seed)
    power = rng.gamma(4, 0.02, (images, *GRID.shape)).astype(np.float32)
    clear = rng.random(power.shape) < 0.8
    clear[:, 5, 6] = False
    clear[0, :20] = False
    return power, clear


def filtered(power, clear, size, window):
    """By the library, for one block, in linear power from stored decibels."""
    wide = widened(window, size, GRID)
    top, left = window.row_start - wide.row_start, window.col_start - wide.col_start
    inner = slice(top, top + window.height), slice(left, left + window.width)
    rows, cols = (slice(*limits) for limits in wide.to_ranges())
    own = tuple(slice(*limits) for limits in window.to_ranges())
    means = np.stack(
        [local_means(p[rows, cols], c[rows, cols], size, inner) for p, c in zip(power, clear, strict=True)]
    )
    stored = np.empty(means.shape, np.int16)
    seen = clear[:, own[0], own[1]]
    combine(power[:, own[0], own[1]].copy(), means, seen, stored)
    return np.where(seen, stored, EMPTY)


def by_numpy(power, clear, size):
    """The paper's formula, pixel by pixel."""
    power = np.where(clear, power.astype(np.float64), np.nan)
    margin = size // 2
    means = np.full(power.shape, np.nan)
    for row in range(GRID.height):
        for col in range(GRID.width):
            around = power[
                :, max(row - margin, 0) : row + margin + 1, max(col - margin, 0) : col + margin + 1
            ]
            seen = np.isfinite(around).any(axis=(1, 2))
            means[seen, row, col] = np.nanmean(around[seen], axis=(1, 2))
    count = clear.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return means / count * np.nansum(power / means, axis=0)


@pytest.mark.parametrize("size", [3, 7, 15])
def test_the_papers_formula(size):
    power, clear = scene()
    found = filtered(power, clear, size, whole(*GRID.shape))
    expected = 10 * np.log10(by_numpy(power, clear, size)[clear])
    assert np.abs(found[clear] * 0.01 - expected).max() <= 0.0051
    assert (found[~clear] == EMPTY).all()


@pytest.mark.parametrize("size", [3, 7])
def test_a_window_is_a_part_of_the_whole(size):
    power, clear = scene(seed=1)
    complete = filtered(power, clear, size, whole(*GRID.shape))
    for window in blocks(whole(*GRID.shape), 13):
        rows, cols = (slice(*limits) for limits in window.to_ranges())
        np.testing.assert_array_equal(filtered(power, clear, size, window), complete[:, rows, cols])


def test_means_do_not_depend_on_the_window_bit_by_bit():
    power, clear = scene(images=1)
    inner = slice(0, 37), slice(0, 41)
    complete = local_means(power[0], clear[0], 7, inner)
    part = local_means(power[0, 7:31, 10:33], clear[0, 7:31, 10:33], 7, (slice(3, 21), slice(3, 20)))
    np.testing.assert_array_equal(part, complete[10:28, 13:30])


def test_speckle_is_reduced_and_means_are_kept():
    rng = np.random.default_rng(3)
    looks, images = 4, 20
    levels = np.linspace(0.02, 0.2, images)[:, None, None]
    power = (levels * rng.gamma(looks, 1 / looks, (images, *GRID.shape))).astype(np.float32)
    found = 10 ** (filtered(power, np.ones(power.shape, bool), 15, whole(*GRID.shape)) / 1000)
    ratio = found / levels
    assert np.abs(ratio.mean(axis=(1, 2)) - 1).max() < 0.05
    # Equivalent looks: about images * looks where the window holds many pixels.
    assert 1 / ratio[:, 8:-8, 8:-8].var() > 0.4 * images * looks


def test_one_image_is_left_as_it_is():
    power, _ = scene(images=1)
    found = filtered(power, np.ones(power.shape, bool), 7, Window(0, 20, 0, 20))
    expected = 1000 * np.log10(power[:, :20, :20].astype(np.float64))
    assert np.abs(found - expected).max() <= 0.51
