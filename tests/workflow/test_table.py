"""A table of samples through the whole chain, with folds by one of its columns."""

import numpy as np
import pandas as pd
import pytest
from engine import planned, run, write_config
from sklearn.metrics import accuracy_score

from tilefold.storage.tables import read_table

SITES = ["East", "North", "South", "West"]
DATES = [f"2018{month:02}15" for month in range(1, 13)]
CLASSES = {"wheat": (0.3, 0.0), "grass": (0.15, 1.5), "bare": (0.05, 3.0)}


def samples():
    """Series of three classes at four sites, 20 fields of 6 samples each; some values are missing."""
    rng, time = np.random.default_rng(0), np.arange(12) / 12 * 2 * np.pi
    rows = []
    for place, site in enumerate(SITES):
        for crop, (height, delay) in CLASSES.items():
            for field in range(20):
                level = rng.normal(0, 0.03)
                x, y = 10_000 * place + rng.uniform(0, 5000), rng.uniform(0, 5000)
                for _ in range(6):
                    phase = time + delay + 0.1 * place
                    red = 0.1 + 0.05 * np.cos(phase) + level + rng.normal(0, 0.02, 12)
                    nir = 0.3 + height * np.sin(phase) + level + rng.normal(0, 0.02, 12)
                    row = {"crop": crop, "field": f"{site}{crop}{field}", "site": site}
                    row |= {"x": x + rng.uniform(0, 50), "y": y + rng.uniform(0, 50)}
                    row |= {f"B4_{date}": value for date, value in zip(DATES, red, strict=True)}
                    rows.append(row | {f"B8_{date}": value for date, value in zip(DATES, nir, strict=True)})
    table = pd.DataFrame(rows)
    table.loc[::37, f"B8_{DATES[3]}"] = np.nan
    return table


@pytest.fixture(scope="module")
def tabled(tmp_path_factory):
    """A folder with a finished run, and its config."""
    folder = tmp_path_factory.mktemp("tabled")
    samples().to_csv(folder / "samples.csv", index=False)
    content = {
        "results": "results",
        "samples": {
            "inputs": {
                "s2": {"bands": ["B4", "B8"], "values": "physical", "aliases": {"red": "B4", "nir": "B8"}}
            },
            "x": "x",
            "y": "y",
            "crs": "EPSG:32631",
        },
        "features": {"s2": ["ndvi"]},
        "reference": {
            "path": "samples.csv",
            "class_field": "crop",
            "id_field": "field",
            "nomenclature": [{"code": code, "label": name} for code, name in enumerate(CLASSES, start=1)],
        },
        "folds": {"scheme": "field", "field": "site", "values": SITES[:2], "buffer_m": 100},
        "training": {
            "epochs": 8,
            "hyperparameters_solver": {"batch_size": [64], "learning_rate": [0.01]},
        },
    }
    run(folder, write_config(folder / "config.yaml", content))
    return folder, content


def test_scores_are_those_of_the_predicted_samples(tabled):
    folder, _ = tabled
    table = pd.read_csv(folder / "results" / "summary" / "folds.csv")
    for site in SITES[:2]:
        path = folder / "results" / "runs" / f"without_{site}" / "seed_0" / "predicted.parquet"
        predicted = read_table(path)
        held = predicted[predicted["held_out_pixel"]]
        assert len(held) == 3 * 20 * 6
        row = table[(table["fold"] == f"without_{site}") & (table["side"] == "out_of_area")].iloc[0]
        assert row["oa"] == pytest.approx(accuracy_score(held["code"], held["predicted"]))
        assert row["oa"] > 0.9
        assert row["n_polygons"] == 60


def test_nothing_of_a_held_out_site_trains(tabled):
    folder, _ = tabled
    index = read_table(folder / "results" / "pools" / "all_index.parquet")
    polygons = read_table(folder / "results" / "ground_truth" / "polygons.parquet").set_index("polygon")
    assert len(index) == len(samples())
    for site in SITES[:2]:
        chosen = read_table(folder / "results" / "runs" / f"without_{site}" / "seed_0" / "selection.parquet")
        sites = polygons["id"][chosen["polygon"]].str.extract("([A-Z][a-z]+?)(?:wheat|grass|bare)")[0]
        assert set(sites) == set(SITES) - {site}


def test_baselines_stand_beside_the_network(tabled):
    folder, _ = tabled
    table = pd.read_csv(folder / "results" / "summary" / "baselines.csv")
    network = pd.read_csv(folder / "results" / "summary" / "folds.csv")
    keys = ["fold", "seed", "side"]
    by_model = {name: part.set_index(keys) for name, part in table.groupby("model")}
    assert set(by_model) == {"network", "majority", "random_forest"}
    for name, part in by_model.items():
        assert (part["n_pixels"] == network.set_index(keys)["n_pixels"]).all(), name
    # Three classes with as many samples each; sides of few polygons are less even.
    np.testing.assert_allclose(by_model["majority"]["oa"], 1 / 3, atol=0.1)
    assert (by_model["random_forest"]["oa"] > 0.9).all()
    assert "What the network buys" in (folder / "results" / "report" / "index.html").read_text()


def test_no_map_is_made_and_the_report_says_nothing_of_images(tabled):
    folder, _ = tabled
    assert not (folder / "results" / "maps").exists()
    assert not (folder / "results" / "series").exists()
    page = (folder / "results" / "report" / "index.html").read_text()
    assert 'id="maps"' not in page
    assert "1 wheat" in page
    assert "by distance" in page.lower()


def test_a_second_run_does_nothing_and_another_fold_only_itself(tabled):
    folder, content = tabled
    assert planned(folder, folder / "config.yaml") == set()
    more = {**content, "folds": {**content["folds"], "values": SITES[:3]}}
    found = planned(folder, write_config(folder / "more.yaml", more))
    runs = {part for _, values in found for part in values.split(",") if part.startswith("fold=")}
    assert runs == {"fold=without_South"}
    assert "import_samples" not in {rule for rule, _ in found}
