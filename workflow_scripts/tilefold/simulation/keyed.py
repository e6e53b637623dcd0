"""Random numbers that belong to things: the same key gives the same number, whoever asks, in any order.

A place on the ground must look the same in every tile that sees it, and a scene must not change when one
more tile is added. A generator that is drawn from in turn cannot give that; a hash of the thing's own
integers can.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Integers = NDArray[np.integer[Any]]
Floats = NDArray[np.float64]

_WEYL = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53


def key(*parts: object) -> int:
    """63-bit integer from a seed and names; equal parts give equal keys on every machine."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def uniform(stream: int, *indexes: Integers) -> Floats:
    """Uniform numbers in (0, 1) for things with integer indexes.

    Parameters
    ----------
    stream
        What is drawn, from `key`.
    *indexes
        Integer arrays that broadcast against each other; negative values are allowed.

    Notes
    -----
    The finaliser of SplitMix64 (Steele, Lea and Flood, 2014), once for each index.
    """
    state: NDArray[np.uint64] = np.asarray(stream, np.uint64)
    with np.errstate(over="ignore"):
        for index in indexes:
            state = _mix(
                state + _WEYL * (np.asarray(index).astype(np.int64).astype(np.uint64) + np.uint64(1))
            )
    return ((state >> np.uint64(11)).astype(np.float64) + 0.5) * _TO_UNIT


def normal(stream: int, *indexes: Integers) -> Floats:
    """Standard normal numbers for things with integer indexes; arguments as `uniform`."""
    return np.asarray(ndtri(uniform(stream, *indexes)), np.float64)


def generator(*parts: object) -> np.random.Generator:
    """Sequential generator of one thing that only one place asks for, such as one acquisition's noise."""
    return np.random.default_rng(key(*parts))


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return state ^ (state >> np.uint64(31))
