"""Every field of the config, flipped singly, changes the settings of exactly the rules that depend on it."""

import json
from dataclasses import replace

import pytest

from tilefold.config.load import read_config
from tilefold.config.model import Config
from tilefold.config.section import Section
from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring
from tilefold.plan.calendar import make_calendar
from tilefold.plan.features import feature_expressions
from tilefold.plan.nomenclature import choose_nodata
from tilefold.plan.plan import Plan
from tilefold.plan.sensors import reading_definition
from tilefold.plan.settings import BUILDERS, rule_settings
from tilefold.sensors.catalogue import SENSORS

TILES = ("A", "B", "C")
RAW = {
    "results": "r",
    "data": "d",
    "tiles": {"train": list(TILES), "map": list(TILES)},
    "sensors": {
        "own": {
            "path": "p",
            "bands": ["x", "y", "z"],
            "band_path": "{tile}/{date}/{band}.tif",
            "mask_path": "{tile}/{date}/m.tif",
            "nodata": 0,
            "aliases": {"red": "x", "nir": "y", "swir": "z"},
        }
    },
    "calendar": {"start": "2018-01-01", "end": "2018-12-31"},
    "user_features": {"dem": {"path": "dem.tif"}},
    "external_features": {"module": "m.py", "functions": ["f"]},
    "reference": {
        "path": "v.gpkg",
        "class_field": "code",
        "nomenclature": [{"code": 1, "label": "one", "parent": "numbers"}, {"code": 2, "label": "two"}],
    },
    "split": {"seeds": [0, 5]},
    "folds": {"scheme": ["A"]},
    "report": {"sites": [{"name": "delta", "x": 500900.0, "y": 4899500.0, "size": 100}]},
    "validation": {"reference_sample": {"path": "points.gpkg", "strata": "strata.csv"}},
}

#: What the functions of `external_features` make.
EXTERNAL = {
    "extra": {"own": ["slope"]},
    "groups": {"rise": {"kind": "temporal", "dates": ["2018-02-01"], "components": ["a", "b"]}},
    "raw": ["own"],
}

