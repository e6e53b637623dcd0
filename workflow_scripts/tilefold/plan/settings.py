"""The one param of each rule: exactly what its output depends on, as plain data.

One function a rule, named as the rule; it takes the rule's wildcards. The engine re-runs a job when its
settings change, so nothing is in them that the output does not depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tilefold.plan.applicability_settings import (
    mask_applicability,
    measure_dissimilarity,
    measure_neighbours,
    measure_samples,
)
from tilefold.plan.calendar import filling
from tilefold.plan.chunking import tile_chunks
from tilefold.plan.external import function_calls, function_scale
from tilefold.plan.fold_settings import assign_blocks, fold_area, fold_scheme, run_key, score_distances
from tilefold.plan.map_settings import (
    count_validation,
    describe_map,
    fuse_maps,
    measure_seams,
    measure_votes,
    mosaic_tiles,
    polygonise_tile,
    prediction,
    regularise_map,
    scale_temperature,
    score_fused,
    score_regularised,
    stitch_polygons,
)
from tilefold.plan.plan import Plan
from tilefold.plan.reference_settings import (
    burn_regions,
    clean_ground_truth,
    fill_regions,
    import_samples,
    prepare_regions,
    split_polygons,
    split_samples,
    weigh_regions,
)
from tilefold.plan.report_settings import classify_site, summarise_sites, write_report
from tilefold.plan.resampling import bootstrap, resampling
from tilefold.plan.runs import ALL
from tilefold.plan.selection import selection_settings
from tilefold.plan.sensors import (
    acquisition_days,
    acquisitions,
    network_inputs,
    reading_definition,
    stored_inputs,
)
from tilefold.plan.splitting import validation_tile
from tilefold.series.inputs import is_user_raster

Settings = dict[str, Any]


def rule_settings(plan: Plan, rule: str, wildcards: Mapping[str, str]) -> Settings:
    """Settings of one job.

    Parameters
    ----------
    plan
        The frozen plan.
    rule
        Name of the rule.
    wildcards
        Its wildcards.
    """
    return {**BUILDERS[rule](plan, **wildcards), "code": plan.code[rule]}


def preprocess(plan: Plan, tile: str, sensor: str) -> Settings:
    """Series of a tile and sensor."""
    calendar = plan.calendars[sensor]
    chosen = filling(plan.config, sensor)
    return {
        "tile": tile,
        "sensor": sensor,
        "grid": plan.grids[tile].to_dict(),
        "calendar": calendar,
        "products": acquisitions(plan.config, plan.products[tile][sensor]),
        "definition": reading_definition(plan.config, sensor),
        "method": chosen.method,
        "method_parameters": chosen.parameters,
        "on_bad_acquisition": plan.config.on_bad_acquisition,
        "refused": plan.refused.get(tile, {}).get(sensor, []),
    }


def compute_external_features(plan: Plan, tile: str) -> Settings:
    """External features of a tile; nothing without functions of the user."""
    if plan.external is None:
        return {}
    config = plan.config
    chosen = config.external_features
    inputs = {name: spec for name, spec in stored_inputs(plan).items() if not is_user_raster(spec)}
    return {
        "tile": tile,
        "grid": plan.grids[tile].to_dict(),
        "module": chosen.module,
        "functions": function_calls(chosen),
        "margin": chosen.margin,
        "scales": {sensor: function_scale(config, sensor) for sensor in config.sensors},
        "inputs": inputs,
        "raw": {
            sensor: {
                "definition": reading_definition(config, sensor),
                "products": acquisitions(config, plan.products[tile][sensor]),
                "dates": acquisition_days(config, sensor, plan.products),
            }
            for sensor in plan.external["raw"]
        },
    }


def extract_pool(plan: Plan, tile: str) -> Settings:
    """Reference pixels of a tile."""
    return {
        "tile": tile,
        "grid": plan.grids[tile].to_dict(),
        "ownership": plan.ownership.neighbours(tile).to_dict(),
        "inputs": stored_inputs(plan),
    }


def gather_indexes(plan: Plan) -> Settings:
    """Indexes of all tiles' pools."""
    return {"tiles": list(plan.train)}


