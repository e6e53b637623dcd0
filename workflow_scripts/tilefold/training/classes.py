"""Weights of the classes in the loss, and their shares of the reference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.storage.tables import read_table


def class_weights(
    learn: NDArray[np.integer[Any]], validation: NDArray[np.integer[Any]], *, weighted: bool
) -> NDArray[np.float64]:
    """Weight of each class in the loss.

    Parameters
    ----------
    learn, validation
        Number of samples of each class (classes,).
    weighted
        Whether a class's weight is 1 / its proportion among learn and validation samples (80 % and 20 % give
        1.25 and 5), instead of 1.

    Returns
    -------
    ndarray
        float64 (classes,); 0 for classes without learn samples.
    """
    both = learn + validation
    inverse = both.sum() / np.maximum(both, 1) if weighted else np.ones(len(both))
    return np.where(learn > 0, inverse, 0.0)


def reference_shares(rates: Path | str, region: str, classes: Sequence[int]) -> NDArray[np.float64]:
    """Share of each class in the pixels of a region's training polygons, before samples are drawn from them.

    Parameters
    ----------
    rates
        Table of the run's classes that the selection of samples writes, with `region`, `code` and `available`.
    region
        The region.
    classes
        Codes.

    Returns
    -------
    ndarray
        float64 (classes,) of sum 1; all 0 where the region has no pixel.
    """
    table = read_table(rates)
    available = table[table["region"].astype(str) == region].set_index("code")["available"]
    counts = available.reindex(list(classes), fill_value=0).to_numpy(np.float64)
    return counts / max(counts.sum(), 1.0)
