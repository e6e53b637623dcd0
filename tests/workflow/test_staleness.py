"""What a change re-runs, and nothing else: jobs of dry runs on a finished run."""

import os
import re
import shutil
from contextlib import contextmanager

import geopandas
import pytest
from engine import ROOT, engine, merged, parse_jobs, planned, run, write_config

A, B, C, D = "T31TCJ", "T31TCK", "T31TDJ", "T31TDK"
RUN_RULES = {"select_samples", "assemble_samples", "train_candidate", "select_model", "validate_run"}
#: Seams are measured where a run maps more than one tile.
MAP_RULES = {"classify_chunk", "merge_chunks", "mosaic_tiles", "describe_map"}
SEAMS = {"measure_seams"}
#: Areas are estimated from the map of the run `all` and its test pixels.
AREAS = {"estimate_polygon_areas"}
ENDS = {
    "score_distances",
    "measure_neighbours",
    "summarise_runs",
    "summarise_candidates",
    "write_report",
} | AREAS


def jobs(folder, content, changes, *arguments):
    path = write_config(folder / "changed.yaml", merged(content, changes))
    return planned(folder, path, *arguments)


def rules(found):
    return {rule for rule, _ in found}


def of(found, rule):
    return {wildcards for name, wildcards in found if name == rule}


def folds(found, rule):
    return {re.search(r"fold=(\w+)", wildcards)[1] for wildcards in of(found, rule)}


def tiles(found, rule):
    return {re.search(r"tile=(\w+)", wildcards)[1] for wildcards in of(found, rule)}


ALL_FOLDS = {"all", f"without_{A}", f"without_{B}"}


def test_nothing_changed_nothing_to_do(finished, content):
    done = engine(finished, finished / "config.yaml", "--dry-run")
    assert "Nothing to be done" in done.stdout + done.stderr


def test_one_more_pair(finished, content):
    solver = {"hyperparameters_solver": {"batch_size": [64], "learning_rate": [0.003, 0.001]}}
    found = jobs(finished, content, {"training": solver})
    assert of(found, "train_candidate") == {
        f"candidate=batch_64_lr_0.001,fold={fold},region=all,seed=0" for fold in ALL_FOLDS
    }
    assert (
        rules(found)
        == {"train_candidate", "select_model", "predict_samples", "validate_run"} | MAP_RULES | SEAMS | ENDS
    )
    assert folds(found, "select_model") == ALL_FOLDS


@pytest.mark.slow
def test_one_more_pair_with_models_first_maps_only_where_the_winner_changed(copy, content):
    solver = {"hyperparameters_solver": {"batch_size": [64], "learning_rate": [0.003, 1e-9]}}
    path = write_config(copy / "changed.yaml", merged(content, {"training": solver}))
    before = (copy / "results" / "runs" / "all" / "seed_0" / "region_all" / "model.safetensors").read_bytes()
    run(copy, path, "models")
    after = (copy / "results" / "runs" / "all" / "seed_0" / "region_all" / "model.safetensors").read_bytes()
    assert after == before, "a rate that learns nothing has won"
    assert rules(planned(copy, path)) == {"summarise_candidates", "write_report"}


def test_selection_criterion(finished, content):
    found = jobs(finished, content, {"training": {"model_selection_criterion": "oa"}})
    assert rules(found) == {"select_model", "predict_samples", "validate_run"} | MAP_RULES | SEAMS | ENDS


def test_one_more_seed(finished, content):
    found = jobs(finished, content, {"split": {"seeds": [0, 5]}})
    # Maps of two seeds can disagree.
    once = ENDS | {"measure_votes"}
    assert rules(found) == {"split_polygons", "predict_samples"} | RUN_RULES | MAP_RULES | SEAMS | once
    assert all("seed=5" in wildcards for rule, wildcards in found if rule not in once)
    assert folds(found, "measure_votes") == ALL_FOLDS


def test_one_more_fold(finished, content):
    found = jobs(finished, content, {"folds": {"scheme": [A, B, C]}})
    assert rules(found) == {"predict_samples"} | RUN_RULES | MAP_RULES | ENDS - AREAS
    assert all(f"fold=without_{C}" in wildcards for rule, wildcards in found if rule not in ENDS)


@contextmanager
def changed_file(path, change):
    before, times = path.read_bytes(), path.stat()
    try:
        change(path)
        yield
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@contextmanager
def one_more_acquisition(folder, tile):
    products = sorted((folder / "scene" / "sentinel2" / tile).iterdir())
    known = {re.search(r"_(\d{8})-", product.name)[1] for product in products}
    day = next(f"201805{day:02d}" for day in range(1, 31) if f"201805{day:02d}" not in known)
    name = re.sub(r"_\d{8}-", f"_{day}-", products[0].name)
    added = products[0].with_name(name)
    shutil.copytree(products[0], added)
    for file in list(added.rglob("*")):
        if products[0].name in file.name:
            file.rename(file.with_name(file.name.replace(products[0].name, name)))
    try:
        yield
    finally:
        shutil.rmtree(added)


