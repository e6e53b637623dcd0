# Reference pixels of each tile, once.


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
