"""Leaks that VALIDITY's canaries look for, as far as split and selection can make them."""

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tilefold.folds.areas import Cells
from tilefold.folds.database import assemble_samples
from tilefold.ground_truth.cleaning import clean_ground_truth
from tilefold.storage.tables import read_table, write_table

FEATURES = {"scale": 1e-4, "offset": 0.0, "features": ["ndvi"], "aliases": {"red": "B4", "nir": "B8"}}


def test_clips_of_one_original_never_differ_in_role(world):
    """Canary 4: one feature whose parts lie in all tiles, cleaned, split and selected."""
    rng = np.random.default_rng(3)
    centres = rng.integers(0, 100, (40, 1, 2))
    places = 10 * np.clip(centres + rng.integers(-8, 9, (40, 3, 2)), 0, 100) + 5
    multi = [
        shapely.MultiPolygon([shapely.box(x, 1900 - y, x + 45, 1945 - y) for x, y in parts])
        for parts in places
    ]
    source = world.path("source.gpkg")
    geopandas.GeoDataFrame({"code": [1, 2] * 20}, geometry=multi, crs="EPSG:32631").to_file(source)
    clean_ground_truth(
        source,
        {"class_field": "code", "fields": {}, "codes": [1, 2], "crs": "EPSG:32631"},
        reference=world.path("reference.gpkg"),
        rejected=world.path("rejected.gpkg"),
        table=world.path("cleaning.csv"),
    )
    reference = world.path("reference.gpkg")
    split, indexes = world.split(reference), world.indexes(reference)
    table = read_table(split)
    assert (table.groupby("id").size() > 1).sum() > 30
    assert (table.groupby("id")["home_tile"].nunique() > 1).any()
    assert (table.groupby("id")["role"].nunique() == 1).all()
    for tile in "ABCD":
        roles = read_table(world.select(split, indexes, held_out=(tile,))["roles"])
        assert (roles.groupby("group")["role"].nunique() == 1).all()


@pytest.mark.parametrize("buffer_m", [0.0, 60.0])
def test_no_training_pixel_in_the_footprint_or_the_belt(world, buffer_m):
    """Canary 6, and that test polygons of in_area keep away as well."""
    reference = world.write_reference(world.random_rows(150))
    split, indexes = world.split(reference), world.indexes(reference)
    pixels = pd.concat([read_table(path).assign(tile=tile) for tile, path in indexes.items()])
    for tile, grid in world.grids.items():
        paths = world.select(split, indexes, tile, held_out=(tile,), buffer_m=buffer_m)
        roles, selection = read_table(paths["roles"]), read_table(paths["selection"])
        left, bottom, right, top = grid.bounds
        away_x = np.maximum(np.maximum(left - pixels["x"], pixels["x"] - right), 0)
        away_y = np.maximum(np.maximum(bottom - pixels["y"], pixels["y"] - top), 0)
        near = set(pixels["group"][np.hypot(away_x, away_y) <= buffer_m])
        assert near
        in_area = roles[roles["role"] != ""]
        assert not near & set(in_area["group"])
        assert not near & set(selection["group"])
        assert {"learn", "validation", "test"} == set(in_area["role"])
        # Nobody else is barred: what touches neither footprint nor belt stays.
        assert near | set(in_area["group"]) == set(pixels["group"])


