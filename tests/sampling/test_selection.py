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


def with_classes(codes, count):
    limits = {"min": [None] * len(codes), "max": [None] * len(codes)}
    return {"codes": codes, "limits": limits, "strategy": {"name": "constant", "count": count}}


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
    described = ["tile", "pool_row", "polygon", "group", "code", "role", "region", "x", "y", "clear_dates"]
    assert selection.columns.tolist() == described
    assert set(selection["region"]) == {"all"}
    for name in selection.columns.drop("region"):
        np.testing.assert_array_equal(selection[name], expected[name])
    assert {"learn", "validation"} == set(selection["role"])
    dtypes = selection[["pool_row", "polygon", "group", "code"]].dtypes.astype(str).tolist()
    assert dtypes == ["int64", "int32", "int32", "int32"]


def test_rates(prepared):
    world, _, split, indexes = prepared
    paths = world.select(split, indexes, **with_classes([1, 2, 3, 4, 9], count=300))
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
    paths = world.select(split, indexes, strategy={"name": "all"}, sampler=None)
    assert len(read_table(paths["selection"])) == len(candidates(indexes, read_table(paths["roles"])))
    rates = pd.read_csv(paths["rates"])
    assert (rates["required"] == rates["available"]).all()
    assert (rates["rate"] == 1).all()


def test_roles_of_the_run(prepared):
    world, _, split, indexes = prepared
    everywhere = read_table(world.select(split, indexes)["roles"])
    columns = ["polygon", "group", "code", "region", "home_tile", "fold_value", "split_role", "role"]
    assert everywhere.columns.tolist() == [*columns, "held_out", "barred", "clipped", "repaired"]
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


@pytest.mark.parametrize("sampler", [{"name": "random"}, {"name": "periodic", "offset": 0, "jitter": 5}])
@pytest.mark.parametrize("quota", ["none", "proportional", "equal"])
def test_each_class_gets_its_number_and_each_tile_its_quota(prepared, sampler, quota):
    world, _, split, indexes = prepared
    paths = world.select(split, indexes, sampler=sampler, quota=quota)
    picked = read_table(paths["selection"])
    table = candidates(indexes, read_table(paths["roles"]))
    keys = ["tile", "pool_row"]
    assert not picked.duplicated(keys).any()
    assert len(picked.merge(table, on=keys)) == len(picked) == 200
    assert picked[keys].equals(picked[keys].sort_values(keys, ignore_index=True))
    assert picked.groupby("code").size().tolist() == [50] * 4
    found = picked.groupby(["code", "tile"]).size().unstack()
    has = table.groupby(["code", "tile"]).size().unstack()
    if quota == "proportional":
        assert (abs(found - 50 * has.div(has.sum(axis=1), axis=0)) < 1).all(axis=None)
    if quota == "equal":
        assert (has > 13).all(axis=None)
        assert (found.max(axis=1) - found.min(axis=1) <= 1).all()


def test_with_quotas_each_tile_is_a_list_of_its_own(prepared):
    world, _, split, indexes = prepared
    paths = world.select(split, indexes, quota="proportional")
    picked = read_table(paths["selection"])
    table = candidates(indexes, read_table(paths["roles"]))
    for key, members in table.groupby(["tile", "code"]):
        mine = picked[(picked["tile"] == key[0]) & (picked["code"] == key[1])]
        expected = members.iloc[walk(len(members), len(mine))]
        assert mine["pool_row"].tolist() == expected["pool_row"].tolist()


def test_random_picks_depend_on_seed_class_and_tile_not_on_each_other(prepared):
    world, _, split, indexes = prepared

    def picks(folder, tiles="ABCD", **changes):
        changes = {"sampler": {"name": "random"}, "training_tiles": list(tiles), **changes}
        return read_table(
            world.select(split, {tile: indexes[tile] for tile in tiles}, folder, **changes)["selection"]
        )

    first = picks("one", quota="equal")
    # Another number for one class changes no pick of the others.
    fewer = picks("two", quota="equal", limits={"min": [None] * 4, "max": [None, 20, None, None]})
    others = [table[table["code"] != 2].reset_index(drop=True) for table in (first, fewer)]
    assert others[0].equals(others[1])
    assert picks("three", "DCBA", quota="equal").equals(first)
    other = picks("four", quota="equal", seed=1)
    assert not other["pool_row"].equals(first["pool_row"])


