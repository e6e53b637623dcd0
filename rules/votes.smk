# How far the maps of several seeds disagree.


rule measure_votes:
    input:
        maps=expand(
            "<results>/maps/{fold}/seed_{seed}/classification.tif",
            seed=plan.config.split.seeds,
            allow_missing=True,
        ),
    output:
        entropy="<results>/maps/{fold}/vote_entropy.tif",
        classes="<results>/maps/{fold}/vote_entropy.csv",
    log:
        "<logs>/measure_votes/{fold}.log",
    benchmark:
        "<benchmarks>/measure_votes/{fold}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("measure_votes"),
    message:
        "Measuring where the maps of {wildcards.fold} disagree"
    script:
        "../workflow_scripts/measure_votes.py"
