"""What holds of roles in any world: random polygons, groups, imposed roles and settings, split and put into folds."""

import tempfile
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tilefold.folds.areas import count_pieces, open_area
from tilefold.folds.barring import fold_roles
from tilefold.folds.split import split_polygons
from tilefold.folds.validation_tile import validate_on_tile
from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring
from tilefold.storage.tables import read_table, split_list

CRS = "EPSG:32631"
#: Three tiles of 24 x 16 px, each sharing 6 columns with the next, and a strip of nobody's to the right.
GRIDS = {
    name: Grid(CRS, (10.0, 0.0, 180.0 * place, 0.0, -10.0, 160.0), 24, 16) for place, name in enumerate("ABC")
}
OWNERSHIP = Ownership(CRS, {name: footprint_ring(grid, CRS) for name, grid in GRIDS.items()})
TRAINING = ["learn", "validation"]

#: Polygons: group, class, upper left pixel, width and height. They may overlap and lie outside.
polygons = st.lists(
    st.tuples(
        st.integers(0, 24),
        st.integers(1, 3),
        st.integers(0, 66),
        st.integers(0, 15),
        st.integers(1, 8),
        st.integers(1, 4),
    ),
    min_size=1,
    max_size=45,
)
#: Groups on which a role is imposed.
imposed = st.dictionaries(st.integers(0, 24), st.sampled_from(["learn", "validation", "test"]), max_size=12)


def one_class_a_group(rows):
    return [(group, 1 + group % 3, *box) for group, _, *box in rows]


def frame_of(rows, values):
    rows = sorted(rows)
    ranks = {group: rank for rank, group in enumerate(sorted({row[0] for row in rows}), start=1)}
    return geopandas.GeoDataFrame(
        {
            "polygon": np.arange(1, len(rows) + 1, dtype=np.int32),
            "group": np.array([ranks[row[0]] for row in rows], np.int32),
            "id": [f"p{number:03}" for number in range(len(rows))],
            "group_id": [f"g{row[0]:02}" for row in rows],
            "code": np.array([row[1] for row in rows], np.int32),
            "fold_value": "",
            "split_value": [values.get(row[0], "") for row in rows],
        },
        geometry=[
            shapely.box(10 * col, 160 - 10 * (row + height), 10 * (col + width), 160 - 10 * row)
            for _, _, col, row, width, height in rows
        ],
        crs=CRS,
    )


def split_of(frame, seed=0, **changes):
    chosen = {
        "seed": seed,
        "ratio": 0.75,
        "validation_ratio": 0.2,
        "imposed": "none",
        "field_values": {"learn": "learn", "validation": "validation"},
        "singletons": "learn",
        "fusion_holdout_ratio": 0.0,
        "grids": {tile: grid.to_dict() for tile, grid in GRIDS.items()},
        "ownership": OWNERSHIP.to_dict(),
        **changes,
    }
    with tempfile.TemporaryDirectory() as folder:
        frame.to_file(Path(folder) / "reference.gpkg", layer="reference")
        split_polygons(Path(folder) / "reference.gpkg", chosen, split=Path(folder) / "split.parquet")
        return read_table(Path(folder) / "split.parquet")


def roles_without(split, tile, seed):
    """Roles in the fold that holds out one tile."""
    barring = {
        "boundary": "footprint",
        "straddlers": "bar",
        "buffer_m": 0.0,
        "crs": CRS,
        "ownership": OWNERSHIP.restricted([tile]).to_dict(),
    }
    area = open_area({"held_out": [tile], "scheme": {"kind": "tiles"}, "barring": barring}, split, {})
    return fold_roles(split, count_pieces(split, {}, area), area, seed)


def one_role_a_group(table):
    return bool((table.groupby("group")["role"].nunique() == 1).all())


def names(cells, tile):
    return cells.map(lambda cell: tile in split_list(cell)).to_numpy(bool)


@given(polygons, imposed, st.sampled_from([0.0, 0.1, 0.5]), st.integers(0, 3))
@settings(max_examples=10, deadline=None)
def test_roles_partition_polygons_and_follow_what_is_imposed(rows, values, holdout, seed):
    table = split_of(frame_of(rows, values), seed, imposed="field", fusion_holdout_ratio=holdout)
    assert one_role_a_group(table)
    reached = table["group"].isin(table.loc[table["pixels"] > 0, "group"])
    assert ((table["role"] != "") == reached).all()
    assert set(table["role"]) <= {"learn", "validation", "test", "fusion_test", ""}
    given_role = table["group_id"].str[1:].astype(int).map(values).fillna("")
    has = reached & (given_role != "")
    same = table["role"] == given_role
    drawn_to_validate = (given_role == "learn") & (table["role"] == "validation")
    assert (same | drawn_to_validate)[has].all()
    said = {value for group, value in values.items() if f"g{group:02}" in set(table["group_id"])}
    for role in ("test", "validation"):
        if role in said:
            assert (given_role[table["role"] == role] == role).all()
    for role, cell in zip(table["role"], table["allowed"], strict=True):
        assert role in split_list(cell) or role == cell


