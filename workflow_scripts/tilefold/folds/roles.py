"""Roles of polygons: learn, validation or test."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

LEARN, VALIDATION, TEST = "learn", "validation", "test"

#: Groups that a class needs in a home tile to be split there; the others of the class are split together.
ENOUGH = 4


def rank_key(seed: int, identity: str) -> int:
    """Place of a polygon in the draw of a seed: a keyed hash, so that it depends on nothing else."""
    return int.from_bytes(hashlib.blake2b(f"{seed}:{identity}".encode(), digest_size=8).digest(), "big")


def assign_roles(groups: pd.DataFrame, *, seed: int, ratio: float, validation_ratio: float) -> pd.Series:
    """Draw the role of each group.

    Groups are ranked by a keyed hash of their id within class, region and home tile; what a class has in tiles
    where it has fewer than four groups is ranked together. Adding or removing a group moves at most the
    groups at the limits between roles.

    Parameters
    ----------
    groups
        One row a group: `id`, `code`, `region`, `home_tile`.
    seed
        Of the draw.
    ratio
        Share for training (learn and validation).
    validation_ratio
        Share of training that is validation.

    Returns
    -------
    Series of str
        Roles, with the index of `groups`.
    """
    ordered = groups.assign(key=[rank_key(seed, identity) for identity in groups["id"]]).sort_values(
        ["key", "id"]
    )
    stratum = ["code", "region", "home_tile"]
    enough = ordered.groupby(stratum)["id"].transform("size") >= ENOUGH
    ordered["stratum"] = ordered["home_tile"].where(enough, "")
    drawn = ordered.groupby(["code", "region", "stratum"], sort=True)
    rank = drawn.cumcount().to_numpy()
    size = drawn["id"].transform("size").to_numpy()
    roles = np.empty(len(ordered), dtype=object)
    for count in np.unique(size):
        test, validation, _ = role_counts(int(count), ratio, validation_ratio)
        of_size = size == count
        limits = np.array([test, test + validation])
        names = np.array([TEST, VALIDATION, LEARN], dtype=object)
        roles[of_size] = names[np.searchsorted(limits, rank[of_size], side="right")]
    return _repaired(ordered.assign(role=roles))["role"].reindex(groups.index)


def role_counts(count: int, ratio: float, validation_ratio: float) -> tuple[int, int, int]:
    """How many of `count` groups are test, validation and learn.

    One group is learnt; of two, one is learnt and one tested; of three, each has a role; of more, shares are
    rounded (half to even) with at least one group for each role.
    """
    if count <= 3:
        return [(0, 0, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1)][count]
    test = min(max(round(count * (1 - ratio)), 1), count - 2)
    training = count - test
    validation = min(max(round(training * validation_ratio), 1), training - 1)
    return test, validation, training - validation


def _repaired(drawn: pd.DataFrame) -> pd.DataFrame:
    """Give a class of two groups or more, split over several strata, something to learn and to test."""
    roles = drawn["role"].copy()
    for _, members in drawn.groupby("code", sort=True):
        if len(members) < 2:
            continue
        for wanted, other in ((LEARN, TEST), (TEST, LEARN)):
            held = roles[members.index]
            if (held == wanted).any():
                continue
            spare = held.index[held == VALIDATION]
            roles[spare[0] if len(spare) else held.index[held == other][0]] = wanted
    return drawn.assign(role=roles)
