import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin

from tilefold.inference.site_shares import summarise_sites
from tilefold.inference.vote_entropy import measure_votes
from tilefold.validation.candidates import summarise_candidates
from tilefold.validation.polygon_areas import estimate_polygon_areas
from tilefold.validation.sides import sides_of_run
from tilefold.validation.summary import summarise_runs
from tilefold.validation.validate import describe_errors, validate_run

CODES = [1, 2, 3, 9]
CLASSES = [
    {"code": 1, "label": "water", "colour": [0, 0, 255]},
    {"code": 2, "label": "forest <old> & dense", "colour": [0, 120, 0]},
    {"code": 3, "label": "meadow", "colour": [200, 200, 0]},
    {"code": 9, "label": "rock", "colour": [130, 130, 130]},
]
TILES = ["A", "B"]
CANDIDATES = ["batch_64_lr_0.001", "batch_64_lr_0.01"]


def polygons():
    """Twelve polygons of classes 1 to 3 in each tile; class 9 is in no reference, class 3 in tile A alone."""
    rows = []
    for t, tile in enumerate(TILES):
        for p in range(12):
            number = 12 * t + p + 1
            code = 1 + p % (3 if tile == "A" else 2)
            role = ("learn", "test", "validation")[p % 4 % 3]
            rows.append((tile, number, number, code, role))
    return pd.DataFrame(rows, columns=["tile", "polygon", "group", "code", "role"])


def predicted_pixels(fold, seed):
    table = polygons()
    held_out = fold.removeprefix("without_")
    table["cell"] = table["tile"]
    table["held_out_pixel"] = table["tile"] == held_out
    table = table[table["held_out_pixel"] | (table["role"] == "test")]
    pixels = table.loc[table.index.repeat(20)].reset_index(drop=True)
    rng = np.random.default_rng([seed, *fold.encode()])
    wrong = rng.random(len(pixels)) < np.where(pixels["held_out_pixel"], 0.4, 0.2)
    pixels["predicted"] = np.where(wrong, rng.choice([0, 1, 2, 9], len(pixels)), pixels["code"])
    pixels["confidence"] = rng.integers(20, 101, len(pixels)).astype("uint8")
    if held_out == "A":
        pixels.loc[pixels["predicted"] == 3, "predicted"] = 2
    return pixels


