import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilefold.folds.roles import (
    assign_roles,
    hash_keys,
    number_of_test,
    number_of_validation,
    repair_roles,
)


def table(count, code=1, tile="A", prefix="p"):
    return pd.DataFrame(
        {"id": [f"{prefix}{n}" for n in range(count)], "code": code, "region": "all", "home_tile": tile}
    )


def counts(roles):
    return {name: int((roles == name).sum()) for name in ("learn", "validation", "test")}


def test_keys_are_blake2b_of_seed_and_id():
    expected = int(hashlib.blake2b(b"7:abc", digest_size=8).hexdigest(), 16)
    assert hash_keys(["abc"], 7).tolist() == [expected]


@pytest.mark.parametrize(
    ("size", "test", "validation"),
    [
        (1, 0, 0),
        (2, 1, 0),
        (3, 1, 1),
        (4, 1, 1),  # 3 train; round(0.6) = 1
        (5, 1, 1),  # round(3.75) = 4
        (6, 2, 1),  # round(4.5) = 4, half to even
        (8, 2, 1),
        (20, 5, 3),
        (100, 25, 15),
    ],
)
def test_small_and_large_classes(size, test, validation):
    assert number_of_test(np.array([size]), 0.75).tolist() == [test]
    assert number_of_validation(np.array([size - test]), 0.2).tolist() == [validation]


@given(st.integers(4, 500), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_every_role_is_there_from_four_groups_on(size, ratio, validation_ratio):
    test = int(number_of_test(np.array(size), ratio))
    validation = int(number_of_validation(np.array(size - test), validation_ratio))
    learn = size - test - validation
    assert min(test, validation, learn) >= 1
    # As near to the shares as whole groups and one group a role allow.
    assert abs(test - size * (1 - ratio)) <= 2
    assert abs(validation - (size - test) * validation_ratio) <= 1


def test_ranks_within_class_and_home_tile():
    groups = pd.concat(
        [table(8, 1, "A", "a"), table(20, 1, "B", "b"), table(4, 2, "A", "c")], ignore_index=True
    )
    roles = assign_roles(groups, 0, 0.75, 0.2)
    assert counts(roles[:8]) == {"test": 2, "validation": 1, "learn": 5}
    assert counts(roles[8:28]) == {"test": 5, "validation": 3, "learn": 12}
    assert counts(roles[28:]) == {"test": 1, "validation": 1, "learn": 2}


def test_few_groups_a_tile_are_pooled_over_tiles():
    groups = pd.concat([table(2, 1, tile, tile) for tile in "ABCD"], ignore_index=True)
    assert counts(assign_roles(groups, 0, 0.75, 0.2)) == {"test": 2, "validation": 1, "learn": 5}


def test_ranking_by_hand():
    groups = table(4)
    order = sorted(range(4), key=lambda n: hashlib.blake2b(f"3:p{n}".encode(), digest_size=8).hexdigest())
    roles = assign_roles(groups, 3, 0.75, 0.2)
    assert [roles[n] for n in order] == ["test", "validation", "learn", "learn"]


worlds = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(1, 4), st.sampled_from("ABC")),
    min_size=1,
    max_size=60,
    unique_by=lambda item: item[0],
)


def as_groups(world):
    return pd.DataFrame(
        {
            "id": [str(name) for name, _, _ in world],
            "code": [code for _, code, _ in world],
            "region": "all",
            "home_tile": [tile for _, _, tile in world],
        }
    )


@given(worlds, st.integers(0, 5), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_order_changes_nothing_and_roles_partition(world, seed, random):
    groups = as_groups(world)
    roles = assign_roles(groups, seed, 0.75, 0.2)
    assert set(roles) <= {"learn", "validation", "test"}
    order = list(range(len(world)))
    random.shuffle(order)
    shuffled = assign_roles(groups.iloc[order], seed, 0.75, 0.2)
    assert (shuffled == roles[order]).all()
    repaired = repair_roles(groups, seed, roles)
    for rows in groups.groupby("code").groups.values():
        if len(rows) >= 2:
            assert {"learn", "test"} <= set(repaired[list(rows)])


@given(st.integers(5, 80), st.integers(0, 10), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_one_more_group_moves_at_most_two_others(size, seed, number):
    before = assign_roles(table(size), seed, 0.75, 0.2)
    more = pd.concat([table(size), table(1, prefix=f"new{number}_")], ignore_index=True)
    after = assign_roles(more, seed, 0.75, 0.2)[:size]
    assert (before != after).sum() <= 2


def test_another_seed_gives_other_roles():
    groups = pd.concat([table(12, 1, tile, tile) for tile in "ABC"], ignore_index=True)
    first, again, other = (assign_roles(groups, seed, 0.75, 0.2) for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize(
    ("given_roles", "expected"),
    [
        (["test", "test"], ["learn", "test"]),
        (["learn", "learn"], ["learn", "test"]),
        (["validation", "test"], ["learn", "test"]),
        (["learn", "validation"], ["learn", "test"]),
        (["validation", "validation"], ["learn", "test"]),
        (["learn", "learn", "validation"], ["learn", "test", "validation"]),
        (["validation", "test", "test", "test"], ["learn", "test", "test", "validation"]),
        (["test"], ["test"]),
        (["learn", "test"], ["learn", "test"]),
    ],
)
def test_repair(given_roles, expected):
    groups = table(len(given_roles))
    repaired = repair_roles(groups, 0, np.array(given_roles, object))
    assert sorted(repaired) == expected
    assert sum(repaired != np.array(given_roles, object)) <= 2


def test_groups_without_a_role_are_left_alone():
    repaired = repair_roles(table(3), 0, np.array(["", "test", "test"], object))
    assert repaired[0] == ""
    assert sorted(repaired[1:]) == ["learn", "test"]