def test_one_more_acquisition(finished, content):
    with one_more_acquisition(finished, A):
        found = planned(finished, finished / "config.yaml")
    assert tiles(found, "preprocess") == tiles(found, "extract_pool") == {A}
    assert folds(found, "train_candidate") == {"all", f"without_{B}"}
    assert folds(found, "select_samples") == {"all", f"without_{B}"}
    assert of(found, "gather_indexes") == {""}
    assert folds(found, "predict_samples") == folds(found, "validate_run") == ALL_FOLDS
    assert folds(found, "mosaic_tiles") == ALL_FOLDS
    assert "split_polygons" not in rules(found)
    assert "clean_ground_truth" not in rules(found)


def test_calendar_longer(finished, content):
    found = jobs(finished, content, {"calendar": {"end": "2019-02-15"}})
    assert tiles(found, "preprocess") == {A, B, C}
    assert not {"clean_ground_truth", "split_polygons"} & rules(found)


def test_another_way_of_filling(finished, content):
    found = jobs(finished, content, {"calendar": {"method": "gaussian"}})
    assert tiles(found, "preprocess") == {A, B, C}
    assert not {"clean_ground_truth", "split_polygons"} & rules(found)


def test_reference_data(finished, content):
    def drop_one(path):
        features = geopandas.read_file(path)
        features.iloc[1:].to_file(path, driver="GPKG")

    with changed_file(finished / "scene" / "reference.gpkg", drop_one):
        found = planned(finished, finished / "config.yaml")
    assert {"clean_ground_truth", "split_polygons", "extract_pool", "train_candidate"} <= rules(found)
    assert "preprocess" not in rules(found)


def test_a_file_of_test_polygons(finished, content):
    reference = {**content["reference"], "test_path": "{data}/reference.gpkg"}
    found = jobs(finished, content, {"reference": reference})
    assert {"clean_ground_truth", "split_polygons", "extract_pool", "train_candidate"} <= rules(found)
    assert "preprocess" not in rules(found)


def test_an_alias_and_a_group(finished, content):
    def add_columns(path):
        lines = path.read_text().splitlines()
        more = [",parent,alias", *(f",group {row % 2},name {row}" for row in range(1, len(lines)))]
        path.write_text("".join(f"{line}{text}\n" for line, text in zip(lines, more, strict=True)))

    def add_groups(path):
        lines = path.read_text().splitlines()
        path.write_text("".join(f"{line},{'group' if row else 'parent'}\n" for row, line in enumerate(lines)))

    nomenclature = finished / "scene" / "nomenclature.csv"
    with changed_file(nomenclature, add_groups):
        found = planned(finished, finished / "config.yaml")
    assert rules(found) == {"summarise_level", "write_report"}
    with changed_file(nomenclature, add_columns):
        assert "clean_ground_truth" in rules(planned(finished, finished / "config.yaml"))


def test_colours_and_labels(finished, content):
    def recolour(path):
        path.write_text(re.sub("#[0-9a-fA-F]{6}", "#123456", path.read_text()))

    def relabel(path):
        path.write_text(re.sub(r"^(\d+),", r"\1,new ", path.read_text(), flags=re.MULTILINE))

    nomenclature = finished / "scene" / "nomenclature.csv"
    with changed_file(nomenclature, recolour):
        found = planned(finished, finished / "config.yaml")
    assert rules(found) == {"mosaic_tiles", "describe_map", "write_report"} | SEAMS | AREAS
    assert all("product=classification" in wildcards for wildcards in of(found, "mosaic_tiles"))
    with changed_file(nomenclature, relabel):
        found = planned(finished, finished / "config.yaml")
    ends = {"summarise_runs", "summarise_candidates", "write_report"}
    assert rules(found) == {"mosaic_tiles", "describe_map"} | ends | SEAMS | AREAS


def test_number_of_chunks(finished, content):
    found = jobs(finished, content, {"classification": {"number_of_chunks": 3}})
    assert rules(found) == MAP_RULES | SEAMS | AREAS | {"write_report"}


@pytest.mark.parametrize("epochs", [7, 9])
def test_epochs(finished, content, epochs):
    found = jobs(finished, content, {"training": {"epochs": epochs}})
    expected = (
        {"train_candidate", "select_model", "predict_samples", "validate_run"} | MAP_RULES | SEAMS | ENDS
    )
    assert rules(found) == expected


