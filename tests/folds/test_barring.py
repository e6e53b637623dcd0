import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tilefold.folds.areas import Cells, HeldOutArea
from tilefold.folds.barring import fold_roles, training_loss

#: The fold that holds out tile T, whose footprint is barred.
WITHOUT_T = HeldOutArea(Cells("tiles"), frozenset("T"), footprint_tiles=frozenset("T"))


def pieces_of(split, inside=()):
    """Pieces as `count_pieces` makes them; pixels of `inside` polygons in A: (polygon: how many are barred)."""
    rows = []
    for row in split.itertuples():
        for tile, pixels in zip(row.owned_tiles.split(";"), row.owned_pixels.split(";"), strict=True):
            if tile:
                held = int(pixels) if tile == "T" else 0
                barred = held or dict(inside).get(row.polygon, 0)
                rows.append((row.polygon, tile, int(pixels), held, barred))
    return pd.DataFrame(rows, columns=["polygon", "tile", "pixels", "held_out", "barred"])


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
            "fold_value": "",
        }
    )
    table.attrs = {"pixel_hectares": {"A": 0.01, "T": 0.04}}
    return table


def test_fold_all_bars_nothing():
    split = split_table([(1, 1, "test", {"T": 3}, "T"), (2, 1, "learn", {"A": 3}, "A;T")])
    pieces = pieces_of(split).assign(held_out=0, barred=0)
    table = fold_roles(split, pieces, HeldOutArea(), 0)
    assert table["role"].tolist() == ["test", "learn"]
    assert not table[["held_out", "barred", "clipped", "repaired"]].to_numpy().any()
    assert training_loss(split, table, pieces).empty


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
    pieces = pieces_of(split, {4: 1})
    table = fold_roles(split, pieces, WITHOUT_T, 0)
    assert table["barred"].tolist() == [True] * 6 + [False] * 3
    assert table["held_out"].tolist() == [True, True, False, False, False, True, False, False, False]
    assert table["role"].tolist() == [""] * 6 + ["learn", "test", ""]
    assert table["split_role"].tolist() == split["role"].tolist()
    loss = training_loss(split, table, pieces)
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
    table = fold_roles(split, pieces_of(split), WITHOUT_T, 0)
    assert sorted(table["role"][1:3]) == ["learn", "test"]
    assert table["role"][3] == "test"
    assert table["role"][4] == table["role"][5] != table["role"][6]
    assert sorted({table["role"][4], table["role"][6]}) == ["learn", "test"]
    assert table["repaired"].sum() == 1 + (2 if table["role"][4] == "test" else 1)
    assert (table["repaired"] == ((table["role"] != table["split_role"]) & ~table["barred"])).all()
    assert table["split_role"].tolist() == split["role"].tolist()


def test_who_is_clipped():
    split = split_table(
        [
            (1, 1, "learn", {"T": 9}, "T"),  # nothing is left of it
            (2, 1, "validation", {"A": 5, "T": 2}, "A;T"),
            (3, 1, "test", {"A": 5, "T": 2}, "A;T"),  # would be tested on both sides
            (4, 1, "learn", {"A": 5}, "A"),  # wholly in the belt ...
            (4, 1, "learn", {"A": 6}, "A"),  # ... but its other part is not
            (5, 1, "learn", {"A": 5}, "A"),  # wholly in the belt
            (6, 1, "learn", {"A": 5}, "A"),
            (7, 1, "test", {"A": 5}, "A"),
        ]
    )
    clipping = HeldOutArea(Cells("tiles"), frozenset("T"), clips=True, footprint_tiles=frozenset("T"))
    pieces = pieces_of(split, {2: 1, 3: 1, 4: 5, 6: 5})
    table = fold_roles(split, pieces, clipping, 0)
    assert table["role"].tolist() == ["", "validation", "", "learn", "learn", "", "learn", "test"]
    assert table["clipped"].tolist() == [False, True, False, True, True, False, False, False]
    assert (table["barred"] == (table["role"] == "")).all()
    assert training_loss(split, table, pieces).to_numpy().tolist() == [
        # Of 2: 1, of 4: 5, of 6: 5 pixels of A; of 1: 9, of 2: 2 pixels of T.
        [1, "barred", 3, 11, 0.11],
        [1, "held_out", 2, 11, 0.44],
    ]


def test_a_group_with_a_held_out_value_is_never_clipped():
    split = split_table(
        [
            (1, 1, "learn", {"A": 5}, "A"),  # has the value
            (1, 1, "learn", {"A": 5}, "A"),  # of the same farm
            (2, 1, "learn", {"A": 5}, "A"),  # reaches into the belt
        ]
    ).assign(fold_value=["x", "y", "y"])
    pieces = pd.DataFrame(
        {"polygon": [1, 2, 3], "tile": "A", "pixels": 5, "held_out": [5, 0, 0], "barred": [5, 0, 2]}
    )
    cells = Cells("field", values=split.set_index("polygon")["fold_value"])
    table = fold_roles(split, pieces, HeldOutArea(cells, frozenset("x"), clips=True), 0)
    assert table["role"].tolist() == ["", "", "learn"]
    assert table["held_out"].tolist() == [True, False, False]
    assert table["fold_value"].tolist() == ["x", "y", "y"]


def test_a_clipped_group_is_no_candidate_of_the_repair():
    split = split_table(
        [
            (1, 1, "learn", {"A": 5, "T": 1}, "A;T"),  # clipped
            (2, 1, "learn", {"A": 5}, "A"),
            (3, 1, "learn", {"A": 5}, "A"),
        ]
    )
    clipping = HeldOutArea(Cells("tiles"), frozenset("T"), clips=True)
    table = fold_roles(split, pieces_of(split), clipping, 0)
    assert table["role"][0] == "learn"
    assert sorted(table["role"][1:]) == ["learn", "test"]


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
    table = fold_roles(split, pieces_of(split, dict.fromkeys(inside, 1)), WITHOUT_T, seed)
    touching = {g for n, (g, _, place) in enumerate(world, 1) if n in inside and place}
    touching |= {g for g, _, place in world if place in ("T", "AT", "At")}
    trains = set(table.loc[table["role"] != "", "group"])
    assert not trains & touching
    assert trains | touching == set(table["group"])
    assert (table.groupby("group")["role"].nunique() == 1).all()
    assert not (table["held_out"] & (table["role"] != "")).any()