@pytest.mark.parametrize("tile", ["A", "D"])
def test_labels_of_the_held_out_tile_change_no_byte_of_selection_and_database(world, tile):
    """Canary 3: labels of T permuted after the split, roles kept."""
    reference = world.write_reference(world.random_rows(150))
    split, indexes = world.split(reference), world.indexes(reference)
    pools = {name: world.path("pools", f"{name}.nc") for name in indexes}
    roles = read_table(world.select(split, indexes, held_out=(tile,))["roles"])
    theirs = roles.loc[roles["held_out"], "polygon"].to_numpy()
    rng = np.random.default_rng(0)
    changed = dict(zip(theirs, rng.permutation(roles.set_index("polygon")["code"][theirs]), strict=True))
    assert any(changed[row.polygon] != row.code for row in roles[roles["held_out"]].itertuples())

    def relabelled(path, name):
        table = read_table(path)
        table["code"] = table["polygon"].map(changed).fillna(table["code"]).astype("int32")
        write_table(world.path("other", name), table)
        return world.path("other", name)

    other_split = relabelled(split, "split.parquet")
    other_indexes = {name: relabelled(path, f"{name}.parquet") for name, path in indexes.items()}

    def run(split, indexes, folder):
        chosen = world.select(split, indexes, folder, held_out=(tile,))["selection"]
        kept = [name for name in indexes if name != tile]
        inputs = {
            "s2": {
                "kind": "series",
                "bands": ["B4", "B8"],
                "dates": ["2018-01-01", "2018-01-11", "2018-01-21"],
            }
            | FEATURES,
            "dem": {"kind": "static", "bands": 1},
        }
        samples, statistics = world.path(folder, "samples.nc"), world.path(folder, "statistics.json")
        assemble_samples(
            {name: pools[name] for name in kept},
            chosen,
            {"fold": "f", "seed": 0, "region": "all", "inputs": inputs, "codes": [1, 2, 3, 4]},
            samples=samples,
            statistics=statistics,
        )
        return [path.read_bytes() for path in (chosen, samples, statistics)]

    assert run(split, indexes, "one") == run(other_split, other_indexes, "two")


@given(st.integers(0, 10**6))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_features_changes_no_byte(world, seed):
    """Cleaning, split, pools and selection of one reference, its features in any order."""
    rng = np.random.default_rng(seed)
    places = 10 * np.random.default_rng(1).integers(0, 100, (60, 2)) + 5
    boxes = [shapely.box(x, 1900 - y, x + 45, 1945 - y) for x, y in places]
    frame = geopandas.GeoDataFrame({"code": np.arange(60) % 4 + 1}, geometry=boxes, crs="EPSG:32631")

    def run(folder, order):
        source = world.path(folder, "source.gpkg")
        source.parent.mkdir(exist_ok=True)
        frame.iloc[order].to_file(source)
        reference = world.path(folder, "reference.gpkg")
        clean_ground_truth(
            source,
            {"class_field": "code", "fields": {}, "codes": [1, 2, 3, 4], "crs": "EPSG:32631"},
            reference=reference,
            rejected=world.path(folder, "rejected.gpkg"),
            table=world.path(folder, "cleaning.csv"),
        )
        split = world.split(reference, name=f"{folder}/split.parquet")
        paths = world.select(split, world.indexes(reference, folder=f"{folder}/pools"), f"{folder}/run")
        found = [reference, split, *sorted(world.path(folder, "pools").iterdir()), *paths.values()]
        return [path.read_bytes() for path in found]

    assert run("one", np.arange(60)) == run("two", rng.permutation(60))


def fold_of_scheme(world, kind, seed, buffer_m, straddlers):
    """A fold of the scheme: what it holds out by hand, its selection, roles, all pixels with what is near."""
    reference = world.write_reference(world.random_rows(150, seed=seed))
    split, indexes = world.split(reference), world.indexes(reference)
    pixels = pd.concat([read_table(path).assign(tile=tile) for tile, path in indexes.items()])
    pixels = pixels.assign(pool_row=pixels.groupby("tile").cumcount())
    keys = dict(zip(*(read_table(split)[name] for name in ("polygon", "id")), strict=True))
    x, y = pixels["x"].to_numpy(), pixels["y"].to_numpy()
    blocks = None
    if kind == "blocks":
        blocks = world.blocks(reference)
        frame = geopandas.read_file(blocks)
        squares = frame.geometry[frame["fold"] == 2].bounds.to_numpy()
        held = np.zeros(len(pixels), bool)
        away = np.full(len(pixels), np.inf)
        for left, bottom, right, top in squares:
            held |= (x >= left) & (x < right) & (y >= bottom) & (y < top)
            dx = np.maximum(np.maximum(left - x, x - right), 0)
            dy = np.maximum(np.maximum(bottom - y, y - top), 0)
            away = np.minimum(away, np.hypot(dx, dy))
        cells = ("2",)
    elif kind == "field":
        held = pixels["polygon"].map(keys).map(world.value_of).eq("north").to_numpy()
        points = np.column_stack((x, y))
        away = np.array([np.hypot(*(points[held] - point).T).min() for point in points])
        cells = ("north",)
    else:
        held, cells = (pixels["tile"] == "B").to_numpy(), ("B",)
        region = world.ownership.region("B")
        away = shapely.distance(region, shapely.points(x, y))
    near = held | ((away <= buffer_m) & (buffer_m > 0))
    tiles = list(world.grids) if kind != "tiles" else ["A", "C", "D"]
    paths = world.select(
        split,
        indexes,
        f"{kind}_{seed}_{buffer_m}_{straddlers}",
        blocks=blocks,
        held_out=cells,
        kind=kind,
        boundary="owned",
        buffer_m=buffer_m,
        straddlers=straddlers,
        training_tiles=tiles,
        strategy={"name": "all"},
    )
    return (
        pixels.assign(held=held, near=near),
        read_table(paths["selection"]),
        read_table(paths["roles"]),
        paths,
    )