def write_run(folder, fold, seed):
    """Files of one run; class 3 is not learnt without tile A."""
    held_out = [] if fold == "all" else [fold[-1]]
    run = folder / "runs" / fold / f"seed_{seed}"
    run.mkdir(parents=True)
    predicted_pixels(fold, seed).to_parquet(run / "predicted.parquet")
    learn = [30, 30, 0 if held_out == ["A"] else 20, 0]
    pd.DataFrame(
        {
            "region": "all",
            "code": CODES,
            "polygons": [4, 4, 2, 0],
            "available": [80, 80, 40, 0],
            "required": 50,
            "taken": np.array(learn) + 5,
            "rate": [0.5, 0.5, 0.6, 0.0],
            "learn": learn,
            "validation": 5,
        }
    ).to_csv(run / "rates.csv", index=False)
    write_samples(run / "samples.csv", learn, held_out)
    barred = [(1, "held_out", 3, 60, 0.6), (2, "barred", 2, 30, 0.3)] if held_out else []
    columns = ["code", "reason", "polygons", "pixels", "hectares"]
    pd.DataFrame(barred, columns=columns).to_csv(run / "barred.csv", index=False)
    roles = polygons().assign(repaired=False, region="all")
    roles.loc[0, "repaired"] = bool(held_out)
    roles.to_parquet(run / "roles.parquet")
    for c, candidate in enumerate(CANDIDATES):
        epochs = np.arange(1, 6)
        history = {"epoch": epochs, "train_loss": 1 / epochs, "validation_loss": 1.2 / epochs + c}
        history |= {"train_fscore": epochs / 6, "validation_fscore": epochs / 7}
        others = ("oa", "kappa", "natural_oa", "natural_fscore")
        history |= {f"validation_{name}": epochs / 8 for name in others}
        pd.DataFrame(history).to_csv(run / f"{candidate}.csv", index=False)
    pd.DataFrame(
        {
            "candidate": CANDIDATES,
            "batch_size": 64,
            "learning_rate": [0.001, 0.01],
            "criterion": "fscore",
            "epoch": [5, 4],
            "score": [0.71, 0.64],
            "chosen": [True, False],
        }
    ).to_csv(run / "model_choice.csv", index=False)
    validation = folder / "validation" / fold / f"seed_{seed}"
    settings = {"fold": fold, "seed": seed, "held_out": held_out, "codes": CODES, "nodata": 0}
    settings["resampling"] = {"kind": "polygon"}
    split = run / "split.parquet"
    polygons().assign(id=[f"p{n:02d}" for n in range(24)]).to_parquet(split)
    validate_run(
        run / "predicted.parquet",
        run / "rates.csv",
        split,
        settings,
        counts=validation / "counts.parquet",
        metrics=validation / "metrics.csv",
        classes=validation / "classes.csv",
        matrices={side: validation / "matrices" / f"{side}.csv" for side in sides_of_run(held_out)},
    )
    outputs = {name: validation / f"{name}.csv" for name in ("confusion", "reliability", "risk")}
    describe_errors(run / "predicted.parquet", run / "roles.parquet", settings, **outputs)
    if held_out:
        distances = {
            "fold": fold,
            "seed": seed,
            "from_m": [0.0, 100.0, 500.0],
            "to_m": [100.0, 500.0, np.nan],
        }
        distances |= {"n_pixels": [0, 60, 20], "n_polygons": [0, 3, 2], "n_nodata": 0, "n_classes": [0, 3, 1]}
        distances |= {"oa": [np.nan, 0.7, 0.5], "mean_f1": [np.nan, 0.6, 0.4]}
        pd.DataFrame(distances).to_csv(validation / "distances.csv", index=False)
    # Seeds differ in one pixel of twelve.
    labels = np.array([[1, 2, 2, 0], [3, 3, 9, 1], [0, 0, 1, 1 + seed]], np.uint8)
    write_raster(
        folder / "maps" / fold / f"seed_{seed}" / "classification.tif", labels.repeat(9, 0).repeat(9, 1)
    )
    return {"name": f"{fold}/seed_{seed}", "fold": fold, "seed": seed, "held_out": held_out}


def write_samples(path, learn, held_out):
    """Samples by tile: a third of the learn samples in tile A and the rest in B; all in B if A is held out."""
    rows = []
    for tile in TILES:
        for code, number in zip(CODES, learn, strict=True):
            first = number // 3 if held_out == [] else number * (held_out != ["A"])
            taken = first if tile == "A" else number - first
            trains = tile not in held_out
            rows.append(
                {
                    "region": "all",
                    "tile": tile,
                    "code": code,
                    "learn_polygons": 2 * trains,
                    "learn_available": 60 * trains,
                    "learn_taken": taken,
                    "validation_polygons": 1 * trains,
                    "validation_available": 30 * trains,
                    "validation_taken": 5 * (tile == "B" if trains else 0),
                    "wanted": None,
                    "test_polygons": 2 * trains,
                    "test_pixels": 40 * trains,
                    "held_out_polygons": 5 * (not trains),
                    "held_out_pixels": 130 * (not trains),
                }
            )
    pd.DataFrame(rows).to_csv(path, index=False)


def write_raster(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype=values.dtype,
        crs="EPSG:32631",
        transform=from_origin(500000, 4800000, 10, 10),
    ) as dataset:
        dataset.write(values, 1)


def write_cleaning(path):
    columns = ["source", "code", "class_value", "step", "reason", "features", "pixels", "hectares"]
    rows = [
        ("main", 1, "", "read", "", 14, 340.0, 3.4),
        ("main", 1, "", "repaired", "made valid, area gained", 1, 10.0, 0.1),
        ("main", 1, "", "rejected", "smaller than min_area", 2, 25.0, 0.25),
        ("main", 1, "", "noted", "overlaps class 2", 1, 5.0, 0.05),
        ("main", 1, "", "used", "", 12, 325.0, 3.25),
        ("main", 77, "", "rejected", "class not in nomenclature", 4, 150.0, 1.5),
        *(
            ("main", None, f"name {i}", "rejected", "class not in nomenclature", 12 - i, 1.0, 0.01)
            for i in range(12)
        ),
    ]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)