PREDICT = {"classify_chunk", "classify_site", "predict_samples", "measure_samples"}
CLASSIFY = PREDICT | {"count_validation", "scale_temperature", "compare_precisions"}
READING = {"preprocess", "compute_external_features"}
SERIES = READING | {
    *("extract_pool", "assemble_samples", "classify_chunk", "classify_site"),
    "measure_dissimilarity",
}
#: A pixel's labels are the same wherever it is classified.
SITES = {"classify_site", "summarise_sites"}
#: Tables over all runs.
SUMMARIES = {
    "summarise_runs",
    "summarise_candidates",
    "summarise_level",
    "summarise_baselines",
    "summarise_sites",
}
REGULARISING = {"regularise_map", "score_regularised"}
POLYGONS = {"polygonise_tile", "stitch_polygons"}
FUSION = {"fuse_maps", "score_fused"}
INTERVALS = {"summarise_runs", "summarise_level", "estimate_polygon_areas"}
BASELINES = {"predict_baselines", "summarise_baselines"}
EVERY = set(BUILDERS)
#: Rules that change with each field; the report shows the config, so it changes with nearly all.
DEPENDS = {
    "results": (None, set()),
    "data": ("e", set()),
    "tiles.train": (
        ["A", "B"],
        {
            "split_polygons",
            "assign_blocks",
            "gather_indexes",
            "predict_samples",
            "select_samples",
            "assemble_samples",
            "score_distances",
            "predict_baselines",
            "measure_samples",
            "measure_neighbours",
            "score_fused",
            "score_regularised",
        },
    ),
    # Only the run `all` maps these tiles; the settings compared are those of a fold.
    "tiles.map": (["A", "B"], {"measure_neighbours", "estimate_polygon_areas"}),
    "output_crs": ("EPSG:2154", set()),
    "resolution": (20.0, set()),
    "sensors.own.path": ("q", set()),
    "sensors.own.bands": (["x", "y"], SERIES),
    "sensors.own.step": (5, SERIES),
    "sensors.own.method": ("gaussian", {"preprocess"}),
    # The method is linear, which has no width.
    "sensors.own.gaussian_width": (5.0, set()),
    "sensors.own.band_path": ("{tile}/{date}/b_{band}.tif", READING),
    "sensors.own.mask_path": ("{tile}/{date}/n.tif", READING),
    "sensors.own.mask_valid": ([0, 1], READING),
    "sensors.own.mask_bits": ([0, 3], READING),
    "sensors.own.resampling": ("nearest", READING),
    # Only Sentinel-1 has speckle.
    "sensors.own.speckle_filter": ("quegan", set()),
    "sensors.own.speckle_window": (9, set()),
    "on_bad_acquisition": ("skip", {"preprocess"}),
    "sensors.own.date_format": ("%Y%j", READING),
    "sensors.own.nodata": (-1, READING),
    "sensors.own.scale": (0.5, {"assemble_samples"}),
    "sensors.own.offset": (1.0, {"assemble_samples"}),
    "sensors.own.aliases": ({"red": "x", "nir": "z", "swir": "y"}, {"assemble_samples"}),
    "calendar.start": ("2018-01-06", SERIES | {"describe_map"}),
    "calendar.end": ("2018-11-30", SERIES | {"describe_map"}),
    "calendar.step": (5, SERIES),
    "calendar.method": ("raw", SERIES | {"describe_map"}),
    "calendar.gaussian_width": (5.0, set()),
    "features": ({"own": ["ndvi"]}, {"assemble_samples"}),
    "user_features.dem.path": ("other.tif", set()),
    "user_features.dem.bands": (2, SERIES - READING),
    "user_features.dem.resampling": ("nearest", SERIES - READING),
    "external_features.module": ("n.py", {"compute_external_features"}),
    "external_features.functions": (["g"], {"compute_external_features"}),
    "external_features.margin": (1, {"compute_external_features"}),
    # The sensor's scale is 1.
    "external_features.values": ("physical", set()),
    "reference.path": ("w.gpkg", set()),
    "reference.class_field": ("class", {"clean_ground_truth"}),
    "reference.layer": ("l", {"clean_ground_truth"}),
    "reference.id_field": ("i", {"clean_ground_truth"}),
    # Groups are what is resampled for intervals, where there are some.
    "reference.group_field": ("g", {"clean_ground_truth", "validate_run"}),
    # What is read for it is in the settings of cleaning, that it imposes roles in those of the split.
    "reference.split_field": ("s", {"clean_ground_truth", "split_polygons"}),
    "reference.min_area": (1.0, {"clean_ground_truth"}),
    "reference.min_width": (1.0, {"clean_ground_truth"}),
    "reference.overlaps": ("clip", {"clean_ground_truth"}),
    "reference.crs": ("EPSG:2154", {"clean_ground_truth"}),
    # Files are inputs of the rule; that there is one imposes roles. Colours are in the classes of the plan.
    "reference.test_path": ("t.gpkg", {"split_polygons"}),
    "reference.test_layer": ("l", {"clean_ground_truth"}),
    "reference.colours": ("c.txt", set()),
    "reference.nomenclature": (
        [{"code": 1, "label": "one", "parent": "numbers"}, {"code": 3, "label": "two"}],
        {
            "clean_ground_truth",
            "select_samples",
            "assemble_samples",
            "mosaic_tiles",
            "describe_map",
            "measure_votes",
            "summarise_sites",
            "mask_applicability",
            *FUSION,
            *REGULARISING,
            *POLYGONS,
            "validate_run",
            "score_distances",
            "summarise_runs",
            "summarise_baselines",
            "estimate_areas",
            "estimate_polygon_areas",
            "summarise_level",
        }
        | CLASSIFY,
    ),
    "regions.path": (
        "z.gpkg",
        {"prepare_regions", "split_polygons", "select_samples", "summarise_candidates", "compare_precisions"}
        | PREDICT
        | {"count_validation"},
    ),
    # Nothing depends on these without a file of regions; with one, see below.
    "regions.field": ("zone", set()),
    "regions.layer": ("l", set()),
    "regions.fallback": ("global", set()),
    "regions.blend_m": (50.0, {"weigh_regions"}),
    "split.ratio": (0.5, {"split_polygons"}),
    "split.validation_ratio": (0.5, {"split_polygons"}),
    "split.singletons": ("both", {"split_polygons"}),
    "split.validation_by": ("tile", {"select_samples"}),
    # No field imposes roles.
    "split.field_values": ({"x": "learn"}, set()),
    "fusion.holdout_ratio": (0.1, {"split_polygons"}),
    # A share of the polygons is kept apart for the score.
    "fusion.methods": (["majority"], {"split_polygons", "score_fused"}),
    "fusion.mass": ("kappa", {"fuse_maps"}),
    "split.seeds": ([0, 1], SUMMARIES | FUSION | {"measure_votes"}),
    "folds.scheme": (["A", "B"], SUMMARIES | {"measure_samples", "measure_neighbours"}),
    "folds.buffer_m": (10.0, {"select_samples", "score_distances"}),
    "folds.boundary": ("owned", {"select_samples", "score_distances"}),
    "folds.straddlers": ("clip", {"select_samples", "score_distances"}),
    # The folds are tiles; see below for the others.
    "folds.block_size_m": (500.0, {"assign_blocks"}),
    "folds.number": (7, {"assign_blocks"}),
    "folds.field": ("f", set()),
    "folds.values": (["a"], set()),
    "folds.maps": ("all", {"mosaic_tiles", "measure_seams", "score_fused", "score_regularised"} | POLYGONS),
    "selection.strategy": ("all", {"select_samples"}),
    "selection.count": (5, {"select_samples"}),
    # The strategy is constant, the sampler periodic.
    "selection.share": (0.5, set()),
    "selection.total": (50, set()),
    "selection.by_class": ({"1": 5}, set()),
    "selection.prevalence": ("reference", {"select_samples"}),
    "selection.min": ({"2": 5}, {"select_samples"}),
    "selection.max": (50, {"select_samples"}),
    "selection.quota": ("equal", {"select_samples"}),
    "selection.sampler": ("random", {"select_samples"}),
    "selection.offset": (3, {"select_samples"}),
    "selection.jitter": (3, {"select_samples"}),
    "selection.min_clear_dates": (2, {"select_samples"}),
    "training.dl_name": ("Other", {"train_candidate"}),
    "training.dl_module": ("m.py", {"train_candidate"}),
    "training.additional_statistics_percentage": (0.5, {"assemble_samples"}),
    "training.dl_parameters": ({"dropout": 0.1}, {"train_candidate"}),
    "training.epochs": (7, {"train_candidate"}),
    "training.hyperparameters_solver.batch_size": ([1000, 7], {"select_model", "summarise_candidates"}),
    "training.hyperparameters_solver.learning_rate": ([1e-5, 1e-3], {"select_model", "summarise_candidates"}),
    "training.model_selection_criterion": ("oa", {"select_model"}),
    # The model that predicts is another file.
    "training.temperature_scaling": (True, set()),
    "training.weighted_labels": (True, {"train_candidate"}),
    "training.dataloader_mode": ("full", {"train_candidate"}),
    "training.restart_from_checkpoint": (False, {"train_candidate"}),
    "training.num_workers": (2, {"train_candidate"}),
    "training.optimiser": ("adamw", {"train_candidate"}),
    "training.gradient_clipping": (1.0, {"train_candidate"}),
    "training.label_smoothing": (0.1, {"train_candidate"}),
    "training.precision": ("fp32", {"train_candidate"}),
    "training.compile": (True, {"train_candidate"}),
    "training.tensorboard": (True, {"train_candidate"}),
    "training.adaptive_lr.patience": (3, {"train_candidate"}),
    "training.adaptive_lr.factor": (0.5, {"train_candidate"}),
    "training.adaptive_lr.threshold": (0.1, {"train_candidate"}),
    "training.adaptive_lr.threshold_mode": ("abs", {"train_candidate"}),
    "training.adaptive_lr.cooldown": (1, {"train_candidate"}),
    "training.adaptive_lr.min_lr": (1e-6, {"train_candidate"}),
    "training.adaptive_lr.eps": (1e-6, {"train_candidate"}),
    # Any key switches it on, see the reference system.
    "training.adaptive_lr.verbose": (True, {"train_candidate"}),
    "training.augmentation.time_shift": (2, {"train_candidate"}),
    "training.augmentation.band_noise": (0.1, {"train_candidate"}),
    "training.augmentation.date_dropout": (0.1, {"train_candidate"}),
    "training.enable_early_stop": (True, {"train_candidate"}),
    # Without early stop these have no effect.
    "training.epoch_to_trigger": (1, set()),
    "training.early_stop_patience": (1, set()),
    "training.early_stop_tol": (0.1, set()),
    "training.early_stop_metric": ("val_oa", set()),
    "training.compute_threads": (2, {"train_candidate"}),
    "training.device": ("cuda:1", {"train_candidate"}),
    "classification.number_of_chunks": (2, {"classify_chunk", "merge_chunks"}),
    "classification.memory_gb": (1e-4, {"classify_chunk", "merge_chunks"}),
    "classification.confidence_type": ("float16", {"classify_chunk"}),
    "classification.enable_probability_map": (True, {"classify_chunk", "describe_map"}),
    "classification.enable_margin_map": (True, {"classify_chunk", "describe_map"}),
    "classification.enable_clear_dates_map": (True, {"classify_chunk", "describe_map"}),
    "classification.batch_rows": (64, CLASSIFY),
    "classification.compute_threads": (2, CLASSIFY),
    "classification.device": ("cpu", CLASSIFY),
    "classification.precision": ("bf16", PREDICT),
    "models.tolerance_days": (3, set()),
    "maps.nodata": (
        9,
        {
            "mosaic_tiles",
            "measure_seams",
            "polygonise_tile",
            "measure_votes",
            "summarise_sites",
            "mask_applicability",
            "validate_run",
            "score_distances",
            "summarise_runs",
            "summarise_level",
            "estimate_areas",
            "estimate_polygon_areas",
        }
        | {*BASELINES, *FUSION, *REGULARISING, *PREDICT},
    ),
    "maps.crs": ("EPSG:2154", {"mosaic_tiles", "measure_seams", *POLYGONS}),
    "maps.vector": ("gpkg", set()),
    "maps.vector_min_pixels": (5, {"polygonise_tile"}),
    # The probabilities that are blended are a product of each tile.
    "maps.blend": (True, {"classify_chunk", "mosaic_tiles"}),
    # The other methods' numbers count with them, see below; `bayes` needs the probabilities.
    "maps.regularise": ("majority", {"regularise_map"}),
    "maps.regularise_radius": (4, set()),
    "maps.regularise_min_pixels": (9, set()),
    "maps.regularise_smoothness": (2.0, set()),
    # Files are inputs of the rule.
    "validation.reference_sample.path": ("q.gpkg", set()),
    "validation.reference_sample.strata": ("t.csv", set()),
    "validation.reference_sample.class_field": ("c", {"estimate_areas"}),
    "validation.reference_sample.stratum_field": ("s", {"estimate_areas"}),
    "validation.applicability.samples": (1000, {"measure_samples"}),
    "validation.applicability.step": (3, {"measure_dissimilarity"}),
    "validation.max_test_pixels": (5, {"predict_samples"}),
    "validation.baselines": (["majority"], BASELINES),
    "validation.bootstrap.replicates": (1500, INTERVALS),
    "validation.distances": ([50, 500], {"score_distances"}),
    "validation.bootstrap.seed": (3, INTERVALS),
    # The counts say what is resampled to those that read them.
    "validation.bootstrap.unit": ("group", {"validate_run"}),
    # Nothing depends on the size of blocks unless they are resampled, see below.
    "validation.bootstrap.block_m": (400.0, set()),
    "report.title": ("t", set()),
    "report.few_polygons": (7, set()),
    "report.sites": ([{"name": "delta", "x": 501700.0, "y": 4899500.0, "size": 100}], SITES),
}
#: Fields that can hold one value only, as yet.
SINGLE: set[str] = set()
#: With it there are no folds, which the settings compared are those of; see below.
ELSEWHERE = {"models.from"}


