import numpy as np
import pandas as pd
import pytest

from tilefold.validation.distances import score_distances

CODES = [1, 2, 3]
CRS = "EPSG:32631"
LIMITS = [50, 200, 1000]
RINGS = {"T": [[0.0, 0.0], [0.0, 500.0], [500.0, 500.0], [500.0, 0.0]]}


@pytest.fixture
def world(tmp_path):
    """Tile T is held out; U and V train, polygons 7 and 8 of V do not."""
    rng = np.random.default_rng(4)
    corners = {"T": (0, 0), "U": (450, 0), "V": (0, 1400)}
    indexes, tables = {}, {}
    for tile, (left, bottom) in corners.items():
        size = 300
        tables[tile] = pd.DataFrame(
            {
                "x": left + rng.uniform(0, 500, size),
                "y": bottom + rng.uniform(0, 500, size),
                "polygon": rng.integers(1, 9, size) + {"T": 0, "U": 10, "V": 20}[tile],
            }
        )
        indexes[tile] = tmp_path / f"{tile}.parquet"
        tables[tile].to_parquet(indexes[tile])
    polygons = np.unique(np.concatenate([table["polygon"] for table in tables.values()]))
    roles = pd.DataFrame({"polygon": polygons, "role": "learn", "clipped": False, "fold_value": ""})
    roles.loc[roles["polygon"] < 10, "role"] = ""
    roles.loc[roles["polygon"].isin([11, 21]), "role"] = "validation"
    roles.loc[roles["polygon"].isin([12, 22, 27]), "role"] = "test"
    roles.to_parquet(tmp_path / "roles.parquet")
    held = tables["T"]
    predicted = pd.DataFrame(
        {
            "tile": "T",
            "pool_row": np.arange(len(held)),
            "group": held["polygon"],
            "code": np.where(held["polygon"] % 2, 1, 2),
            "held_out_pixel": True,
            "predicted": rng.choice([0, 1, 2, 3], len(held), p=[0.05, 0.5, 0.4, 0.05]),
        }
    )
    beyond = predicted.assign(tile="U", held_out_pixel=False).head(5)
    pd.concat([beyond, predicted]).to_parquet(tmp_path / "predicted.parquet")
    return tmp_path, indexes, tables, predicted


def run(world, **changes):
    folder, indexes, _, _ = world
    settings = {
        "fold": "without_T",
        "seed": 3,
        "held_out": ["T"],
        "scheme": {"kind": "tiles"},
        "barring": {
            "straddlers": "bar",
            "buffer_m": 0.0,
            "crs": CRS,
            "boundary": "footprint",
            "ownership": {"crs": CRS, "rings": RINGS},
        },
        "training_tiles": ["U", "V"],
        "crs": CRS,
        "distances": LIMITS,
        "codes": CODES,
        "nodata": 0,
        **changes,
    }
    score_distances(
        folder / "predicted.parquet",
        folder / "roles.parquet",
        indexes,
        settings,
        distances=folder / "distances.csv",
    )
    return pd.read_csv(folder / "distances.csv")


def nearest_by_hand(tables, kept):
    """Distance of each pixel of T from the nearest kept pixel of U and V, all pairs."""
    points = pd.concat([tables["U"], tables["V"]])
    points = points[kept(points)]
    dx = tables["T"]["x"].to_numpy()[:, None] - points["x"].to_numpy()
    dy = tables["T"]["y"].to_numpy()[:, None] - points["y"].to_numpy()
    return np.hypot(dx, dy).min(axis=1)


def trains(points):
    return ~points["polygon"].isin([12, 22, 27])


def test_scores_are_those_of_the_pixels_at_that_distance(world):
    _, _, tables, predicted = world
    table = run(world)
    distance = nearest_by_hand(tables, trains)
    assert table["from_m"].tolist() == [0, 50, 200, 1000]
    assert table["to_m"].tolist()[:3] == [50, 200, 1000]
    assert np.isnan(table["to_m"][3])
    assert (table[["fold", "seed"]] == ["without_T", 3]).all(axis=None)
    for row, (low, high) in zip(
        table.itertuples(), [(0, 50), (50, 200), (200, 1000), (1000, np.inf)], strict=True
    ):
        mine = predicted[(distance >= low) & (distance < high)]
        seen = mine[mine["predicted"] != 0]
        assert row.n_pixels == len(seen)
        assert row.n_nodata == len(mine) - len(seen)
        assert row.n_polygons == seen["group"].nunique()
        if len(seen):
            assert row.oa == pytest.approx((seen["code"] == seen["predicted"]).mean())
    assert table["n_pixels"].tolist()[3] == 0
    assert (table["n_pixels"][:3] > 10).all()
    assert np.isnan(table["oa"][3])


def test_of_clipped_polygons_only_pixels_beyond_count(world):
    folder, _, tables, _predicted = world
    roles = pd.read_parquet(folder / "roles.parquet")
    clipped = [13, 14, 15]
    roles.assign(clipped=roles["polygon"].isin(clipped)).to_parquet(folder / "roles.parquet")
    barring = {
        "straddlers": "clip",
        "buffer_m": 40.0,
        "crs": CRS,
        "boundary": "footprint",
        "ownership": {"crs": CRS, "rings": RINGS},
    }
    table = run(world, barring=barring)

    def kept(points):
        return trains(points) & ~(points["polygon"].isin(clipped) & (points["x"] <= 540))

    distance = nearest_by_hand(tables, kept)
    counts = np.histogram(distance, [0, *LIMITS, np.inf])[0]
    assert (table["n_pixels"] + table["n_nodata"]).tolist() == counts.tolist()
    assert counts.tolist() != np.histogram(nearest_by_hand(tables, trains), [0, *LIMITS, np.inf])[0].tolist()


def test_distances_of_a_map_in_degrees_are_metres(world):
    _folder, indexes, tables, _ = world
    from pyproj import Transformer

    metric = run(world)
    transformer = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    for tile, table in tables.items():
        x, y = transformer.transform(table["x"] + 500000, table["y"] + 4800000)
        table.assign(x=x, y=y).to_parquet(indexes[tile])
    degrees = run(world, crs="EPSG:4326")
    # The projection's scale is 0.9996 here: few pixels are near a limit.
    assert (metric["n_pixels"] - degrees["n_pixels"]).abs().max() <= 2


def test_a_fold_without_out_of_area_pixels(world):
    folder, _, _, predicted = world
    predicted.assign(held_out_pixel=False).to_parquet(folder / "predicted.parquet")
    table = run(world)
    assert (table["n_pixels"] == 0).all()
    assert table["oa"].isna().all()
