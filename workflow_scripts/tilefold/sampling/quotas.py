"""How many of the wanted pixels come from each tile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

PROPORTIONAL, EQUAL = "proportional", "equal"


def tile_quotas(quota: str, wanted: Counts, available: Counts) -> Counts:
    """Pixels to take from each tile; those of a stratum add up to the lesser of wanted and available.

    Parameters
    ----------
    quota
        "proportional": by the pixels that each tile has; what rounding down leaves goes, one each, to the tiles
        with the largest remainders. "equal": the same number from each tile; a tile with fewer gives all it has,
        and the others share the rest equally. Among equal claims the first tiles come first.
    wanted
        Pixels wanted of each stratum, (strata,).
    available
        Pixels of each tile and stratum, (tiles, strata).

    Returns
    -------
    array of int64, (tiles, strata)
    """
    possible = np.minimum(wanted, available.sum(axis=0))
    if quota == PROPORTIONAL:
        return _proportional(possible, available)
    if quota == EQUAL:
        return _equal(possible, available)
    raise ValueError(f"selection.quota {quota!r} is not known; use {PROPORTIONAL} or {EQUAL}")


def _proportional(possible: Counts, available: Counts) -> Counts:
    total = np.maximum(available.sum(axis=0), 1)
    shares, remainders = np.divmod(possible * available, total)
    left = possible - shares.sum(axis=0)
    return shares + (_rank(-remainders) < left)


def _equal(possible: Counts, available: Counts) -> Counts:
    tiles = len(available)
    ascending = np.sort(available, axis=0)
    before = np.cumsum(ascending, axis=0) - ascending
    # With the n poorest tiles giving all, the others give `level` each: the highest that no poorer tile can reach.
    rich = np.arange(tiles, 0, -1)[:, np.newaxis]
    level = ((possible - before) // rich).max(axis=0)
    shares = np.minimum(available, level)
    left = possible - shares.sum(axis=0)
    return shares + (_rank((available <= level).astype(np.int64)) < left)


def _rank(claims: Counts) -> Counts:
    """Place of each tile in its stratum by ascending claim, the first tile first among equals."""
    order = np.argsort(claims, axis=0, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(len(claims))[:, np.newaxis], axis=0)
    return rank