def plan_of(raw, values=()):
    config = read_config(raw)
    grids = {
        tile: Grid("EPSG:32631", (10.0, 0.0, 500000.0 + 800 * i, 0.0, -10.0, 4900000.0), 100, 100)
        for i, tile in enumerate(TILES)
    }
    calendar, faults = make_calendar(config, "own", {tile: ["2018-02-01"] for tile in TILES})
    assert faults == []
    codes = [item.code for item in config.reference.nomenclature]
    return Plan(
        config=config,
        train=tuple(config.tiles.train),
        mapped=tuple(config.tiles.map),
        grids=grids,
        ownership=Ownership("EPSG:32631", {t: footprint_ring(g, g.crs) for t, g in grids.items()}),
        products={tile: {"own": [{"name": "1", "date": "2018-02-01", "stamp": [1, 1]}]} for tile in TILES},
        calendars={"own": calendar},
        expressions=feature_expressions(config),
        external=EXTERNAL,
        classes=tuple(config.reference.nomenclature),
        nodata=choose_nodata(config.maps.nodata, codes)[0],
        code=dict.fromkeys(BUILDERS, "c"),
        refused={"B": {"own": [{"product": "2", "file": "f", "reason": "r"}]}},
        fold_values=values,
        region_names=("east", "west") if config.regions.path else (),
    )