AFTER_SELECTION = (RUN_RULES - {"select_samples"}) | {"predict_samples"} | MAP_RULES | SEAMS | ENDS
AFTER_TRAINING = AFTER_SELECTION - {"assemble_samples", "train_candidate"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"selection": {"count": 200}}, {"select_samples"} | AFTER_SELECTION),
        ({"selection": {"min_clear_dates": 2}}, {"select_samples"} | AFTER_SELECTION),
        ({"split": {"ratio": 0.6}}, {"split_polygons", "select_samples"} | AFTER_SELECTION),
        ({"features": {"sentinel2": ["ndvi"]}}, AFTER_SELECTION),
        ({"training": {"weighted_labels": True}}, {"train_candidate"} | AFTER_TRAINING),
        ({"training": {"dataloader_mode": "stream"}}, {"train_candidate"} | AFTER_TRAINING),
        (
            {"classification": {"batch_rows": 64}},
            {"predict_samples", "validate_run"} | MAP_RULES | SEAMS | ENDS,
        ),
        ({"validation": {"bootstrap": {"seed": 4}}}, ENDS - {"score_distances", "measure_neighbours"}),
        (
            {"validation": {"bootstrap": {"unit": "block", "block_m": 300.0}}},
            {"validate_run"} | ENDS - {"score_distances", "measure_neighbours"},
        ),
        ({"report": {"title": "another"}}, {"write_report"}),
        ({"maps": {"vector": "fgb"}}, {"polygonise_tile", "stitch_polygons", "write_report"}),
        ({"folds": {"maps": "all"}}, MAP_RULES | SEAMS | {"write_report"}),
    ],
)
def test_one_field(finished, content, changes, expected):
    assert rules(jobs(finished, content, changes)) == expected


def test_a_wider_buffer_touches_the_folds_alone(finished, content):
    found = jobs(finished, content, {"folds": {"buffer_m": 30.0}})
    assert folds(found, "select_samples") == folds(found, "train_candidate") == ALL_FOLDS - {"all"}


def test_one_more_tile(finished, content):
    found = jobs(finished, content, {"tiles": {"train": [A, B, C, D], "map": [A, B, C, D]}})
    assert tiles(found, "preprocess") == {D}
    # The four tiles meet in one corner, so the new one takes pixels from each.
    assert tiles(found, "extract_pool") == {A, B, C, D}
    assert "split_polygons" in rules(found)
    assert "clean_ground_truth" not in rules(found)
    assert folds(found, "train_candidate") == ALL_FOLDS


@pytest.mark.parametrize(
    "arguments", [["--cores", "1"], ["--verbose"], ["--software-deployment-method", "conda"], ["--jobs", "7"]]
)
def test_how_it_is_run_re_runs_nothing(finished, arguments):
    found = engine(finished, finished / "config.yaml", "--dry-run", *arguments)
    text = found.stdout + found.stderr
    if "conda" in arguments and "conda" in text and "Nothing to be done" not in text:
        pytest.skip("no conda here")
    assert "Nothing to be done" in text


@pytest.mark.parametrize("profile", ["slurm", "pbs"])
def test_another_profile_re_runs_nothing(finished, profile):
    found = engine(
        finished, finished / "config.yaml", "--dry-run", "--profile", str(ROOT / "profiles" / profile)
    )
    assert "Nothing to be done" in found.stdout + found.stderr


@pytest.fixture
def own_code(copy, monkeypatch):
    """A copy of the workflow's code, finished with it."""
    for name in ("Snakefile", "rules", "workflow_scripts", "envs", "docs"):
        source = ROOT / name
        target = copy / "code" / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, target)
    monkeypatch.setenv("PYTHONPATH", str(copy / "code" / "workflow_scripts"))
    return copy


def planned_with_own_code(folder):
    snakefile = str(folder / "code" / "Snakefile")
    done = run(folder, folder / "config.yaml", "--dry-run", "--snakefile", snakefile)
    return parse_jobs(done.stdout + done.stderr)


def test_code_of_a_stage(own_code):
    assert planned_with_own_code(own_code) == set()
    library = own_code / "code" / "workflow_scripts" / "tilefold"
    module = library / "validation" / "summary.py"
    module.write_text(module.read_text() + "\n# a comment\n")
    assert planned_with_own_code(own_code) == set()
    module.write_text(module.read_text() + "\nSOMETHING = 1\n")
    assert rules(planned_with_own_code(own_code)) == {
        "summarise_runs",
        "summarise_candidates",
        "write_report",
    }


def test_a_touched_script_re_runs_nothing(own_code):
    for script in (own_code / "code" / "workflow_scripts").glob("*.py"):
        script.touch()
    assert planned_with_own_code(own_code) == set()
