"""Roles of groups of polygons: a keyed hash decides, so that the order of rows decides nothing.

A group is what must stay on one side: the parts of one original polygon, or what shares a value in the group field.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.storage.tables import join_list, split_list

LEARN = "learn"
VALIDATION = "validation"
TEST = "test"
#: Of groups kept apart, for all seeds, for the score of a map fused from several.
FUSION_TEST = "fusion_test"
NO_ROLE = ""
#: The roles that a split draws.
DRAWN = (LEARN, VALIDATION, TEST)
#: What `allowed` holds for a group that may take any of them.
ANY_ROLE = join_list(DRAWN)

#: From this size on, the groups of a class, region and home tile are a stratum of their own.
SMALLEST_STRATUM = 4
#: From this size on, the groups of a class and region give some to the score of fused maps.
SMALLEST_HELD_OUT = 4
#: Key of a mapping of shares, for classes that it does not name.
DEFAULT = "default"

Roles = NDArray[np.object_]
Keys = NDArray[np.uint64]
Counts = NDArray[np.int64]
#: One share, or shares by class code (as text) with one for the others under "default".
Share = float | Mapping[str, float]


def hash_keys(ids: Sequence[str], seed: int | str) -> Keys:
    """BLAKE2b of ``<seed>:<id>`` as a 64-bit number: a random order that a group keeps when others come or go."""
    start = f"{seed}:".encode()
    digests = [hashlib.blake2b(start + name.encode(), digest_size=8).digest() for name in ids]
    return np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64)


def hash_order(ids: Sequence[str], seed: int | str) -> NDArray[np.intp]:
    """Places of ids in the order of their keys; the id decides between two equal keys."""
    keys = hash_keys(ids, seed)
    order = np.argsort(keys, kind="stable")
    if (np.diff(keys[order]) == 0).any():
        order = np.lexsort((np.asarray(ids, str), keys))
    return order


def shares_of(codes: pd.Series[int], share: Share) -> NDArray[np.float64]:
    """Share that applies to each class code."""
    if not isinstance(share, Mapping):
        return np.repeat(np.float64(share), len(codes))
    return np.asarray(codes.astype(str).map(share).fillna(share[DEFAULT]), np.float64)


def number_of_test(sizes: NDArray[np.integer[Any]], ratio: NDArray[np.float64] | float) -> Counts:
    """How many groups of strata are test.

    One group: none. Two or three: one. Four or more: what round(n * ratio), half to even, leaves; at least one, and
    at least two remain.

    Parameters
    ----------
    sizes
        Number of groups in each stratum.
    ratio
        Share of training: learn and validation.
    """
    sizes = np.asarray(sizes, np.int64)
    test = sizes - np.rint(sizes * ratio).astype(np.int64)
    few = np.clip(sizes - 1, 0, 1)
    return np.where(sizes >= 4, np.clip(test, 1, np.maximum(sizes - 2, 1)), few)


def number_of_validation(training: NDArray[np.integer[Any]], ratio: NDArray[np.float64] | float) -> Counts:
    """How many of the groups that train are validation: of one none, else round(n * ratio), one of each at least."""
    training = np.asarray(training, np.int64)
    validation = np.rint(training * ratio).astype(np.int64)
    return np.where(training >= 2, np.clip(validation, 1, np.maximum(training - 1, 1)), 0)


def hold_out(groups: pd.DataFrame, ratio: float) -> NDArray[np.bool_]:
    """Groups kept apart for the score of fused maps, the same whatever the seed.

    Of a class and region with four groups or more round(n * ratio), half to even, at least one, and three remain;
    of a smaller one none.

    Parameters
    ----------
    groups
        One row a group: ``id``, ``code``, ``region``.
    ratio
        Share held out; 0: none.
    """
    if not ratio:
        return np.zeros(len(groups), np.bool_)
    order = hash_order(groups["id"].tolist(), "fusion")
    strata = groups.iloc[order].groupby(["code", "region"])["id"]
    size, rank = strata.transform("size").to_numpy(np.int64), strata.cumcount().to_numpy()
    wanted = np.clip(np.rint(size * ratio), 1, np.maximum(size - 3, 1))
    held = np.zeros(len(groups), np.bool_)
    held[order] = (size >= SMALLEST_HELD_OUT) & (rank < wanted)
    return held


def may_take(allowed: pd.Series[str], role: str) -> NDArray[np.bool_]:
    """Groups whose allowed roles (joined by ";") have a role among them."""
    cells = {cell: role in split_list(cell) for cell in allowed.unique()}
    return allowed.map(cells).to_numpy(np.bool_)


def assign_roles(groups: pd.DataFrame, seed: int, ratio: Share, validation_ratio: Share) -> Roles:
    """Roles of groups.

    Within class x region x home tile where there are at least 4 groups; what is left of a class and region is one
    stratum. In each, groups are ranked by their key: the first of those that may be test are test, the next that
    may be validation are validation, the rest learn.

    Parameters
    ----------
    groups
        One row a group: ``id`` (str), ``code``, ``region``, ``home_tile``, and ``allowed`` (roles that the group may
        take, joined by ";"; without the column, any). A group with one allowed role has that one and counts in no
        stratum.
    seed
        Key of the hash.
    ratio
        Share of training (learn and validation) within class, see `number_of_test`.
    validation_ratio
        Share of validation within training, see `number_of_validation`.

    Returns
    -------
    array of str
        "learn", "validation" or "test", in the order of the rows.
    """
    allowed = groups["allowed"] if "allowed" in groups else pd.Series(ANY_ROLE, groups.index)
    roles = allowed.to_numpy(object).copy()
    drawn = np.flatnonzero(~np.isin(roles, DRAWN))
    drawn = drawn[hash_order(groups["id"].iloc[drawn].tolist(), seed)]
    table = groups[["code", "region", "home_tile"]].iloc[drawn].reset_index(drop=True)
    few = table.groupby(["code", "region", "home_tile"])["code"].transform("size") < SMALLEST_STRATUM
    table.loc[few, "home_tile"] = ""
    stratum = np.asarray(table.groupby(["code", "region", "home_tile"]).ngroup(), np.int64)
    may_test, may_validate = (may_take(allowed.iloc[drawn], role) for role in (TEST, VALIDATION))
    size, rank = _ranks(stratum, may_test)
    test = may_test & (rank < number_of_test(size, shares_of(table["code"], ratio)))
    training = may_validate & ~test
    size, rank = _ranks(stratum, training)
    validation = training & (rank < number_of_validation(size, shares_of(table["code"], validation_ratio)))
    roles[drawn] = np.select([test, validation], [TEST, VALIDATION], LEARN)
    return roles


def _ranks(stratum: NDArray[np.int64], members: NDArray[np.bool_]) -> tuple[Counts, Counts]:
    """For each row: number of members in its stratum, and of those before it."""
    if not stratum.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    size = np.bincount(stratum, weights=members).astype(np.int64)[stratum]
    upto = np.asarray(pd.Series(members.astype(np.int64)).groupby(stratum).cumsum(), np.int64)
    return size, upto - members


def repair_roles(groups: pd.DataFrame, seed: int, roles: Roles) -> Roles:
    """Give a learn and a test group to each class and region that has two groups or more, where that can be.

    The missing role gets one group from the more frequent of the other two (validation if equal): of these the
    last by key for learn, the first for test. A group changes only to a role that it may take, and only if each
    class and region that it holds keeps a learn and a test group.

    Parameters
    ----------
    groups
        One row for each group, class and region that it holds: ``id``, ``code``, ``region``, and ``allowed`` (see
        `assign_roles`).
    seed
        Key of the hash.
    roles
        Roles of the rows, the same for one id; rows with a role that is not drawn do not count and keep it.

    Returns
    -------
    array of str
        The repaired roles; `roles` stays as it is.
    """
    table = pd.DataFrame(
        {
            "id": groups["id"].to_numpy(object),
            "code": groups["code"].to_numpy(),
            "region": groups["region"].to_numpy(object),
            "allowed": groups["allowed"].to_numpy(object) if "allowed" in groups else ANY_ROLE,
            "role": roles,
        }
    )
    counts = _role_counts(table)
    poor = counts[(counts.sum(axis=1) >= 2) & ((counts[LEARN] == 0) | (counts[TEST] == 0))]
    for stratum in poor.index:
        members = table[(table["code"] == stratum[0]) & (table["region"] == stratum[1])]
        members = members[members["role"].isin(DRAWN)]
        members = members.iloc[hash_order(members["id"].tolist(), seed)]
        for missing in (LEARN, TEST):
            chosen = _donor(table, members, missing)
            if chosen is not None:
                table.loc[table["id"] == chosen, "role"] = missing
                members = members.assign(role=table["role"])
    return table["role"].to_numpy(object)


def _role_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Groups of each drawn role (columns), by class and region."""
    drawn = table[table["role"].isin(DRAWN)]
    counts = drawn.groupby(["code", "region", "role"]).size().unstack(fill_value=0)
    return counts.reindex(columns=list(DRAWN), fill_value=0)


def _donor(table: pd.DataFrame, members: pd.DataFrame, missing: str) -> str | None:
    """Group of a class and region, in the order of keys, that gets its missing role; None: none can, or none must."""
    has = members["role"].value_counts()
    if has.get(missing, 0):
        return None
    others = sorted(
        (role for role in (VALIDATION, TEST, LEARN) if role != missing), key=lambda role: -has.get(role, 0)
    )
    for role in others:
        able = members[(members["role"] == role).to_numpy() & may_take(members["allowed"], missing)]
        for name in able["id"].iloc[:: -1 if missing == LEARN else 1]:
            if role == VALIDATION or not _is_last(table, name, role):
                return str(name)
    return None


def _is_last(table: pd.DataFrame, name: str, role: str) -> bool:
    """Whether a class and region that a group holds would lose its last group of a role."""
    held = table.loc[table["id"] == name, ["code", "region"]]
    of_role = table[table["role"] == role].merge(held, on=["code", "region"])
    return bool((of_role.groupby(["code", "region"]).size() < 2).any())