def write_seams(folder, runs):
    paths = {run: folder / "maps" / run / "seams.csv" for run in runs}
    columns = ["tile", "other", "line_pairs", "line_share", "inside_pairs", "inside_share", "seam"]
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
        row = ["A", "B", 1000, 0.3, 90_000, 0.2, 1.5, 4000, 0.125]
        pd.DataFrame([row], columns=[*columns, "overlap_pixels", "overlap_share"]).to_csv(path, index=False)
    return paths


def write_votes(folder, folds, seeds):
    """Vote entropy of each fold with several seeds: tables and rasters."""
    tables, rasters = {}, {}
    for fold in folds if len(seeds) > 1 else []:
        maps = [folder / "maps" / fold / f"seed_{seed}" / "classification.tif" for seed in seeds]
        tables[fold], rasters[fold] = (
            folder / "maps" / fold / f"vote_entropy.{end}" for end in ("csv", "tif")
        )
        measure_votes(maps, {"codes": CODES, "nodata": 0}, entropy=rasters[fold], classes=tables[fold])
    return tables, rasters


def write_sites(folder, names):
    """One site, in which the first fold finds no meadow."""
    rasters = {}
    for name in names:
        rasters[name] = folder / "sites" / "delta" / f"{name}.tif"
        labels = np.array([[1, 1, 2, 2], [3, 3, 9, 0]], np.uint8)
        labels[labels == 3] = 2 if name.startswith("without_A") else 3
        write_raster(rasters[name], labels)
    table = folder / "summary" / "sites.csv"
    settings = {"codes": CODES, "nodata": 0, "tiles": {"delta": "A"}}
    summarise_sites({"delta": rasters}, settings, shares=table)
    return {"sites": table, "site_maps": {"delta": rasters}}


def write_areas(folder, seeds):
    """Areas from test polygons, of the map of the run `all` of each seed."""
    paths = {seed: folder / "summary" / "areas_polygons" / f"seed_{seed}.csv" for seed in seeds}
    for seed, path in paths.items():
        run = folder / "runs" / "all" / f"seed_{seed}"
        polygons().assign(pixels=20).to_parquet(run / "areas_split.parquet")
        estimate_polygon_areas(
            folder / "maps" / "all" / f"seed_{seed}" / "classification.tif",
            folder / "validation" / "all" / f"seed_{seed}" / "counts.parquet",
            run / "areas_split.parquet",
            {
                "seed": seed,
                "tiles": TILES,
                "classes": CLASSES,
                "nodata": 0,
                "bootstrap": {"replicates": 1000, "seed": 0},
            },
            areas=path,
        )
    return paths


def write_map_scores(folder, names, kind):
    paths = {name: folder / "validation" / name / f"{kind}.csv" for name in names}
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pd.DataFrame({"map": ["raw", kind], "oa": [0.75, 0.8125], "kappa": 0.5, "mean_f1": 0.625})
        table = table.assign(n_pixels=200, n_polygons=10)
        table = table.assign(side="in_area") if kind == "regularised" else table
        table.to_csv(path, index=False)
    return paths


