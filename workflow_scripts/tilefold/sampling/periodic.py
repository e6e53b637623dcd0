"""The periodic sampler: evenly spaced picks from an ordered list."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


def periodic(available: int, required: int) -> NDArray[np.bool_]:
    """Pick `required` of `available` candidates, evenly spaced, the first always among them.

    The rule of OTB's SampleSelection (measured on version 8.1): walk the candidates, and keep one if fewer were
    kept than n * rate, n candidates having been seen and rate = required / available in double precision.

    Parameters
    ----------
    available
        Number of candidates.
    required
        Number to pick; all are picked if it is not less than `available`.

    Returns
    -------
    array of bool, (available,)
    """
    if required >= available:
        return np.ones(available, np.bool_)
    return _walk(available, required / available)


@njit(cache=True)
def _walk(available, rate):  # type: ignore[no-untyped-def]
    kept = np.zeros(available, np.bool_)
    count = 0
    for seen in range(1, available + 1):
        if count < seen * rate:
            kept[seen - 1] = True
            count += 1
    return kept
