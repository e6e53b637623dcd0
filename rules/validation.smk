# Predicted test pixels, matrices, metrics and scores by distance of each run; tables over all runs.
from tilefold.plan.resampling import resampling_kind

reference_sample = (
    plan.config.validation.reference_sample if plan.table is None else None
)
level_tables = expand("<results>/summary/level_{level}/folds.csv", level=plan.levels)
area_tables = expand(
    "<results>/summary/areas/seed_{seed}.csv",
    seed=plan.config.split.seeds if reference_sample else [],
)
polygon_area_tables = expand(
    "<results>/summary/areas_polygons/seed_{seed}.csv", seed=plan.polygon_area_seeds
)


# One table for all that read every tile; runs are trained on those of their own tiles.
rule gather_indexes:
    input:
        indexes=expand("<results>/pools/{tile}_index.parquet", tile=plan.train),
    output:
        index="<results>/pools/index.parquet",
    log:
        "<logs>/gather_indexes.log",
    benchmark:
        "<benchmarks>/gather_indexes.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        settings=settings("gather_indexes"),
    message:
        "Gathering the indexes of the pools of all tiles"
    script:
        "../workflow_scripts/gather_indexes.py"


rule predict_samples:
    input:
        models=expand(run_model, region=plan.regions, allow_missing=True),
        roles="<results>/runs/{fold}/seed_{seed}/roles.parquet",
        pools=expand("<results>/pools/{tile}.nc", tile=plan.train),
        index="<results>/pools/index.parquet",
        blocks=fold_blocks,
        regions=expand(region_rasters, tile=plan.train),
        neighbours=region_neighbours,
        precision=precisions,
    output:
        predicted="<results>/runs/{fold}/seed_{seed}/predicted.parquet",
    log:
        "<logs>/predict_samples/{fold}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/predict_samples/{fold}/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: plan.config.classification.compute_threads
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
        gpu=0 if plan.config.classification.device == "cpu" else 1,
    params:
        settings=settings("predict_samples"),
    message:
        "Predicting the test pixels of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/predict_samples.py"


rule validate_run:
    input:
        predicted=rules.predict_samples.output.predicted,
        rates=rules.select_samples.output.rates,
        roles=rules.select_samples.output.roles,
        split="<results>/split/seed_{seed}.parquet",
        index=(
            ["<results>/pools/index.parquet"]
            if resampling_kind(plan.config) == "block"
            else []
        ),
    output:
        counts="<results>/validation/{fold}/seed_{seed}/counts.parquet",
        metrics="<results>/validation/{fold}/seed_{seed}/metrics.csv",
        classes="<results>/validation/{fold}/seed_{seed}/classes.csv",
        matrices=directory("<results>/validation/{fold}/seed_{seed}/matrices"),
        confusion="<results>/validation/{fold}/seed_{seed}/confusion.csv",
        reliability="<results>/validation/{fold}/seed_{seed}/reliability.csv",
        risk="<results>/validation/{fold}/seed_{seed}/risk.csv",
    log:
        "<logs>/validate_run/{fold}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/validate_run/{fold}/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        settings=settings("validate_run"),
    message:
        "Validating {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/validate_run.py"


rule score_distances:
    input:
        predicted=rules.predict_samples.output.predicted,
        roles=rules.select_samples.output.roles,
        index="<results>/pools/index.parquet",
        blocks=fold_blocks,
    output:
        distances="<results>/validation/{fold}/seed_{seed}/distances.csv",
    log:
        "<logs>/score_distances/{fold}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/score_distances/{fold}/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("score_distances"),
    message:
        "Scoring {wildcards.fold}, seed {wildcards.seed}, by distance from training polygons"
    script:
        "../workflow_scripts/score_distances.py"


rule summarise_runs:
    input:
        counts=[
            f"<results>/validation/{run.fold}/seed_{run.seed}/counts.parquet"
            for run in plan.runs
        ],
        rates=[
            f"<results>/runs/{run.fold}/seed_{run.seed}/rates.csv" for run in plan.runs
        ],
    output:
        folds=report(
            "<results>/summary/folds.csv",
            category="Accuracy",
            caption="../docs/captions/folds.rst",
        ),
        classes=report(
            "<results>/summary/classes.csv",
            category="Accuracy",
            caption="../docs/captions/classes.rst",
        ),
        gaps=report(
            "<results>/summary/gaps.csv",
            category="Accuracy",
            caption="../docs/captions/gaps.rst",
        ),
        folds_mean=report(
            "<results>/summary/folds_mean.csv",
            category="Accuracy",
            caption="../docs/captions/folds_mean.rst",
        ),
        intervals=report(
            "<results>/summary/intervals.csv",
            category="Accuracy",
            caption="../docs/captions/intervals.rst",
        ),
        confusion="<results>/summary/confusion.csv",
        matrices=directory("<results>/summary/matrices"),
    log:
        "<logs>/summarise_runs.log",
    benchmark:
        "<benchmarks>/summarise_runs.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("summarise_runs"),
    message:
        "Summarising all runs"
    script:
        "../workflow_scripts/summarise_runs.py"