WILDCARDS = {
    "tile": "B",
    "sensor": "own",
    "fold": "without_A",
    "seed": "0",
    "region": "all",
    "candidate": "batch_1000_lr_1e-05",
    "chunk": "0",
    "product": "classification",
    "level": "1",
    "method": "dempster_shafer",
    "site": "delta",
}


def all_settings(plan, **wildcards):
    found, given = {}, WILDCARDS | wildcards
    for rule, builder in BUILDERS.items():
        names = builder.__code__.co_varnames[1 : builder.__code__.co_argcount]
        found[rule] = rule_settings(plan, rule, {name: given[name] for name in names})
    return found


def with_value(raw, key, value):
    *sections, last = key.split(".")
    copy = json.loads(json.dumps(raw))
    section = copy
    for name in sections:
        section = section.setdefault(name, {})
    section[last] = value
    return copy


@pytest.mark.parametrize("key", list(DEPENDS))
def test_a_flipped_field_changes_the_settings_of_what_depends_on_it(key):
    value, expected = DEPENDS[key]
    if value is None:
        value = "elsewhere"
    before, after = all_settings(plan_of(RAW)), all_settings(plan_of(with_value(RAW, key, value)))
    changed = {rule for rule in EVERY if before[rule] != after[rule]}
    assert changed - {"write_report"} == expected
    shown = key not in ("results", "classification.number_of_chunks", "classification.memory_gb")
    assert ("write_report" in changed) == shown