def write_results(folder, folds, seeds):
    """Results of a whole workflow, small; returns the report's sources and settings."""
    runs = [write_run(folder, fold, seed) for seed in seeds for fold in ("all", *folds)]
    names = [run["name"] for run in runs]
    run_folders = {name: folder / "runs" / name for name in names}
    summary = {
        name: folder / "summary" / f"{name}.csv"
        for name in ("folds", "classes", "gaps", "folds_mean", "intervals", "confusion")
    }
    summarise_runs(
        {name: folder / "validation" / name / "counts.parquet" for name in names},
        {name: run_folders[name] / "rates.csv" for name in names},
        {"runs": runs, "classes": CLASSES, "nodata": 0, "bootstrap": {"replicates": 1000, "seed": 0}},
        **summary,
        matrices=folder / "summary" / "matrices",
    )
    summarise_candidates(
        [run_folders[name] / "model_choice.csv" for name in names],
        [{candidate: run_folders[name] / f"{candidate}.csv" for candidate in CANDIDATES} for name in names],
        summary["folds"],
        {"models": [{"fold": run["fold"], "seed": run["seed"], "region": "all"} for run in runs]},
        candidates=folder / "summary" / "candidates.csv",
    )
    cleaning = folder / "ground_truth" / "cleaning.csv"
    cleaning.parent.mkdir()
    write_cleaning(cleaning)
    splits = {}
    for seed in seeds:
        splits[seed] = folder / "split" / f"seed_{seed}.parquet"
        splits[seed].parent.mkdir(exist_ok=True)
        polygons().assign(pixels=20, outside=False).to_parquet(splits[seed])
    clear = {tile: {"s2": folder / "series" / tile / "s2_clear.tif"} for tile in TILES}
    for tile in TILES:
        write_raster(clear[tile]["s2"], np.arange(60, dtype=np.uint16).reshape(6, 10))
    skipped = {tile: {"s2": folder / "series" / tile / "s2_skipped.csv"} for tile in TILES}
    for tile in TILES:
        rows = [("S2A_1", "B/S2A_1/B4.tif", "the file is missing")] if tile == "B" else []
        pd.DataFrame(rows, columns=["product", "file", "reason"]).to_csv(skipped[tile]["s2"], index=False)
    votes, vote_maps = write_votes(folder, ("all", *folds), seeds)
    sources = {
        **summary,
        "candidates": folder / "summary" / "candidates.csv",
        "areas": {},
        "polygon_areas": write_areas(folder, seeds),
        "seams": write_seams(folder, names[:1]),
        "regularised": write_map_scores(folder, names[:1], "regularised"),
        "fused": write_map_scores(folder, ["all"], "fused"),
        **(write_sites(folder, names) if folds else {}),
        "votes": votes,
        "temperatures": {},
        "neighbours": {},
        "vote_maps": vote_maps,
        "levels": [],
        "cleaning": cleaning,
        "split": splits,
        "rates": {name: path / "rates.csv" for name, path in run_folders.items()},
        "samples": {name: path / "samples.csv" for name, path in run_folders.items()},
        "barred": {name: path / "barred.csv" for name, path in run_folders.items()},
        "roles": {name: path / "roles.parquet" for name, path in run_folders.items()},
        "reliability": {name: folder / "validation" / name / "reliability.csv" for name in names},
        "risk": {name: folder / "validation" / name / "risk.csv" for name in names},
        "choices": {name: path / "model_choice.csv" for name, path in run_folders.items()},
        "histories": {
            name: {candidate: path / f"{candidate}.csv" for candidate in CANDIDATES}
            for name, path in run_folders.items()
        },
        "matrices": {name: folder / "validation" / name / "matrices" for name in names},
        "distances": {
            run["name"]: folder / "validation" / run["name"] / "distances.csv"
            for run in runs
            if run["held_out"]
        },
        "maps": {name: folder / "maps" / name / "classification.tif" for name in names},
        "clear": clear,
        "skipped": skipped,
    }
    settings = {
        "title": "A study of <two> tiles",
        "few_polygons": 5,
        "max_test_pixels": None,
        "classes": CLASSES,
        "nodata": 0,
        "fallback": None,
        "config": {"folds": {"scheme": "leave_one_tile_out"}, "reference": {"path": "polygons.gpkg"}},
        "calendars": {"s2": ["2018-01-01", "2018-01-11", "2018-01-21"]},
        "tiles": ["A", "B"],
        "products": {"A": {"s2": 12}, "B": {"s2": 9}},
    }
    return sources, settings


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """Results with two folds and two seeds."""
    folder = tmp_path_factory.mktemp("study")
    return folder, *write_results(folder, ["without_A", "without_B"], [0, 1])


@pytest.fixture(scope="session")
def study_without_folds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    return folder, *write_results(folder, [], [0])


@pytest.fixture(scope="session")
def study_with_one_fold(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one_fold")
    return folder, *write_results(folder, ["without_A"], [0])
