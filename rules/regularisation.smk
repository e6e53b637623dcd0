# A map with fewer single pixels, and its scores beside those of the raw one.


rule regularise_map:
    input:
        classification="<results>/maps/{fold}/seed_{seed}/classification.tif",
        probabilities=(
            ["<results>/maps/{fold}/seed_{seed}/probabilities.tif"]
            if plan.config.maps.regularise == "bayes"
            else []
        ),
    output:
        regularised="<results>/maps/{fold}/seed_{seed}/regularised.tif",
        categories="<results>/maps/{fold}/seed_{seed}/regularised.tif.aux.xml",
    log:
        "<logs>/regularise_map/{fold}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/regularise_map/{fold}/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        # The sieve holds the whole map.
        mem_mb=lambda wildcards, attempt: (
            16000 if plan.config.maps.regularise == "sieve" else 4000
        )
        * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("regularise_map"),
    message:
        "Regularising the map of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/regularise_map.py"


rule score_regularised:
    input:
        classification="<results>/maps/{fold}/seed_{seed}/classification.tif",
        regularised=rules.regularise_map.output.regularised,
        predicted="<results>/runs/{fold}/seed_{seed}/predicted.parquet",
        index="<results>/pools/index.parquet",
    output:
        scored="<results>/validation/{fold}/seed_{seed}/regularised.csv",
    log:
        "<logs>/score_regularised/{fold}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/score_regularised/{fold}/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("score_regularised"),
    message:
        "Scoring the regularised map of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/score_regularised.py"