def select_samples(plan: Plan, fold: str, seed: str) -> Settings:
    """Training pixels of a run."""
    run = plan.run(fold, seed)
    return {
        **run_key(run),
        "training_tiles": list(run.training_tiles),
        "codes": plan.codes,
        "regions": plan.regions,
        **selection_settings(plan.config.selection, plan.codes),
        **fold_area(plan, run),
        "validation_tile": validation_tile(plan.config.split, run),
    }


def assemble_samples(plan: Plan, fold: str, seed: str, region: str) -> Settings:
    """Sample database of a run and region."""
    return {
        **run_key(plan.run(fold, seed)),
        "training_tiles": list(plan.run(fold, seed).training_tiles),
        "region": region,
        "inputs": network_inputs(plan),
        "codes": plan.codes,
        "additional_statistics_percentage": plan.config.training.additional_statistics_percentage,
    }


def train_candidate(plan: Plan, fold: str, seed: str, region: str, candidate: str) -> Settings:
    """One candidate of a run and region."""
    training = plan.config.training
    chosen = plan.candidates[candidate]
    return {
        "fold": fold,
        "seed": int(seed),
        "region": region,
        "batch_size": chosen["batch_size"],
        "learning_rate": chosen["learning_rate"],
        "epochs": training.epochs,
        "network": {
            "name": training.dl_name,
            "module": training.dl_module,
            "parameters": dict(training.dl_parameters),
        },
        "weighted_labels": training.weighted_labels,
        "restart_from_checkpoint": training.restart_from_checkpoint,
        "dataloader_mode": training.dataloader_mode,
        "num_workers": training.num_workers,
        "compute_threads": training.compute_threads,
        "device": training.device,
        "precision": training.precision,
        "compile": training.compile,
        "tensorboard": training.tensorboard,
        "optimiser": training.optimiser,
        "label_smoothing": training.label_smoothing,
        "gradient_clipping": training.gradient_clipping,
        "adaptive_lr": training.adaptive_lr.arguments(),
        "early_stop": training.early_stop(),
        "augmentation": training.augmentation.changes(),
    }


def select_model(plan: Plan, fold: str, seed: str, region: str) -> Settings:
    """The candidate that a run and region uses."""
    return {
        "fold": fold,
        "seed": int(seed),
        "region": region,
        "criterion": plan.config.training.model_selection_criterion,
        "candidates": list(plan.candidates.values()),
    }


def compare_precisions(plan: Plan, fold: str, seed: str) -> Settings:
    """Labels of a run's models in both precisions."""
    classification = plan.config.classification
    return {
        "fold": fold,
        "seed": int(seed),
        "regions": plan.regions,
        "codes": plan.codes,
        "batch_rows": classification.batch_rows,
        "compute_threads": classification.compute_threads,
        "device": classification.device,
    }


def predict_samples(plan: Plan, fold: str, seed: str) -> Settings:
    """Predicted test pixels of a run."""
    return {
        **run_key(plan.run(fold, seed)),
        "tiles": list(plan.train),
        "scheme": fold_scheme(plan),
        "max_test_pixels": plan.config.validation.max_test_pixels,
        **prediction(plan),
    }


def classify_chunk(plan: Plan, fold: str, seed: str, tile: str, chunk: str) -> Settings:
    """One chunk of a tile, classified by a run."""
    return {
        "fold": fold,
        "seed": int(seed),
        "tile": tile,
        "grid": plan.grids[tile].to_dict(),
        "chunk": int(chunk),
        "number_of_chunks": tile_chunks(plan, tile),
        "products": plan.tile_products,
        "confidence_type": plan.config.classification.confidence_type,
        "trained_here": plan.trains,
        "inputs": stored_inputs(plan),
        **prediction(plan),
    }


def merge_chunks(plan: Plan, fold: str, seed: str, tile: str, product: str) -> Settings:
    """One raster of a tile, from its chunks."""
    return {
        "fold": fold,
        "seed": int(seed),
        "tile": tile,
        "product": product,
        "grid": plan.grids[tile].to_dict(),
        "number_of_chunks": tile_chunks(plan, tile),
    }


