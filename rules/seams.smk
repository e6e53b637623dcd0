# How visible the borders between tiles are on each map.


rule measure_seams:
    input:
        classification="<results>/maps/{fold}/seed_{seed}/classification.tif",
        tiles=lambda wildcards: expand(
            "<results>/maps/{fold}/seed_{seed}/tiles/{tile}_classification.tif",
            tile=plan.run(wildcards.fold, wildcards.seed).map_tiles,
            allow_missing=True,
        ),
    output:
        seams="<results>/maps/{fold}/seed_{seed}/seams.csv",
    log:
        "<logs>/measure_seams/{fold}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/measure_seams/{fold}/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("measure_seams"),
    message:
        "Measuring the seams of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/measure_seams.py"