@given(polygons, imposed, st.sampled_from([0.0, 0.2]), st.integers(0, 3))
@settings(max_examples=10, deadline=None)
def test_no_group_stands_on_both_sides_of_any_fold(rows, values, holdout, seed):
    split = split_of(frame_of(rows, values), seed, imposed="field", fusion_holdout_ratio=holdout)
    kept_apart = split["role"] == "fusion_test"
    imposed_test = split["group_id"].str[1:].astype(int).map(values) == "test"
    for tile in GRIDS:
        roles = roles_without(split, tile, seed)
        assert one_role_a_group(roles)
        trains = roles["role"].isin(TRAINING).to_numpy()
        assert not (trains & names(split["footprint_tiles"], tile)).any()
        assert not (trains & (kept_apart | imposed_test)).any()
        assert roles["role"][kept_apart].isin(["fusion_test", ""]).all()
        assert not (roles["repaired"] & kept_apart).any()
        assert roles["split_role"].tolist() == split["role"].tolist()
        for other in set(GRIDS) - {tile}:
            run = validate_on_tile(roles, split["owned_tiles"], other)
            assert one_role_a_group(run)
            assert not ((run["role"] == "learn").to_numpy() & names(split["owned_tiles"], other)).any()
            assert (run["role"].isin(TRAINING).to_numpy() == trains).all()
            assert (run["role"][~trains] == roles["role"][~trains]).all()


@given(polygons, st.integers(0, 3))
@settings(max_examples=10, deadline=None)
def test_counts_of_each_class(rows, seed):
    """One group: learn. Two: learn and test. Three: one each. Four or more: at least one each."""
    table = split_of(frame_of(one_class_a_group(rows), {}), seed)
    groups = table[table["role"] != ""].drop_duplicates("group")
    for _, members in groups.groupby("code"):
        found = members["role"].value_counts().to_dict()
        if len(members) < 4:
            assert found == dict.fromkeys(["learn", "test", "validation"][: len(members)], 1)
        else:
            assert set(found) == {"learn", "validation", "test"}


@given(polygons, st.integers(0, 3))
@settings(max_examples=10, deadline=None)
def test_a_fold_keeps_a_class_that_it_can(rows, seed):
    """Of two groups or more of a class that are left beyond the held-out area one learns and one is test."""
    split = split_of(frame_of(one_class_a_group(rows), {}), seed)
    for tile in GRIDS:
        roles = roles_without(split, tile, seed)
        for _, members in roles[roles["role"] != ""].groupby("code"):
            if members["group"].nunique() >= 2:
                assert {"learn", "test"} <= set(members["role"])


@given(polygons, imposed, st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_changes_nothing(rows, values, random):
    frame = frame_of(rows, values)
    order = list(range(len(frame)))
    random.shuffle(order)
    chosen = {"imposed": "field", "fusion_holdout_ratio": 0.2}
    pd.testing.assert_frame_equal(split_of(frame, **chosen), split_of(frame.iloc[order], **chosen))


@given(polygons, st.integers(0, 44), st.integers(0, 3))
@settings(max_examples=10, deadline=None)
def test_a_group_that_goes_moves_few_others(rows, gone, seed):
    rows = one_class_a_group(rows)
    left = [row for row in rows if row[0] != rows[gone % len(rows)][0]]
    if not left:
        return
    before, after = (
        split_of(frame_of(part, {}), seed).drop_duplicates("group_id").set_index("group_id")
        for part in (rows, left)
    )
    # Where polygons overlap a pixel is the first one's: a group that goes may give pixels, and with them a home tile
    # or a stratum, to others. Groups of classes without any such change keep their roles but for two.
    same = before.loc[after.index, "home_tile"] == after["home_tile"]
    drawn = (before.loc[after.index, "role"] != "") == (after["role"] != "")
    for code, members in after.groupby("code"):
        if (same & drawn)[members.index].all() and code != 1 + rows[gone % len(rows)][0] % 3:
            assert (members["role"] == before.loc[members.index, "role"]).all()
