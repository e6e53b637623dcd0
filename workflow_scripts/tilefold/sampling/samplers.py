"""Which candidates are taken: their ranks in an ordered list, of which only the length is known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ranks = NDArray[np.int64]


def keyed_generator(*parts: object) -> np.random.Generator:
    """Generator whose numbers depend on a key alone, not on what was drawn before."""
    key = hashlib.blake2b(":".join(map(str, parts)).encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=np.frombuffer(key, "<u8").astype(np.uint64)))


def draw_ranks(
    sampler: Mapping[str, Any], available: int, wanted: int, generator: Callable[[], np.random.Generator]
) -> Ranks:
    """Ranks of the candidates that a sampler takes: exactly the lesser of wanted and available, ascending.

    Parameters
    ----------
    sampler
        ``name``: "random" (all subsets are equally likely), or "periodic" with ``offset`` and ``jitter``, see
        `periodic_ranks`.
    available
        Number of candidates.
    wanted
        Number to take.
    generator
        Makes the generator; called only where chance decides.
    """
    if wanted >= available:
        return np.arange(available, dtype=np.int64)
    if sampler["name"] == "random":
        return np.sort(generator().choice(available, wanted, replace=False, shuffle=False)).astype(np.int64)
    if sampler["name"] == "periodic":
        moved = generator().random(wanted) if sampler["jitter"] else None
        return periodic_ranks(available, wanted, sampler["offset"], sampler["jitter"], moved)
    raise ValueError(f"selection.sampler {sampler['name']!r} is not known; use periodic or random")


def periodic_ranks(
    available: int,
    wanted: int,
    offset: int = 0,
    jitter: int = 0,
    moved: NDArray[np.float64] | None = None,
) -> Ranks:
    """Evenly spaced ranks, by the rule of OTB's SampleSelection (measured on version 8.1).

    After n candidates have been seen, the last one is kept if (n - shift) * rate is more than the number kept
    before, with rate = wanted / available and the products in double precision. Where the last product is
    rounded up OTB keeps one more than wanted (3 of 187 give 4); here no more than `wanted` are kept.

    Parameters
    ----------
    available
        Number of candidates.
    wanted
        Number to take, fewer than `available`.
    offset
        Candidates by which all ranks are shifted, less whole periods of available / wanted.
    jitter
        Greatest number of candidates by which a rank is moved on, and at most one less than a period.
    moved
        Share of that greatest move for each rank, in [0, 1[; None without jitter.
    """
    if not wanted:
        return np.empty(0, np.int64)
    rate, kept = wanted / available, np.arange(wanted)
    if moved is None:
        ranks = _first_beyond(kept, rate, offset % (available / wanted))
        # A product that is rounded down must not push the last ones beyond the end.
        return np.minimum(ranks, available - wanted + kept)
    ranks = _first_beyond(kept, rate, moved * min(jitter, available / wanted - 1))
    following = np.append(_first_beyond(kept[1:], rate, 0.0), available)
    return np.minimum(ranks, following - 1)


def _first_beyond(kept: Ranks, rate: float, shift: NDArray[np.float64] | float) -> Ranks:
    """Rank of the first candidate n (from 1) for which (n - shift) * rate > kept."""
    rank = np.floor(kept / rate + shift).astype(np.int64)
    # The division may be off by one place; the comparison decides.
    rank -= (rank - shift) * rate > kept
    rank += (rank + 1 - shift) * rate <= kept
    return rank
