import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilefold.folds import roles as roles_module
from tilefold.folds.roles import (
    assign_roles,
    hash_keys,
    hash_order,
    hold_out,
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


def test_equal_keys_are_ordered_by_id(monkeypatch):
    monkeypatch.setattr(roles_module, "hash_keys", lambda *_: np.array([2, 1, 1], np.uint64))
    assert hash_order(["a", "c", "b"], 0).tolist() == [2, 1, 0]


def test_shares_by_class():
    groups = pd.concat([table(20, 1, "A", "a"), table(20, 2, "A", "b")], ignore_index=True)
    roles = assign_roles(groups, 0, {"default": 0.75, "2": 0.5}, {"default": 0.4, "1": 0.2})
    assert counts(roles[:20]) == {"test": 5, "validation": 3, "learn": 12}
    assert counts(roles[20:]) == {"test": 10, "validation": 4, "learn": 6}


def test_where_test_is_imposed_the_others_only_train():
    allowed = ["test"] * 5 + ["learn;validation"] * 10
    roles = assign_roles(table(15).assign(allowed=allowed), 0, 0.75, 0.2)
    assert (roles[:5] == "test").all()
    assert counts(roles[5:]) == {"test": 0, "validation": 2, "learn": 8}


@pytest.mark.parametrize(("size", "validation"), [(1, 0), (2, 1), (3, 1), (10, 2)])
def test_validation_among_those_that_only_train(size, validation):
    roles = assign_roles(table(size).assign(allowed="learn;validation"), 0, 0.75, 0.2)
    assert counts(roles) == {"test": 0, "validation": validation, "learn": size - validation}


def test_where_validation_is_imposed_none_is_drawn():
    allowed = ["validation"] * 2 + ["learn;test"] * 8 + ["learn"] * 3
    roles = assign_roles(table(13).assign(allowed=allowed), 0, 0.75, 0.2)
    assert (roles[:2] == "validation").all()
    assert counts(roles[2:10]) == {"test": 2, "validation": 0, "learn": 6}
    assert (roles[10:] == "learn").all()


def test_imposed_roles_are_those_of_every_seed():
    groups = table(20).assign(allowed=["test"] * 5 + ["learn;validation"] * 15)
    first, other = (assign_roles(groups, seed, 0.75, 0.2) for seed in (0, 1))
    assert ((first == "test") == (other == "test")).all()
    assert (first != other).any()


@pytest.mark.parametrize(
    ("size", "ratio", "expected"),
    [
        (1, 0.5, 0),
        (3, 0.9, 0),
        (4, 0.1, 1),
        (4, 0.9, 1),
        (14, 0.1, 1),
        (15, 0.1, 2),
        (100, 0.1, 10),
        (50, 0.0, 0),
    ],
)
def test_number_held_out_for_fused_maps(size, ratio, expected):
    held = hold_out(pd.concat([table(size), table(1, 2, prefix="q")], ignore_index=True), ratio)
    assert held[:size].sum() == expected
    assert not held[size]


def test_held_out_by_hand():
    order = sorted(
        range(9), key=lambda n: hashlib.blake2b(f"fusion:p{n}".encode(), digest_size=8).hexdigest()
    )
    held = hold_out(table(9), 0.2)
    assert np.flatnonzero(held).tolist() == sorted(order[:2])


def test_repair_follows_what_groups_may_take():
    groups = table(3)
    given_roles = np.array(["validation", "test", "test"], object)
    # Test polygons of the user's never train: validation gives the learn group, or none does.
    repaired = repair_roles(groups.assign(allowed=["learn;validation", "test", "test"]), 0, given_roles)
    assert repaired.tolist() == ["learn", "test", "test"]
    assert repair_roles(groups.assign(allowed=["validation", "test", "test"]), 0, given_roles).tolist() == [
        *("validation", "test", "test")
    ]
    trained = np.array(["learn", "learn", "validation"], object)
    assert (repair_roles(groups.assign(allowed="learn;validation"), 0, trained) == trained).all()


def test_repair_leaves_alone_what_is_held_out():
    repaired = repair_roles(table(3), 0, np.array(["fusion_test", "test", "test"], object))
    assert repaired[0] == "fusion_test"
    assert sorted(repaired[1:]) == ["learn", "test"]
    alone = np.array(["fusion_test", "fusion_test", "test"], object)
    assert (repair_roles(table(3), 0, alone) == alone).all()


def holdings(*rows):
    """Rows of (id, code)."""
    return pd.DataFrame(
        {"id": [name for name, _ in rows], "code": [code for _, code in rows], "region": "all"}
    )


def test_repair_of_groups_with_several_classes():
    # a and b hold both classes, c and d one each: class 2 has no test, and only d can give it without taking the only
    # test of class 1, which is c's.
    groups = holdings(("a", 1), ("a", 2), ("b", 1), ("b", 2), ("c", 1), ("d", 2))
    repaired = repair_roles(groups, 0, np.array(["learn"] * 4 + ["test", "learn"], object))
    assert (repaired == "test").any()
    by_group = dict(zip(groups["id"], repaired, strict=True))
    assert (repaired == groups["id"].map(by_group)).all()
    for rows in groups.groupby("code").groups.values():
        assert {"learn", "test"} <= set(repaired[list(rows)])


def test_no_repair_takes_a_role_that_another_class_needs():
    # Class 2 lacks learn; a could give it, but is the only test of class 1.
    groups = holdings(("a", 1), ("a", 2), ("b", 1), ("c", 2))
    roles = np.array(["test", "test", "learn", "test"], object)
    assert repair_roles(groups, 0, roles).tolist() == ["test", "test", "learn", "learn"]
    alone = holdings(("a", 1), ("a", 2), ("b", 1), ("b", 2), ("c", 1), ("d", 1))
    roles = np.array(["test", "test", "test", "test", "learn", "learn"], object)
    repaired = repair_roles(alone, 0, roles)
    assert sorted(repaired[[0, 2]]) == ["learn", "test"]


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_new_polygons_change_few_roles_of_the_others(share):
    """A thousand groups in 10 classes and 4 tiles, of which every fourth stratum is small; then some more."""
    rng = np.random.default_rng(1)

    def groups(count, prefix):
        codes = rng.choice(10, count, p=np.array([300, 200, 150, 100, 80, 60, 50, 30, 20, 10]) / 1000)
        names = [f"{prefix}{number}" for number in range(count)]
        return pd.DataFrame(
            {"id": names, "code": codes, "region": "all", "home_tile": rng.choice(list("ABCD"), count)}
        )

    before, more = groups(1000, "old"), groups(int(1000 * share), "new")
    grown = pd.concat([before, more], ignore_index=True)
    changed = [
        (assign_roles(before, seed, 0.75, 0.2) != assign_roles(grown, seed, 0.75, 0.2)[:1000]).mean()
        for seed in range(20)
    ]
    # A newcomer moves a boundary between roles by its share of one place: fewer than one old group each.
    assert np.mean(changed) < share
    assert max(changed) < 2 * share
