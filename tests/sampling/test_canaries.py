"""Leaks that VALIDITY's canaries look for, as far as split and selection can make them."""

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
            {name: indexes[name] for name in kept},
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