@pytest.mark.parametrize("sampler", [{"name": "random"}, {"name": "periodic", "offset": 0, "jitter": 5}])
def test_picks_do_not_depend_on_blocks(world, monkeypatch, sampler):
    reference = world.write_reference(world.random_rows())
    split = world.split(reference)
    picked = []
    for size in (256, 16):
        monkeypatch.setattr("tilefold.sampling.pools.BLOCK", size)
        indexes = world.indexes(reference, folder=f"pools_{size}")
        picked.append(world.select(split, indexes, str(size), sampler=sampler)["selection"].read_bytes())
    assert picked[0] == picked[1]


def test_limits_and_prevalence_reach_the_table_of_rates(prepared):
    world, _, split, indexes = prepared
    limits = {"min": [None] * 4, "max": [None, None, 7, None]}
    paths = world.select(split, indexes, prevalence="reference", limits=limits)
    rates = pd.read_csv(paths["rates"])
    shares = np.floor(200 * rates["available"] / rates["available"].sum() + 0.5)
    expected = shares.where(rates["code"] != 3, 7)
    assert rates["required"].tolist() == rates["taken"].tolist() == expected.tolist()


@pytest.mark.parametrize(("held_out", "quota"), [((), "none"), (("B",), "equal")])
def test_samples_by_tile_and_role(prepared, held_out, quota):
    world, _, split, indexes = prepared
    paths = world.select(split, indexes, held_out=held_out, quota=quota, min_clear_dates=2)
    kept = {tile: path for tile, path in indexes.items() if tile not in held_out}
    roles, picked = read_table(paths["roles"]), read_table(paths["selection"])
    everything = pd.concat([read_table(path).assign(tile=tile) for tile, path in indexes.items()])
    everything = everything.drop(columns=["code", "group"]).merge(roles, on="polygon")
    table = candidates(kept, roles, 2)
    samples = pd.read_csv(paths["samples"])
    assert list(samples[["tile", "code"]].itertuples(index=False, name=None)) == [
        (tile, code) for tile in "ABCD" for code in (1, 2, 3, 4)
    ]
    for row in samples.to_dict("records"):

        def mine(pixels, row=row):
            return pixels[(pixels["tile"] == row["tile"]) & (pixels["code"] == row["code"])]

        for role in ("learn", "validation"):
            found = mine(table[table["role"] == role])
            assert row[f"{role}_available"] == len(found)
            assert row[f"{role}_polygons"] == found["group"].nunique()
            assert row[f"{role}_taken"] == len(mine(picked[picked["role"] == role]))
        tested = mine(everything)
        if row["tile"] not in held_out:
            tested = tested[tested["role"] == "test"]
        side, other = ("held_out", "test") if row["tile"] in held_out else ("test", "held_out")
        assert (row[f"{side}_polygons"], row[f"{side}_pixels"]) == (tested["group"].nunique(), len(tested))
        assert (row[f"{other}_polygons"], row[f"{other}_pixels"]) == (0, 0)
        if quota == "none":
            assert np.isnan(row["wanted"])
        else:
            assert row["wanted"] == row["learn_taken"] + row["validation_taken"]
    assert samples["learn_taken"].sum() + samples["validation_taken"].sum() == len(picked)


def test_samples_list_classes_that_are_absent(prepared):
    world, _, split, indexes = prepared
    samples = pd.read_csv(world.select(split, indexes, **with_classes([1, 2, 3, 4, 9], count=5))["samples"])
    absent = samples[samples["code"] == 9]
    assert absent["tile"].tolist() == ["A", "B", "C", "D"]
    assert (absent.drop(columns=["region", "tile", "code", "wanted"]) == 0).all(axis=None)
