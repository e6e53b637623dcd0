"""When a training ends before its last epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tilefold.training.history import Row

#: Column of the history of each metric that may be watched, by its name in the configuration.
WATCHED = {
    f"{short}_{score}": f"{part}_{score}"
    for short, part in (("val", "validation"), ("train", "train"))
    for score in ("loss", "oa", "kappa", "fscore")
}


@dataclass(frozen=True)
class EarlyStop:
    """When to stop.

    Attributes
    ----------
    metric
        Key of `WATCHED`.
    first_after
        Epoch after which the metric is watched.
    patience
        Watched epochs without improvement that end the training.
    tolerance
        Least improvement that counts: of a loss log10(best / loss), of a score the difference.
    """

    metric: str
    first_after: int
    patience: int
    tolerance: float

    def reached(self, history: Sequence[Row]) -> bool:
        """Whether the training ends with the last epoch of a history.

        An epoch improves when it is better than the best watched epoch so far by more than the tolerance. A score
        that is 0/0 improves nothing. The answer follows from the history alone, so a resumed training stops where
        an uninterrupted one does.
        """
        best: float | None = None
        waited = 0
        for row in history[self.first_after :]:
            value = row[WATCHED[self.metric]]
            if value is not None and (best is None or self._gain(best, value) > self.tolerance):
                best, waited = value, 0
            else:
                waited += 1
        return waited >= self.patience

    def _gain(self, best: float, value: float) -> float:
        if not self.metric.endswith("_loss"):
            return value - best
        if best <= 0:
            return -math.inf
        return math.inf if value <= 0 else math.log10(best / value)
