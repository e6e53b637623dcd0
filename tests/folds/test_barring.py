import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilefold.folds.barring import BarredArea, BarringError, fold_roles, training_loss

RINGS = {"T": [[0.0, 0.0], [0.0, 100.0], [100.0, 100.0], [100.0, 0.0]]}
NOBODY = np.array([], int)


def area(buffer_m=0.0, crs="EPSG:32631", **changes):
    barring = {
        "boundary": "footprint",
        "straddlers": "bar",
        "buffer_m": buffer_m,
        "ownership": {"crs": crs, "rings": RINGS},
        **changes,
    }
    return BarredArea.of_fold(["T"], barring)


def split_table(rows):
    """Rows of (group, code, role, owned tiles with pixels, footprint tiles)."""
    table = pd.DataFrame(
        {
            "polygon": range(1, len(rows) + 1),
            "group": [row[0] for row in rows],
            "id": [f"id{row[0]}" for row in rows],
            "group_id": [f"id{row[0]}" for row in rows],
            "code": [row[1] for row in rows],
            "region": "all",
            "home_tile": [next(iter(row[3]), "") for row in rows],
            "role": [row[2] for row in rows],
            "pixels": [sum(row[3].values()) for row in rows],
            "owned_tiles": [";".join(row[3]) for row in rows],
            "owned_pixels": [";".join(map(str, row[3].values())) for row in rows],
            "footprint_tiles": [row[4] for row in rows],
        }
    )
    table.attrs = {"pixel_hectares": {"A": 0.01, "T": 0.04}}
    return table


def test_footprint_with_its_border():
    x, y = np.array([50.0, 100.0, 100.001, -1.0]), np.array([50.0, 50.0, 50.0, 50.0])
    assert area().holds(x, y).tolist() == [True, True, False, False]


def test_belt_is_round_and_exact():
    angle = np.linspace(0.01, np.pi / 2 - 0.01, 50)
    corner = 100 + 29.999 * np.stack([np.cos(angle), np.sin(angle)])
    beyond = 100 + 30.001 * np.stack([np.cos(angle), np.sin(angle)])
    assert area(30).holds(*corner).all()
    assert not area(30).holds(*beyond).any()


def test_belt_in_units_of_the_crs():
    feet = area(30, crs="EPSG:2263")
    assert feet.belt == pytest.approx(30 / 0.3048006096)
    with pytest.raises(BarringError, match="degrees"):
        area(30, crs="EPSG:4326")


def test_unknown_ways_are_refused():
    with pytest.raises(BarringError, match=r"folds\.straddlers 'clip'"):
        area(straddlers="clip")


def test_fold_all_bars_nothing():
    split = split_table([(1, 1, "test", {"T": 3}, "T"), (2, 1, "learn", {"A": 3}, "A;T")])
    nothing = BarredArea.of_fold([], None)
    table = fold_roles(split, NOBODY, nothing, 0)
    assert not nothing.holds(np.zeros(2), np.zeros(2)).any()
    assert table["role"].tolist() == ["test", "learn"]
    assert not table[["held_out", "barred", "repaired"]].to_numpy().any()
    assert training_loss(split, table, nothing).empty


def test_who_is_barred():
    split = split_table(
        [
            (1, 1, "learn", {"T": 9}, "T"),  # held out
            (2, 1, "learn", {"A": 5, "T": 2}, "A;T"),  # straddles the border of owners
            (3, 1, "test", {"A": 5}, "A;T"),  # reaches into the overlap
            (4, 1, "learn", {"A": 5}, "A"),  # beyond the footprint, within the belt
            (5, 1, "learn", {"A": 5}, "A"),  # part of one that straddles ...
            (5, 1, "learn", {"T": 5}, "T"),  # ... the other part
            (6, 1, "learn", {"A": 5}, "A"),
            (7, 1, "test", {"A": 5}, "A"),
            (8, 1, "", {}, ""),  # holds no pixel
        ]
    )
    table = fold_roles(split, np.array([4]), area(), 0)
    assert table["barred"].tolist() == [True] * 6 + [False] * 3
    assert table["held_out"].tolist() == [True, True, False, False, False, True, False, False, False]
    assert table["role"].tolist() == [""] * 6 + ["learn", "test", ""]
    assert table["split_role"].tolist() == split["role"].tolist()
    loss = training_loss(split, table, area())
    assert loss.to_numpy().tolist() == [
        # Of 2: 5, of 4: 5, of 5: 5 pixels of A, 0.01 ha each; of 1: 9, of 2: 2, of 5: 5 pixels of T.
        [1, "barred", 3, 15, 0.15],
        [1, "held_out", 3, 16, 0.64],
    ]


def test_repair_of_a_fold():
    split = split_table(
        [
            (1, 1, "learn", {"T": 9}, "T"),
            (2, 1, "test", {"A": 5}, "A"),
            (3, 1, "test", {"A": 5}, "A"),
            (4, 2, "test", {"A": 5}, "A"),  # alone in its class: cannot be learnt here
            (5, 3, "learn", {"A": 5}, "A"),
            (5, 3, "learn", {"A": 5}, "A"),
            (6, 3, "learn", {"A": 5}, "A"),
            (7, 3, "test", {"T": 5}, "T"),
        ]
    )
    table = fold_roles(split, NOBODY, area(), 0)
    assert sorted(table["role"][1:3]) == ["learn", "test"]
    assert table["role"][3] == "test"
    assert table["role"][4] == table["role"][5] != table["role"][6]
    assert sorted({table["role"][4], table["role"][6]}) == ["learn", "test"]
    assert table["repaired"].sum() == 1 + (2 if table["role"][4] == "test" else 1)
    assert (table["repaired"] == ((table["role"] != table["split_role"]) & ~table["barred"])).all()
    assert table["split_role"].tolist() == split["role"].tolist()


polygons = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.integers(1, 3),
        st.sampled_from(["A", "T", "AT", "At", ""]),
    ),
    min_size=1,
    max_size=30,
)


@given(polygons, st.sets(st.integers(1, 30)), st.integers(0, 3))
@settings(max_examples=80, deadline=None)
def test_no_group_stands_on_both_sides(world, inside, seed):
    owned = {"A": {"A": 4}, "T": {"T": 4}, "AT": {"A": 2, "T": 2}, "At": {"A": 4}, "": {}}
    footprint = {"A": "A", "T": "T", "AT": "A;T", "At": "A;T", "": ""}
    roles = ["learn", "validation", "test"]
    split = split_table([(g, c, roles[g % 3], owned[place], footprint[place]) for g, c, place in world])
    table = fold_roles(split, np.array(sorted(inside)), area(), seed)
    touching = set(table.loc[table["polygon"].isin(inside), "group"])
    touching |= {g for g, _, place in world if place in ("T", "AT", "At")}
    trains = set(table.loc[table["role"] != "", "group"])
    assert not trains & touching
    assert trains | touching == set(table["group"])
    assert (table.groupby("group")["role"].nunique() == 1).all()
    assert not (table["held_out"] & (table["role"] != "")).any()