@pytest.mark.parametrize("kind", ["tiles", "blocks", "field"])
@given(
    seed=st.integers(0, 50),
    buffer_m=st.sampled_from([0.0, 15.0, 60.0]),
    straddlers=st.sampled_from(["bar", "clip"]),
)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_training_pixel_in_the_area_or_the_belt_of_any_scheme(world, kind, seed, buffer_m, straddlers):
    """Canary 6 in general; canary 4 and in_area with clipping; what is lost adds up."""
    pixels, selection, roles, paths = fold_of_scheme(world, kind, seed, buffer_m, straddlers)
    keys = ["tile", "pool_row"]
    trained = selection.merge(pixels[[*keys, "near", "held"]], on=keys, how="left")
    assert len(trained)
    assert not trained["near"].any()
    assert (roles.groupby("group")["role"].nunique() == 1).all()
    meeting = set(pixels.loc[pixels["near"], "group"])
    tested = roles[roles["role"] == "test"]
    assert not meeting & set(tested["group"])
    # Nothing is lost without need: what may train trains, but for never clear pixels.
    may = roles["role"].isin(["learn", "validation"])
    kept = pixels[pixels["polygon"].isin(roles.loc[may, "polygon"]) & ~pixels["near"]]
    assert len(selection) == (kept["clear_dates"] > 0).sum()
    expected = roles["split_role"].isin(["learn", "validation"]) & ~roles["repaired"]
    unmet = ~roles["group"].isin(meeting)
    assert may[expected & unmet].all()
    if straddlers == "bar":
        assert not meeting & set(roles.loc[may, "group"])
    elif kind != "field":
        left = set(pixels.loc[~pixels["near"], "group"])
        clipped = expected & roles["group"].isin(meeting & left)
        assert may[clipped].all()
        assert (roles["clipped"] == clipped).all()
    lost = pd.read_csv(paths["barred"])
    given_away = pixels[pixels["polygon"].isin(roles.loc[expected | roles["repaired"], "polygon"])]
    given_away = given_away[given_away["polygon"].isin(roles.loc[roles["split_role"] != "test", "polygon"])]
    gone = ~given_away["polygon"].isin(roles.loc[~roles["barred"], "polygon"]) | given_away["near"]
    assert lost["pixels"].sum() == gone.sum()
    assert lost.loc[lost["reason"] == "held_out", "pixels"].sum() == given_away["held"].sum()


def test_every_pixel_is_out_of_area_in_one_block_fold_and_in_one_field_fold_at_most(world):
    reference = world.write_reference(world.random_rows(150))
    split, indexes = world.split(reference), world.indexes(reference)
    blocks = world.blocks(reference)
    polygons = read_table(split)
    values = polygons.set_index("polygon")["fold_value"]
    for tile, path in indexes.items():
        index = read_table(path)
        for kind, cells, scheme in (
            ("blocks", "1234", {"kind": "blocks", "crs": "EPSG:32631", "size_m": 150.0}),
            ("field", ["north", "south", "east", "west"], {"kind": "field"}),
        ):
            made = Cells.of_scheme(scheme, polygons, blocks)
            folds = np.array([made.of_some([cell], tile, index) for cell in cells])
            named = np.array([made.of_pixels(tile, index) == cell for cell in cells])
            np.testing.assert_array_equal(folds, named)
            expected = 1 if kind == "blocks" else (values[index["polygon"]] != "").to_numpy()
            np.testing.assert_array_equal(folds.sum(axis=0), np.broadcast_to(expected, len(index)))