def changed_rules(before, after):
    first, second = all_settings(plan_of(before)), all_settings(plan_of(after))
    return {rule for rule in EVERY if first[rule] != second[rule]} - {"write_report"}


@pytest.mark.parametrize("section", ["calendar", "sensors.own"])
def test_the_width_counts_where_the_method_has_one(section):
    gaussian = with_value(RAW, f"{section}.method", "gaussian")
    assert changed_rules(gaussian, with_value(gaussian, f"{section}.gaussian_width", 5.0)) == {"preprocess"}


@pytest.mark.parametrize("method", ["none", "raw"])
def test_the_step_does_not_count_where_dates_are_those_of_acquisitions(method):
    acquired = with_value(RAW, "calendar.method", method)
    assert changed_rules(acquired, with_value(acquired, "calendar.step", 5)) == set()


def test_a_sensors_own_method_comes_first():
    own = with_value(RAW, "sensors.own.method", "gaussian")
    assert changed_rules(own, with_value(own, "calendar.method", "raw")) == set()


MAPPING = ["preprocess", "classify_chunk", "merge_chunks", "mosaic_tiles", "measure_seams", "regularise_map"]


def test_models_of_elsewhere_change_what_classifies():
    here = with_value(RAW, "report.sites", [])
    before, after = plan_of(here), plan_of(with_value(here, "models.from", "elsewhere"))
    assert [run.fold for run in after.runs] == ["all", "all"]
    changed = set()
    for rule in MAPPING:
        builder = BUILDERS[rule]
        names = builder.__code__.co_varnames[1 : builder.__code__.co_argcount]
        given = {name: (WILDCARDS | {"fold": "all"})[name] for name in names}
        if rule_settings(before, rule, given) != rule_settings(after, rule, given):
            changed.add(rule)
    assert changed == {"classify_chunk"}


@pytest.mark.parametrize(
    ("method", "key", "value"),
    [
        ("majority", "radius", 2),
        ("bayes", "radius", 2),
        ("sieve", "min_pixels", 9),
        ("bayes", "smoothness", 2.0),
    ],
)
def test_a_regularisations_own_numbers_count(method, key, value):
    chosen = with_value(RAW, "maps.regularise", method)
    found = changed_rules(chosen, with_value(chosen, f"maps.regularise_{key}", value))
    assert found == {"regularise_map"}


@pytest.mark.parametrize(
    ("strategy", "key", "value", "other"),
    [("percent", "share", 0.1, 0.2), ("total", "total", 50, 60), ("byclass", "by_class", {"1": 5}, {"2": 5})],
)
def test_the_strategys_own_numbers_count(strategy, key, value, other):
    chosen = with_value(with_value(RAW, "selection.strategy", strategy), f"selection.{key}", value)
    assert changed_rules(chosen, with_value(chosen, f"selection.{key}", other)) == {"select_samples"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("epoch_to_trigger", 1),
        ("early_stop_patience", 1),
        ("early_stop_tol", 0.1),
        ("early_stop_metric", "val_oa"),
    ],
)
def test_where_trainings_end_early_its_keys_count(key, value):
    early = with_value(RAW, "training.enable_early_stop", True)
    assert changed_rules(early, with_value(early, f"training.{key}", value)) == {"train_candidate"}


