"""Distances to the nearest samples, against brute force."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring
from tilefold.validation.neighbours import PLACES, map_places, measure_neighbours, nearest, nearest_others

GRIDS = {
    tile: Grid("EPSG:32631", (10.0, 0.0, 500000.0 + east, 0.0, -10.0, 4900000.0), 100, 100)
    for tile, east in (("A", 0), ("B", 800))
}
OWNERSHIP = Ownership("EPSG:32631", {tile: footprint_ring(grid, grid.crs) for tile, grid in GRIDS.items()})
PLAN = {"grids": {t: grid.to_dict() for t, grid in GRIDS.items()}, "ownership": OWNERSHIP.to_dict()}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Six polygons of three pixels in each tile; the last of each tests."""
    folder, rng = tmp_path_factory.mktemp("world"), np.random.default_rng(5)
    tables, indexes = {}, {}
    for number, tile in enumerate(GRIDS):
        polygon = np.repeat(np.arange(6), 3) + 6 * number
        x, y = 500000.0 + 900 * number + rng.uniform(0, 900, 18), 4899000.0 + rng.uniform(0, 900, 18)
        tables[tile] = pd.DataFrame({"polygon": polygon, "x": x, "y": y})
        indexes[tile] = folder / f"{tile}.parquet"
        tables[tile].to_parquet(indexes[tile])
    roles = {}
    for fold, out in (("all", []), ("without_A", range(6))):
        table = pd.DataFrame({"polygon": np.arange(12), "role": "learn"})
        table.loc[table["polygon"] % 6 == 4, "role"] = "validation"
        table.loc[table["polygon"] % 6 == 5, "role"] = "test"
        table.loc[table["polygon"].isin(out), "role"] = ""
        roles[fold] = folder / f"{fold}.parquet"
        table.to_parquet(roles[fold])
    held_out = pd.DataFrame({"tile": "A", "pool_row": np.arange(18), "polygon": tables["A"]["polygon"]})
    beyond = pd.DataFrame({"tile": "B", "pool_row": [15, 16, 17], "polygon": 11})
    predicted = pd.concat([held_out.assign(held_out_pixel=True), beyond.assign(held_out_pixel=False)])
    predicted.to_parquet(folder / "predicted.parquet")
    settings = {"seed": 3, "training_tiles": {"all": ["A", "B"], "without_A": ["B"]}, **PLAN}
    measure_neighbours(
        roles, {"without_A": folder / "predicted.parquet"}, indexes, settings, neighbours=folder / "n.csv"
    )
    means = pd.concat(tables.values()).groupby("polygon")[["x", "y"]].mean()
    return pd.read_csv(folder / "n.csv"), means, settings


def distribution(table, kind, fold=None):
    rows = table[(table["kind"] == kind) & (table["fold"].isna() if fold is None else table["fold"] == fold)]
    return rows["n"].iloc[0], rows.set_index("share")["distance_m"]


def test_samples_and_folds_by_brute_force(world):
    table, means, _ = world
    training = means[means.index % 6 < 5]
    distances = cdist(training, training)
    np.fill_diagonal(distances, np.inf)
    n, found = distribution(table, "samples")
    expected = np.sort(distances.min(axis=1))
    assert n == 10
    np.testing.assert_allclose(found[[0.0, 0.5, 1.0]], expected[[0, 4, 9]], atol=0.006)
    in_b = training[training.index >= 6]
    expected = np.sort(cdist(means[means.index < 6], in_b).min(axis=1))
    for fold in (None, "without_A"):
        n, found = distribution(table, "folds", fold)
        assert n == 6
        np.testing.assert_allclose(found[[0.0, 0.5, 1.0]], expected[[0, 2, 5]], atol=0.006)


def test_places_of_the_map_are_owned_and_measured_to_all_samples(world):
    table, means, settings = world
    places = map_places(settings)
    # The tiles overlap by a fifth of their width, of which each owns one half.
    assert len(places) == pytest.approx(0.9 * PLACES, rel=0.03)
    east = places[:, 0] - 500000
    assert (east.min(), east.max()) == (pytest.approx(5, abs=11), pytest.approx(1795, abs=11))
    assert np.unique(places % 10).tolist() == [5.0]
    assert (east < 900).mean() == pytest.approx(0.5, abs=0.03)
    expected = np.quantile(cdist(places, means[means.index % 6 < 5]).min(axis=1), 0.5)
    assert distribution(table, "map")[1][0.5] == pytest.approx(expected, abs=1)


def test_distances_of_nothing_are_none():
    nothing, two = np.empty((0, 2)), np.array([[0.0, 0], [3, 4]])
    assert len(nearest(nothing, two)) == len(nearest(two, nothing)) == len(nearest_others(two[:1])) == 0
    assert nearest_others(two).tolist() == [5, 5]
