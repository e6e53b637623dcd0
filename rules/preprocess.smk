# From products to one gap-filled series for each tile and sensor.


rule preprocess:
    output:
        series="<results>/series/{tile}/{sensor}.tif",
        clear_dates="<results>/series/{tile}/{sensor}_clear.tif",
        skipped="<results>/series/{tile}/{sensor}_skipped.csv",
    log:
        "<logs>/preprocess/{tile}/{sensor}.log",
    benchmark:
        "<benchmarks>/preprocess/{tile}/{sensor}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 240 * attempt,
    params:
        settings=settings("preprocess"),
    message:
        "Gap-filling {wildcards.sensor} of tile {wildcards.tile}"
    script:
        "../workflow_scripts/preprocess.py"
