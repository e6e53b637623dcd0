"""One label from the labels of several maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer[Any]]
Fused = tuple[Labels, NDArray[np.bool_]]

#: Beliefs that differ by less are equal.
EQUAL = 1e-12


def vote_by_majority(labels: Labels, nodata: int) -> Fused:
    """Label with most votes; nodata has no vote.

    Parameters
    ----------
    labels
        (maps, ...): labels of each map.
    nodata
        Label that means none.

    Returns
    -------
    labels
        (...): of labels with equally many votes that of the first of their maps; `nodata` where no map votes.
    tied
        (...): whether two labels had most votes.
    """
    votes = np.stack([((labels == own) & (own != nodata)).sum(axis=0) for own in labels])
    return _strongest(labels, votes.astype(np.float64), nodata)


def combine_beliefs(labels: Labels, masses: NDArray[np.float64], codes: Sequence[int], nodata: int) -> Fused:
    """Label with the largest belief by Dempster's rule.

    Each map believes in its label with the mass that it has for this label, and leaves the rest to all labels. The
    belief in a label is then, up to a factor that all labels share, (1 - product of (1 - mass) over the maps that
    have it) times the product of (1 - mass) over the maps that have another one (Shafer 1976, simple support
    functions).

    Parameters
    ----------
    labels
        (maps, ...).
    masses
        (maps, classes): 0 to 1.
    codes
        Class codes, ascending.
    nodata
        Label that means none; such a map does not take part.

    Returns
    -------
    labels, tied
        As of `vote_by_majority`.
    """
    seen = labels != nodata
    index = np.searchsorted(np.asarray(codes), labels).clip(max=len(codes) - 1)
    doubt = np.stack([np.where(seen[one], 1.0 - masses[one][index[one]], 1.0) for one in range(len(labels))])
    beliefs = []
    for one, own in enumerate(labels):
        same = labels == own
        support = 1.0 - np.where(same, doubt, 1.0).prod(axis=0)
        beliefs.append(np.where(seen[one], support * np.where(same, 1.0, doubt).prod(axis=0), -1.0))
    return _strongest(labels, np.stack(beliefs), nodata)


def _strongest(labels: Labels, strength: NDArray[np.float64], nodata: int) -> Fused:
    """Label of the first of the strongest maps with a label, and whether one as strong has another."""
    strength = np.where(labels == nodata, -1.0, strength)
    largest = strength.max(axis=0)
    first = (strength >= largest - EQUAL).argmax(axis=0)
    best = np.take_along_axis(labels, first[None], axis=0)[0]
    rivals = (strength >= largest - EQUAL) & (labels != nodata) & (labels != best)
    return best, rivals.any(axis=0)
