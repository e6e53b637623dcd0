# Whether folds are as far from their samples as the map is.


rule measure_neighbours:
    input:
        roles=expand(
            "<results>/runs/{fold}/seed_{seed}/roles.parquet",
            fold=["all", *plan.folds],
            allow_missing=True,
        ),
        predicted=expand(
            "<results>/runs/{fold}/seed_{seed}/predicted.parquet",
            fold=plan.folds,
            allow_missing=True,
        ),
        index="<results>/pools/index.parquet",
    output:
        neighbours="<results>/summary/neighbours/seed_{seed}.csv",
    log:
        "<logs>/measure_neighbours/seed_{seed}.log",
    benchmark:
        "<benchmarks>/measure_neighbours/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("measure_neighbours"),
    message:
        "Measuring distances to the nearest samples, seed {wildcards.seed}"
    script:
        "../workflow_scripts/measure_neighbours.py"
