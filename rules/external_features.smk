# From series (and products, where functions ask for them) to the external features of each tile.


rule compute_external_features:
    input:
        series=expand(
            rules.preprocess.output.series,
            sensor=plan.config.sensors,
            allow_missing=True,
        ),
        skipped=expand(
            rules.preprocess.output.skipped,
            sensor=plan.config.sensors,
            allow_missing=True,
        ),
    output:
        features="<results>/external_features/{tile}.tif",
    log:
        "<logs>/compute_external_features/{tile}.log",
    benchmark:
        "<benchmarks>/compute_external_features/{tile}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 240 * attempt,
    params:
        settings=settings("compute_external_features"),
    message:
        "Computing the external features of tile {wildcards.tile}"
    script:
        "../workflow_scripts/compute_external_features.py"