def validate_run(plan: Plan, fold: str, seed: str) -> Settings:
    """Matrices and metrics of a run."""
    run = plan.run(fold, seed)
    sides = ["in_area", "out_of_area", "out_of_area_test"] if run.held_out else ["in_area"]
    return {
        **run_key(run),
        "sides": sides,
        "codes": plan.codes,
        "nodata": plan.nodata,
        "resampling": resampling(plan),
    }


def summarise_runs(plan: Plan) -> Settings:
    """Tables over all runs."""
    return {
        "runs": [{"name": run.name, **run_key(run)} for run in plan.runs],
        "classes": [{"code": item.code, "label": item.label} for item in plan.classes],
        "nodata": plan.nodata,
        "bootstrap": bootstrap(plan),
    }


def summarise_level(plan: Plan, level: str) -> Settings:
    """Tables over all runs by groups of classes."""
    return {**summarise_runs(plan), "level": int(level), "groups": plan.levels[int(level)]}


def estimate_areas(plan: Plan, seed: str) -> Settings:
    """Areas and accuracies from a probability sample."""
    sample = plan.config.validation.reference_sample
    return {
        "seed": int(seed),
        "classes": [{"code": item.code, "label": item.label} for item in plan.classes],
        "nodata": plan.nodata,
        "class_field": sample.class_field if sample else None,
        "stratum_field": sample.stratum_field if sample else None,
    }


def estimate_polygon_areas(plan: Plan, seed: str) -> Settings:
    """Areas from reference polygons."""
    return {
        "seed": int(seed),
        "tiles": list(plan.run(ALL, seed).map_tiles),
        "classes": [{"code": item.code, "label": item.label} for item in plan.classes],
        "nodata": plan.nodata,
        "bootstrap": bootstrap(plan),
    }


def predict_baselines(plan: Plan, fold: str, seed: str) -> Settings:
    """Baselines on a run's test pixels."""
    return {
        **run_key(plan.run(fold, seed)),
        "tiles": list(plan.train),
        "baselines": list(plan.config.validation.baselines),
        "nodata": plan.nodata,
    }


def summarise_baselines(plan: Plan) -> Settings:
    """Scores of the baselines of all runs."""
    return {
        "runs": summarise_runs(plan)["runs"],
        "classes": [{"code": code} for code in plan.codes],
        "nodata": plan.nodata,
        "baselines": list(plan.config.validation.baselines),
    }


def summarise_candidates(plan: Plan) -> Settings:
    """Table of all candidates of all runs."""
    models = [
        {"fold": run.fold, "seed": run.seed, "region": region} for run in plan.runs for region in plan.regions
    ]
    return {"models": models, "candidates": list(plan.candidates)}


BUILDERS: dict[str, Callable[..., Settings]] = {
    builder.__name__: builder
    for builder in (
        preprocess,
        compute_external_features,
        clean_ground_truth,
        prepare_regions,
        burn_regions,
        fill_regions,
        weigh_regions,
        split_polygons,
        assign_blocks,
        import_samples,
        split_samples,
        extract_pool,
        gather_indexes,
        select_samples,
        assemble_samples,
        train_candidate,
        select_model,
        scale_temperature,
        compare_precisions,
        predict_samples,
        classify_chunk,
        merge_chunks,
        mosaic_tiles,
        describe_map,
        measure_seams,
        polygonise_tile,
        stitch_polygons,
        measure_votes,
        count_validation,
        fuse_maps,
        score_fused,
        regularise_map,
        score_regularised,
        validate_run,
        score_distances,
        summarise_runs,
        summarise_candidates,
        predict_baselines,
        summarise_baselines,
        summarise_level,
        estimate_areas,
        estimate_polygon_areas,
        measure_samples,
        measure_dissimilarity,
        mask_applicability,
        measure_neighbours,
        classify_site,
        summarise_sites,
        write_report,
    )
}
