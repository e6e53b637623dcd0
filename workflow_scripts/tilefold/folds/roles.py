"""Roles of groups of polygons: a keyed hash decides, so that the order of rows decides nothing.

A group is what must stay on one side: the parts of one original polygon.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

LEARN = "learn"
VALIDATION = "validation"
TEST = "test"
NO_ROLE = ""

#: From this size on, the groups of a class, region and home tile are a stratum of their own.
SMALLEST_STRATUM = 4

Roles = NDArray[np.object_]
Keys = NDArray[np.uint64]


def hash_keys(ids: Sequence[str], seed: int) -> Keys:
    """BLAKE2b of ``<seed>:<id>`` as a 64-bit number: a random order that a group keeps when others come or go."""
    digests = [hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=8).digest() for name in ids]
    return np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64)


def role_counts(
    sizes: NDArray[np.integer[Any]], ratio: float, validation_ratio: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many groups of strata are test and validation.

    One group: learn. Two: learn and test. Three: one each. Four or more: training gets round(n * ratio), half to
    even, of which validation gets round(training * validation_ratio), and each role at least one.

    Parameters
    ----------
    sizes
        Number of groups in each stratum, at least 1.
    ratio
        Share of training: learn and validation.
    validation_ratio
        Share of validation within training.

    Returns
    -------
    test, validation
        Arrays like `sizes`; the rest is learn.
    """
    sizes = np.asarray(sizes, np.int64)
    test = sizes - np.rint(sizes * ratio).astype(np.int64)
    test = np.where(sizes >= 4, np.clip(test, 1, np.maximum(sizes - 2, 1)), np.minimum(sizes - 1, 1))
    training = sizes - test
    validation = np.rint(training * validation_ratio).astype(np.int64)
    validation = np.where(sizes >= 4, np.clip(validation, 1, np.maximum(training - 1, 1)), sizes == 3)
    return test, validation.astype(np.int64)


def assign_roles(groups: pd.DataFrame, seed: int, ratio: float, validation_ratio: float) -> Roles:
    """Roles of groups.

    Within class x region x home tile where there are at least 4 groups; what is left of a class and region is one
    stratum. In each, groups are ranked by their key: the first are test, the next validation, the rest learn.

    Parameters
    ----------
    groups
        One row a group: ``id`` (str), ``code``, ``region``, ``home_tile``.
    seed
        Key of the hash.
    ratio, validation_ratio
        See `role_counts`.

    Returns
    -------
    array of str
        "learn", "validation" or "test", in the order of the rows.
    """
    table = groups[["id", "code", "region", "home_tile"]].reset_index(drop=True)
    table["key"] = hash_keys(table["id"].tolist(), seed)
    size = table.groupby(["code", "region", "home_tile"])["id"].transform("size")
    table.loc[size < SMALLEST_STRATUM, "home_tile"] = ""
    # The id decides between two equal keys.
    table = table.sort_values(["key", "id"], kind="stable")
    strata = table.groupby(["code", "region", "home_tile"])["id"]
    rank = strata.cumcount().to_numpy()
    test, validation = role_counts(strata.transform("size").to_numpy(), ratio, validation_ratio)
    table["role"] = np.select([rank < test, rank < test + validation], [TEST, VALIDATION], LEARN)
    return table["role"].sort_index().to_numpy(object)


def repair_roles(groups: pd.DataFrame, seed: int, roles: Roles) -> Roles:
    """Give a learn and a test group to each class and region that has two groups or more.

    The missing role gets one group from the more frequent of the other two (validation if equal): of these the
    last by key for learn, the first for test.

    Parameters
    ----------
    groups
        One row a group: ``id``, ``code``, ``region``.
    seed
        Key of the hash.
    roles
        Roles of the rows; rows without a role do not count and get none.

    Returns
    -------
    array of str
        The repaired roles; `roles` stays as it is.
    """
    repaired = roles.copy()
    table = pd.DataFrame(
        {
            "code": groups["code"].to_numpy(),
            "region": groups["region"].to_numpy(object),
            "id": groups["id"].to_numpy(object),
            "key": hash_keys(groups["id"].tolist(), seed),
        }
    )
    table = table[roles != NO_ROLE].sort_values(["key", "id"], kind="stable")
    for _, members in table.groupby(["code", "region"]):
        rows = members.index.to_numpy()
        if len(rows) < 2:
            continue
        for missing, others, place in ((LEARN, (VALIDATION, TEST), -1), (TEST, (VALIDATION, LEARN), 0)):
            if (repaired[rows] == missing).any():
                continue
            donor = max(others, key=lambda role: int((repaired[rows] == role).sum()))
            repaired[rows[repaired[rows] == donor][place]] = missing
    return repaired
