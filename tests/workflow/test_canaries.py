"""Effects that must not be there, and one that must: tests of what the numbers say, not of how they are made."""

import geopandas
import numpy as np
import pandas as pd
import pytest
from engine import merged, run, workspace

from tilefold.folds.database import assemble_samples
from tilefold.plan.plan import Plan
from tilefold.plan.settings import rule_settings
from tilefold.sampling.selection import select_samples
from tilefold.simulation.dials import Dials
from tilefold.simulation.scene import simulate_scene
from tilefold.storage.tables import split_list
from tilefold.storage.whole import read_json

HELD_OUT = "T31TCJ"


def test_canary_3_labels_of_the_held_out_tile_do_not_reach_its_fold(finished, tmp_path):
    """Labels of polygons in the held-out footprint permuted after the split: same selection and database."""
    results = finished / "results"
    # Dry runs of other tests leave plans of their own.
    snapshot = min((results / "plan").glob("*.json"), key=lambda path: path.stat().st_mtime)
    plan = Plan.from_dict(read_json(snapshot))
    run_folder = results / "runs" / f"without_{HELD_OUT}" / "seed_0"
    split = pd.read_parquet(results / "split" / "seed_0.parquet")
    inside = split["footprint_tiles"].map(lambda cell: HELD_OUT in split_list(cell))
    permuted = split.assign(code=split["code"].where(~inside, np.roll(split["code"], 1)))
    assert (permuted["code"] != split["code"]).sum() > 5
    permuted.to_parquet(tmp_path / "split.parquet", index=False)
    new_codes = dict(zip(permuted["polygon"], permuted["code"], strict=True))
    tiles = plan.run(f"without_{HELD_OUT}", 0).training_tiles
    indexes = {tile: tmp_path / f"{tile}_index.parquet" for tile in tiles}
    for path in indexes.values():
        index = pd.read_parquet(results / "pools" / path.name)
        index.assign(code=index["polygon"].map(new_codes).astype(np.int32)).to_parquet(path, index=False)
    wildcards = {"fold": f"without_{HELD_OUT}", "seed": "0"}
    settings = rule_settings(plan, "select_samples", wildcards)
    outputs = {name: tmp_path / f"{name}.parquet" for name in ("selection", "roles")}
    tables = {name: tmp_path / f"{name}.csv" for name in ("rates", "samples", "barred")}
    select_samples(tmp_path / "split.parquet", indexes, settings, **outputs, **tables)
    assemble_samples(
        {tile: results / "pools" / f"{tile}.nc" for tile in tiles},
        outputs["selection"],
        rule_settings(plan, "assemble_samples", {**wildcards, "region": "all"}),
        samples=tmp_path / "samples.nc",
        statistics=tmp_path / "statistics.json",
    )
    for path in (outputs["selection"], tables["rates"]):
        assert path.read_bytes() == (run_folder / path.name).read_bytes()
    for name in ("samples.nc", "statistics.json"):
        assert (tmp_path / name).read_bytes() == (run_folder / "region_all" / name).read_bytes()


@pytest.fixture(scope="module")
def larger():
    """Changes to the content that give the networks enough to learn."""
    return {
        "tiles": {"train": None, "map": None},
        "calendar": {"step": 15},
        "folds": {"scheme": "leave_one_tile_out"},
        "selection": {"count": 2000},
        "training": {
            "epochs": 40,
            "hyperparameters_solver": {"batch_size": [128], "learning_rate": [0.001]},
        },
    }


def summaries(folder, scene, content, changes):
    folder.mkdir()
    run(folder, workspace(folder, scene, merged(content, changes)), "validation")
    summary = folder / "results" / "summary"
    return pd.read_csv(summary / "folds.csv"), pd.read_csv(summary / "gaps.csv")


def assert_no_better_than_the_majority(folder, folds):
    """OA of each run is within the interval of the share of the commonest class among test polygons."""
    for row in folds[folds["side"].isin(["in_area", "out_of_area"])].to_dict("records"):
        pixels = pd.read_parquet(folder / "results" / "runs" / row["fold"] / "seed_0" / "predicted.parquet")
        side = pixels[pixels["held_out_pixel"] if row["side"] == "out_of_area" else ~pixels["held_out_pixel"]]
        by_polygon = side.groupby("group").agg(code=("code", "first"), pixels=("code", "size"))
        shares = by_polygon.groupby("code")["pixels"].sum() / len(side)
        weights = by_polygon["pixels"] / len(side)
        deviation = np.sqrt((weights**2).sum() * shares.max() * (1 - shares.max()))
        assert row["oa"] <= shares.max() + 2.5 * deviation, row


@pytest.mark.slow
def test_canary_1_permuted_classes_cannot_be_learnt(tmp_path, content, larger):
    scene = tmp_path / "scene"
    simulate_scene(scene, Dials(size=128, acquisitions=20))
    path = scene / "reference.gpkg"
    features = geopandas.read_file(path)
    centres = features.geometry.representative_point()
    known = centres.notna() & ~centres.is_empty
    west = known & (centres.x < centres.x.median())
    north = known & (centres.y < centres.y.median())
    random = np.random.default_rng(0)
    for corner in (west & north, west & ~north, ~west & north & known, ~west & ~north & known):
        features.loc[corner, "code"] = random.permutation(features.loc[corner, "code"])
    path.unlink()
    features.to_file(path, driver="GPKG")
    folds, _ = summaries(tmp_path / "run", scene, content, larger)
    assert_no_better_than_the_majority(tmp_path / "run", folds)


@pytest.mark.slow
def test_canary_2_parcels_with_a_fingerprint_but_random_classes_cannot_be_learnt(tmp_path, content, larger):
    scene = tmp_path / "scene"
    simulate_scene(scene, Dials(size=128, acquisitions=20, class_effect=0.0, parcel_effect=0.9))
    folds, _ = summaries(tmp_path / "run", scene, content, larger)
    assert_no_better_than_the_majority(tmp_path / "run", folds)


@pytest.mark.slow
def test_canary_5_the_gap_is_nothing_without_shift_and_grows_with_it(tmp_path, content, larger):
    gaps = {}
    for name, dials in {
        "none": Dials(shift=0.0, spatial_effect=0.0),
        "shift 0": Dials(shift=0.0),
        "shift 1": Dials(shift=1.0),
        "shift 2": Dials(shift=2.0),
    }.items():
        scene = tmp_path / f"scene {name}"
        simulate_scene(scene, dials)
        _, gaps[name] = summaries(tmp_path / name, scene, content, larger)
        print(name, gaps[name][["fold", "gap", "low", "high"]].to_string())  # noqa: T201
    none = gaps["none"]
    assert ((none["low"] <= 0) & (none["high"] >= 0)).sum() >= 3
    means = [gaps[name]["gap"].mean() for name in ("shift 0", "shift 1", "shift 2")]
    assert means[0] < means[1] < means[2]
