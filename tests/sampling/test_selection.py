import numpy as np
import pandas as pd
import pytest

from tilefold.sampling.selection import SelectionError
from tilefold.storage.tables import read_table


@pytest.fixture
def prepared(world):
    reference = world.write_reference(world.random_rows())
    return world, reference, world.split(reference), world.indexes(reference)


def candidates(indexes, roles, least=1):
    """Pixels that may be picked, in the order tile, polygon, row, column, made with plain joins."""
    tables = []
    for tile in sorted(indexes):
        index = read_table(indexes[tile])
        tables.append(index.assign(tile=tile, pool_row=range(len(index))))
    table = pd.concat(tables).merge(roles[["polygon", "role"]], on="polygon")
    table = table[table["role"].isin(["learn", "validation"]) & (table["clear_dates"] >= least)]
    return table.sort_values(["tile", "polygon", "row", "col"], ignore_index=True)


def walk(available, required):
    rate, kept, picked = required / available, 0, []
    for seen in range(1, available + 1):
        if kept < seen * rate:
            picked.append(seen - 1)
            kept += 1
    return picked


@pytest.mark.parametrize(("held_out", "least"), [((), 1), (("B",), 2)])
def test_picks_are_periodic_by_class_over_all_tiles(prepared, held_out, least):
    world, _, split, indexes = prepared
    paths = world.select(split, indexes, held_out=held_out, min_clear_dates=least)
    kept = {tile: path for tile, path in indexes.items() if tile not in held_out}
    table = candidates(kept, read_table(paths["roles"]), least)
    chosen = [
        members.index[walk(len(members), 50)] for _, members in table.groupby("code") if len(members) > 50
    ]
    assert len(chosen) == 4
    expected = table.loc[np.sort(np.concatenate(chosen))]
    selection = read_table(paths["selection"])
    assert selection.columns.tolist() == ["tile", "pool_row", "polygon", "group", "code", "role", "region"]
    assert set(selection["region"]) == {"all"}
    for name in selection.columns[:-1]:
        np.testing.assert_array_equal(selection[name], expected[name])
    assert {"learn", "validation"} == set(selection["role"])
    dtypes = selection[["pool_row", "polygon", "group", "code"]].dtypes.astype(str).tolist()
    assert dtypes == ["int64", "int32", "int32", "int32"]


def test_rates(prepared):
    world, _, split, indexes = prepared
    paths = world.select(split, indexes, codes=[1, 2, 3, 4, 9], count=300)
    table = candidates(indexes, read_table(paths["roles"]))
    rates = pd.read_csv(paths["rates"])
    assert rates["code"].tolist() == [1, 2, 3, 4, 9]
    assert rates.iloc[4, 2:].tolist() == [0, 0, 0, 0, 0, 0, 0]
    picked = read_table(paths["selection"])
    for row in rates.iloc[:4].itertuples():
        mine = table[table["code"] == row.code]
        assert row.available == len(mine)
        assert row.polygons == mine["group"].nunique()
        assert row.required == 300
        assert row.taken == min(300, len(mine)) == row.learn + row.validation
        assert row.rate == pytest.approx(min(1, 300 / len(mine)))
        assert row.learn == ((picked["code"] == row.code) & (picked["role"] == "learn")).sum()


def test_strategy_all(prepared):
    world, _, split, indexes = prepared
    paths = world.select(split, indexes, strategy="all", count=None, sampler=None)
    assert len(read_table(paths["selection"])) == len(candidates(indexes, read_table(paths["roles"])))
    rates = pd.read_csv(paths["rates"])
    assert (rates["required"] == rates["available"]).all()
    assert (rates["rate"] == 1).all()


def test_roles_of_the_run(prepared):
    world, _, split, indexes = prepared
    everywhere = read_table(world.select(split, indexes)["roles"])
    columns = ["polygon", "group", "code", "region", "home_tile", "split_role", "role"]
    assert everywhere.columns.tolist() == [*columns, "held_out", "barred", "repaired"]
    assert (everywhere["role"] == everywhere["split_role"]).all()
    without = read_table(world.select(split, indexes, "other", held_out=("A",))["roles"])
    assert (without["split_role"] == everywhere["role"]).all()
    assert without["barred"].any()
    assert ((without["role"] == "") >= without["barred"]).all()


def test_barred_table_counts_what_training_lost(prepared):
    world, _, split, indexes = prepared
    paths = world.select(split, indexes, held_out=("A",))
    roles, barred = read_table(paths["roles"]), pd.read_csv(paths["barred"])
    lost = roles[roles["barred"] & roles["split_role"].isin(["learn", "validation"])]["polygon"]
    for reason, tiles in (("held_out", "A"), ("barred", "BCD")):
        pixels = pd.concat([read_table(indexes[tile]) for tile in tiles])
        expected = pixels[pixels["polygon"].isin(lost)].groupby("code")["polygon"].agg(["nunique", "size"])
        found = barred[barred["reason"] == reason].set_index("code")
        assert found["pixels"].to_dict() == expected["size"].to_dict()
        assert found["polygons"].to_dict() == expected["nunique"].to_dict()
        assert found["hectares"].tolist() == pytest.approx((expected["size"] / 100).tolist())


def test_fold_all_loses_nothing(prepared):
    world, _, split, indexes = prepared
    barred = pd.read_csv(world.select(split, indexes)["barred"])
    assert barred.empty
    assert barred.columns.tolist() == ["code", "reason", "polygons", "pixels", "hectares"]


def test_nothing_to_learn_from(world):
    rows = [("a", 1, (5, 5, 3, 3)), ("b", 1, (80, 80, 3, 3))]
    reference = world.write_reference(rows)
    split, indexes = world.split(reference), world.indexes(reference)
    roles = read_table(split).set_index("id")["role"]
    tile = "D" if roles["b"] == "learn" else "A"
    with pytest.raises(SelectionError, match=rf"without_{tile}, seed 0: no pixel of a learn polygon"):
        world.select(split, indexes, held_out=(tile,))


def test_same_bytes_whatever_the_order_of_the_tiles(prepared):
    world, _, split, indexes = prepared
    first = world.select(split, indexes, "one", held_out=("C",))
    second = world.select(split, dict(reversed(indexes.items())), "two", held_out=("C",))
    for name in first:
        assert first[name].read_bytes() == second[name].read_bytes()


def test_another_seed_of_the_split_gives_another_selection(prepared):
    world, reference, split, indexes = prepared
    other = world.split(reference, seed=1, name="other.parquet")
    first = read_table(world.select(split, indexes, "one")["selection"])
    second = read_table(world.select(other, indexes, "two", seed=1)["selection"])
    assert set(first["polygon"]) != set(second["polygon"])