def test_where_every_pixel_is_taken_the_sampler_does_not_count():
    every = with_value(RAW, "selection.strategy", "all")
    assert changed_rules(every, with_value(every, "selection.sampler", "random")) == set()
    assert changed_rules(every, with_value(every, "selection.quota", "equal")) == set()
    limited = with_value(every, "selection.max", {"1": 9})
    assert changed_rules(limited, with_value(limited, "selection.sampler", "random")) == {"select_samples"}


def fields(section, prefix=""):
    for name, field in section.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, Section):
            yield from fields(annotation, f"{prefix}{name}.")
        elif name == "sensors":
            yield from fields(annotation.__args__[1], "sensors.own.")
        elif name == "user_features":
            yield from fields(annotation.__args__[1], "user_features.dem.")
        elif name in ("reference_sample", "applicability"):
            yield from fields(annotation.__args__[0], f"{prefix}{name}.")
        elif name == "samples" and not prefix:
            continue  # See test_table_plan.py.
        else:
            yield prefix + (field.alias or name)


REGIONS = with_value(with_value(RAW, "regions.path", "z.gpkg"), "regions.field", "zone")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("regions.path", "other.gpkg", set()),
        ("regions.field", "name", {"prepare_regions"}),
        ("regions.layer", "l", {"prepare_regions"}),
        # The model of all regions is one more; no split and no raster depends on it.
        (
            "regions.fallback",
            "global",
            {"select_samples", "summarise_candidates", "compare_precisions"} | PREDICT,
        ),
        ("regions.fallback", "nearest", PREDICT | {"weigh_regions"}),
        ("regions.blend_m", 50.0, {"weigh_regions"}),
    ],
)
def test_with_regions(key, value, expected):
    assert changed_rules(REGIONS, with_value(REGIONS, key, value)) == expected


def test_regions_have_a_model_each_and_one_of_all_where_the_fallback_needs_it():
    assert plan_of(RAW).regions == ["all"]
    assert plan_of(REGIONS).regions == ["east", "west"]
    assert plan_of(with_value(REGIONS, "regions.fallback", "nearest")).regions == ["east", "west"]
    assert plan_of(with_value(REGIONS, "regions.fallback", "global")).regions == ["east", "west", "all"]
    assert plan_of(with_value(RAW, "regions.fallback", "global")).regions == ["all"]


def test_every_field_of_the_config_is_in_the_table():
    assert set(fields(Config)) == set(DEPENDS) | SINGLE | ELSEWHERE


def test_swapped_values_of_equal_type_are_seen():
    first = with_value(with_value(RAW, "split.ratio", 0.75), "split.validation_ratio", 0.2)
    second = with_value(with_value(RAW, "split.ratio", 0.2), "split.validation_ratio", 0.75)
    assert all_settings(plan_of(first))["split_polygons"] != all_settings(plan_of(second))["split_polygons"]


def test_values_of_the_split_field_count_where_there_is_one():
    imposed = with_value(RAW, "reference.split_field", "s")
    named = with_value(imposed, "split.field_values", {1: "learn", "t": "test"})
    assert changed_rules(imposed, named) == {"split_polygons"}
    assert all_settings(plan_of(named))["split_polygons"]["field_values"] == {"1": "learn", "t": "test"}


@pytest.mark.parametrize("name", ["ratio", "validation_ratio"])
def test_shares_by_class_are_completed_with_the_default(name):
    def share(value):
        raw = with_value(RAW, f"split.{name}", value)
        plan = Plan.from_dict(json.loads(json.dumps(plan_of(raw).to_dict())))
        return all_settings(plan)["split_polygons"][name]

    default = {"ratio": 0.75, "validation_ratio": 0.2}[name]
    assert share(0.6) == 0.6
    assert share({2: 0.5}) == {"default": default, "2": 0.5}
    assert share({"default": 0.3, "2": 0.5, 1: 0.25}) == {"default": 0.3, "2": 0.5, "1": 0.25}


def class_settings(text, **changes):
    plan = plan_of(RAW)
    changed = plan.classes[0].model_copy(update=changes)
    return all_settings(replace(plan, classes=(changed, plan.classes[1]), text_classes=text))


