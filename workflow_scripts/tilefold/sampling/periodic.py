"""The periodic sampler: evenly spaced picks from an ordered list, which may come in parts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class PeriodicSampler:
    """Picks of one class, candidates being shown in order.

    The rule of OTB's SampleSelection (measured on version 8.1): after n candidates have been seen, keep the last
    one if fewer than n * rate were kept, with rate = required / available and the product in double precision.
    The first is always kept. Where the last product is rounded up OTB keeps one more than required (3 of 187 give
    4); here no more than `required` are kept.

    Parameters
    ----------
    available
        Number of candidates that will be shown.
    required
        Number to pick; if not less than `available`, all are picked.
    """

    def __init__(self, available: int, required: int) -> None:
        self._required = min(required, available)
        self._rate = self._required / available if available else 0.0
        self._seen = 0
        self._kept = 0

    def take(self, count: int) -> NDArray[np.bool_]:
        """Show the next `count` candidates.

        Returns
        -------
        array of bool, (count,)
            Which of them are picked.
        """
        seen = np.arange(self._seen + 1, self._seen + count + 1)
        # The walk "kept += kept < n * rate" in closed form: kept grows by at most one a step and never passes
        # ceil(n * rate), so kept(n) = n + min over all steps up to n of (ceil(step * rate) - step).
        wanted = np.ceil(seen * self._rate).astype(np.int64)
        slack = np.minimum.accumulate(np.append(self._kept - self._seen, wanted - seen))[1:]
        kept = np.minimum(seen + slack, self._required)
        picked = np.diff(kept, prepend=self._kept) > 0
        if count:
            self._seen, self._kept = int(seen[-1]), int(kept[-1])
        return picked
