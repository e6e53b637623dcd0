# Labels, confidence and probabilities of each chunk of a tile.


rule classify_chunk:
    input:
        models=expand(model_files, region=plan.regions, allow_missing=True),
        series=expand(
            rules.preprocess.output.series,
            sensor=plan.config.sensors,
            allow_missing=True,
        ),
        clear_dates=expand(
            rules.preprocess.output.clear_dates,
            sensor=plan.config.sensors,
            allow_missing=True,
        ),
        static=[feature.path for feature in plan.config.user_features.values()],
        external=(
            [rules.compute_external_features.output.features] if plan.external else []
        ),
        regions=region_rasters,
        neighbours=region_neighbours,
        precision=precisions,
    output:
        rasters=temp(
            expand(
                "<results>/runs/{fold}/seed_{seed}/chunks/{tile}/{chunk}_{product}.tif",
                product=plan.tile_products,
                allow_missing=True,
            )
        ),
    log:
        "<logs>/classify_chunk/{fold}/seed_{seed}/{tile}/{chunk}.log",
    benchmark:
        "<benchmarks>/classify_chunk/{fold}/seed_{seed}/{tile}/{chunk}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: plan.config.classification.compute_threads
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
        gpu=0 if plan.config.classification.device == "cpu" else 1,
    params:
        settings=settings("classify_chunk"),
    message:
        "Classifying chunk {wildcards.chunk} of {wildcards.tile} with {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/classify_chunk.py"