rule summarise_candidates:
    input:
        choices=[
            f"<results>/runs/{run.fold}/seed_{run.seed}/region_{region}/model_choice.csv"
            for run in plan.runs
            for region in plan.regions
        ],
        histories=[
            f"<results>/runs/{run.fold}/seed_{run.seed}/region_{region}/candidates/{candidate}/history.csv"
            for run in plan.runs
            for region in plan.regions
            for candidate in plan.candidates
        ],
        folds="<results>/summary/folds.csv",
    output:
        candidates=report(
            "<results>/summary/candidates.csv",
            category="Training",
            caption="../docs/captions/candidates.rst",
        ),
    log:
        "<logs>/summarise_candidates.log",
    benchmark:
        "<benchmarks>/summarise_candidates.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        settings=settings("summarise_candidates"),
    message:
        "Listing all candidates"
    script:
        "../workflow_scripts/summarise_candidates.py"


rule predict_baselines:
    input:
        samples=expand(
            "<results>/runs/{fold}/seed_{seed}/region_{region}/samples.nc",
            region=plan.region_names or plan.regions,
            allow_missing=True,
        ),
        predicted="<results>/runs/{fold}/seed_{seed}/predicted.parquet",
        rates="<results>/runs/{fold}/seed_{seed}/rates.csv",
        pools=expand("<results>/pools/{tile}.nc", tile=plan.train),
    output:
        counts="<results>/validation/{fold}/seed_{seed}/baselines.parquet",
    log:
        "<logs>/predict_baselines/{fold}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/predict_baselines/{fold}/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        settings=settings("predict_baselines"),
    message:
        "Predicting the test pixels of {wildcards.fold}, seed {wildcards.seed}, by the baselines"
    script:
        "../workflow_scripts/predict_baselines.py"


rule summarise_baselines:
    input:
        counts=[
            f"<results>/validation/{run.fold}/seed_{run.seed}/baselines.parquet"
            for run in plan.runs
        ],
        rates=rules.summarise_runs.input.rates,
        folds="<results>/summary/folds.csv",
    output:
        baselines=report(
            "<results>/summary/baselines.csv",
            category="Accuracy",
            caption="../docs/captions/baselines.rst",
        ),
    log:
        "<logs>/summarise_baselines.log",
    benchmark:
        "<benchmarks>/summarise_baselines.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("summarise_baselines"),
    message:
        "Summarising the baselines of all runs"
    script:
        "../workflow_scripts/summarise_baselines.py"


rule summarise_level:
    input:
        counts=rules.summarise_runs.input.counts,
        rates=rules.summarise_runs.input.rates,
    output:
        folds=report(
            "<results>/summary/level_{level}/folds.csv",
            category="Accuracy",
            caption="../docs/captions/level.rst",
        ),
        classes="<results>/summary/level_{level}/classes.csv",
        intervals="<results>/summary/level_{level}/intervals.csv",
        confusion="<results>/summary/level_{level}/confusion.csv",
    log:
        "<logs>/summarise_level/level_{level}.log",
    benchmark:
        "<benchmarks>/summarise_level/level_{level}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("summarise_level"),
    message:
        "Summarising all runs by the groups of level {wildcards.level}"
    script:
        "../workflow_scripts/summarise_level.py"


rule estimate_areas:
    input:
        classification="<results>/maps/all/seed_{seed}/classification.tif",
        points=(reference_sample.path if reference_sample else []),
        strata=(reference_sample.strata if reference_sample else []),
    output:
        areas=report(
            "<results>/summary/areas/seed_{seed}.csv",
            category="Accuracy",
            caption="../docs/captions/areas.rst",
        ),
    log:
        "<logs>/estimate_areas/seed_{seed}.log",
    benchmark:
        "<benchmarks>/estimate_areas/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("estimate_areas"),
    message:
        "Estimating areas by the reference sample, seed {wildcards.seed}"
    script:
        "../workflow_scripts/estimate_areas.py"


rule estimate_polygon_areas:
    input:
        classification="<results>/maps/all/seed_{seed}/classification.tif",
        counts="<results>/validation/all/seed_{seed}/counts.parquet",
        split="<results>/split/seed_{seed}.parquet",
    output:
        areas=report(
            "<results>/summary/areas_polygons/seed_{seed}.csv",
            category="Accuracy",
            caption="../docs/captions/areas_polygons.rst",
        ),
    log:
        "<logs>/estimate_polygon_areas/seed_{seed}.log",
    benchmark:
        "<benchmarks>/estimate_polygon_areas/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("estimate_polygon_areas"),
    message:
        "Estimating areas from test polygons, seed {wildcards.seed}"
    script:
        "../workflow_scripts/estimate_polygon_areas.py"


rule validation:
    input:
        rules.summarise_runs.output,
        rules.summarise_candidates.output,
        level_tables,
        area_tables,
        rules.summarise_baselines.output if plan.config.validation.baselines else [],
        [
            f"<results>/validation/{run.fold}/seed_{run.seed}/distances.csv"
            for run in plan.runs
            if run.held_out and plan.has_places
        ],
