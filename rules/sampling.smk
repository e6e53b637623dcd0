# Reference pixels of each tile, once; those that each run is trained on.


rule extract_pool:
    input:
        reference=rules.clean_ground_truth.output.reference,
        series=expand(
            "<results>/series/{{tile}}/{sensor}.tif", sensor=plan.config.sensors
        ),
        clear_dates=expand(
            "<results>/series/{{tile}}/{sensor}_clear.tif", sensor=plan.config.sensors
        ),
        static=[feature.path for feature in plan.config.user_features.values()],
        external=(
            [rules.compute_external_features.output.features] if plan.external else []
        ),
    output:
        pool="<results>/pools/{tile}.nc",
        pool_index="<results>/pools/{tile}_index.parquet",
    log:
        "<logs>/extract_pool/{tile}.log",
    benchmark:
        "<benchmarks>/extract_pool/{tile}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        settings=settings("extract_pool"),
    message:
        "Extracting the reference pixels of tile {wildcards.tile}"
    script:
        "../workflow_scripts/extract_pool.py"


rule select_samples:
    input:
        split=rules.split_polygons.output.split,
        indexes=lambda wildcards: expand(
            rules.extract_pool.output.pool_index,
            tile=plan.run(wildcards.fold, wildcards.seed).training_tiles,
        ),
        # The run `all` is selected whatever the blocks.
        blocks=lambda wildcards: fold_blocks if wildcards.fold != "all" else [],
        regions=lambda wildcards: expand(
            rules.burn_regions.output.raster,
            tile=(
                plan.run(wildcards.fold, wildcards.seed).training_tiles
                if plan.region_names
                else []
            ),
        ),
    output:
        selection="<results>/runs/{fold}/seed_{seed}/selection.parquet",
        rates="<results>/runs/{fold}/seed_{seed}/rates.csv",
        samples="<results>/runs/{fold}/seed_{seed}/samples.csv",
        roles="<results>/runs/{fold}/seed_{seed}/roles.parquet",
        barred="<results>/runs/{fold}/seed_{seed}/barred.csv",
    log:
        "<logs>/select_samples/{fold}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/select_samples/{fold}/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("select_samples"),
    message:
        "Selecting the samples of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/select_samples.py"


rule samples:
    input:
        [
            f"<results>/runs/{run.fold}/seed_{run.seed}/region_{region}/samples.nc"
            for run in plan.runs
            for region in plan.regions
        ],