def changed_by(text, **changes):
    first, second = class_settings(text), class_settings(text, **changes)
    return {rule for rule in EVERY if first[rule] != second[rule]}


def test_names_of_classes_count_where_the_class_field_may_hold_them():
    labelled = {
        "summarise_runs",
        "summarise_level",
        "estimate_areas",
        "estimate_polygon_areas",
        "mosaic_tiles",
        "describe_map",
        "fuse_maps",
        "regularise_map",
        "stitch_polygons",
        "write_report",
    }
    assert changed_by(text=False, label="other") == labelled
    assert changed_by(text=True, label="other") == labelled | {"clean_ground_truth"}
    assert changed_by(text=True, label="ONE") == labelled
    assert changed_by(text=False, alias=["other"]) == {"clean_ground_truth"}
    assert changed_by(text=False, parent="group") == {"summarise_level"}


def test_areas_come_from_polygons_where_there_is_a_map_and_no_sample():
    assert plan_of(RAW).polygon_area_seeds == []
    without = plan_of(with_value(RAW, "validation.reference_sample", None))
    assert without.polygon_area_seeds == [0, 5]
    assert replace(without, mapped=()).polygon_area_seeds == []
    assert replace(without, table={"tiles": {}, "columns": {}}).polygon_area_seeds == []


def test_settings_are_plain_data():
    for rule, settings in all_settings(plan_of(RAW)).items():
        assert json.loads(json.dumps(settings)) == settings, rule


def test_the_run_all_does_not_depend_on_what_folds_bar():
    wildcards = {"fold": "all", "seed": "0"}
    before = rule_settings(plan_of(RAW), "select_samples", wildcards)
    after = rule_settings(plan_of(with_value(RAW, "folds.buffer_m", 50.0)), "select_samples", wildcards)
    assert before == after


def test_the_size_of_resampled_blocks_counts_where_they_are_resampled():
    blocks = with_value(RAW, "validation.bootstrap", {"unit": "block", "block_m": 300.0})
    assert changed_rules(RAW, blocks) == {"validate_run"}
    other = with_value(blocks, "validation.bootstrap.block_m", 400.0)
    assert changed_rules(blocks, other) == {"validate_run"}
    assert all_settings(plan_of(blocks))["validate_run"]["resampling"] == {
        "kind": "block",
        "size_m": 300.0,
        "crs": "EPSG:32631",
    }


BLOCKS = with_value(RAW, "folds", {"scheme": "blocks", "block_size_m": 500.0, "number": 3})
FIELD = with_value(RAW, "folds", {"scheme": "field", "field": "f"})


def changed_of_fold(before, after, fold, values=()):
    pairs = [
        all_settings(plan_of(raw, values), fold=fold, **({"product": "classification"}))
        for raw in (before, after)
    ]
    return {rule for rule in EVERY if pairs[0][rule] != pairs[1][rule]} - {"write_report"}


def test_the_size_of_blocks_concerns_what_asks_for_a_pixels_block():
    other = with_value(BLOCKS, "folds.block_size_m", 400.0)
    asking = {"assign_blocks", "predict_samples", "measure_samples"}
    assert changed_of_fold(BLOCKS, other, "all") == asking
    barring = {"select_samples", "score_distances"}
    assert changed_of_fold(BLOCKS, other, "without_blocks_2") == asking | barring
    # Which fold a block is in is a file.
    number = with_value(BLOCKS, "folds.number", 4)
    changed = {"assign_blocks", "measure_samples", "measure_neighbours"} | SUMMARIES
    assert changed_of_fold(BLOCKS, number, "without_blocks_2") == changed


def test_the_boundary_concerns_tiles_alone():
    owned = with_value(BLOCKS, "folds.boundary", "owned")
    assert changed_of_fold(BLOCKS, owned, "without_blocks_2") == set()


def test_the_field_concerns_cleaning_and_another_value_only_the_summary():
    other = with_value(FIELD, "folds.field", "g")
    assert changed_of_fold(FIELD, other, "without_x", ("x", "y")) == {"clean_ground_truth"}
    one, two = (all_settings(plan_of(FIELD, values), fold="without_x") for values in (("x",), ("x", "y")))
    changed = {rule for rule in EVERY if one[rule] != two[rule]}
    assert changed == SUMMARIES | {"measure_samples", "measure_neighbours", "write_report"}


@pytest.mark.parametrize("raw", [BLOCKS, FIELD])
def test_a_run_that_maps_nothing_is_not_among_the_maps(raw):
    settings = all_settings(plan_of(raw, ("x",)), fold="all")["write_report"]
    assert settings["mapped_runs"] == ["all/seed_0", "all/seed_5"]
    assert settings["distance_runs"] == [name for name in settings["runs"] if not name.startswith("all/")]


def test_a_plan_survives_its_snapshot():
    plan = plan_of(RAW)
    again = Plan.from_dict(json.loads(json.dumps(plan.to_dict())))
    assert all_settings(again) == all_settings(plan)
    assert again == plan


def test_reading_sentinel1_depends_on_its_speckle_filter():
    def reading(**choices):
        raw = with_value(RAW, "sensors", {"sentinel1_desvv": {"path": "p", **choices}})
        return reading_definition(read_config(raw), "sentinel1_desvv")

    plain = reading(speckle_filter="none", speckle_window=9)
    assert plain == reading()
    assert "speckle_window" not in plain
    assert reading(speckle_filter="quegan") == {**plain, "speckle_window": 7}
    assert reading(speckle_filter="quegan", speckle_window=9) == {**plain, "speckle_window": 9}


def test_choices_for_a_known_sensor_take_the_place_of_the_catalogues():
    choices = {"path": "p", "resampling": "nearest", "mask_bits": [3], "bands": ["coastal", "red"]}
    found = reading_definition(read_config(with_value(RAW, "sensors", {"landsat_c2": choices})), "landsat_c2")
    assert found["bands"] == ["coastal", "red"]
    assert found["resampling"] == "nearest"
    assert found["masks"] == [{"path": "{name}_QA_PIXEL.TIF", "bits": [3]}]
    assert SENSORS["landsat_c2"]["masks"][0]["bits"] == [0, 1, 2, 3, 4]


def test_what_the_plan_left_out_comes_to_the_job_that_lists_it():
    settings = rule_settings(plan_of(RAW), "preprocess", {"tile": "B", "sensor": "own"})
    assert settings["refused"] == [{"product": "2", "file": "f", "reason": "r"}]


def features(*chosen):
    settings = all_settings(plan_of(with_value(RAW, "features", {"own": list(chosen)})))["assemble_samples"]
    return settings["inputs"]["own"]


def test_formulas_travel_with_the_settings():
    chosen = features("ndvi", "NDVI", {"name": "ratio", "expression": "nir/x"})
    assert chosen["features"] == ["ndvi", "NDVI", "ratio"]
    assert chosen["expressions"] == {"NDVI": "(y - x) / (y + x)", "ratio": "y / x"}
    assert features({"name": "ratio", "expression": "y / z"}) != features(
        {"name": "ratio", "expression": "x / z"}
    )


def external(raw, **changes):
    settings = plan_of(raw)
    return rule_settings(replace(settings, **changes), "compute_external_features", {"tile": "B"})


def test_external_features_see_physical_values_with_the_sensors_scale():
    raw = with_value(RAW, "external_features.values", "physical")
    assert external(raw)["scales"] == {"own": [1.0, 0.0]}
    assert external(with_value(raw, "sensors.own.scale", 0.5))["scales"] == {"own": [0.5, 0.0]}
    assert external(with_value(RAW, "sensors.own.scale", 0.5)) == external(RAW)


def test_external_features_depend_on_acquisitions_only_where_functions_ask_for_them():
    products = {t: {"own": [{"name": "1", "date": "2018-02-01", "stamp": [1, 1]}]} for t in TILES}
    more = {"name": "2", "date": "2018-03-01", "stamp": [1, 1]}
    added = products | {"C": {"own": [*products["C"]["own"], more]}}
    without = EXTERNAL | {"raw": []}
    assert external(RAW, products=added, external=without) == external(RAW, external=without)
    # A date of another tile is one on which this tile was not acquired.
    assert external(RAW, products=added)["raw"]["own"]["dates"] == ["2018-02-01", "2018-03-01"]
    assert external(RAW, products=added)["raw"]["own"]["products"] == products["B"]["own"]


def test_without_functions_there_is_nothing_to_compute():
    assert external(RAW, external=None) == {"code": "c"}


def test_external_features_are_inputs_of_the_network():
    inputs = all_settings(plan_of(RAW))["assemble_samples"]["inputs"]
    assert list(inputs) == ["own", "dem", "rise"]
    assert inputs["own"]["extra"] == ["slope"]
