# One map from the maps of several seeds, and its scores.


rule count_validation:
    input:
        models=expand(
            run_model,
            region=plan.region_names or plan.regions,
            allow_missing=True,
        ),
        samples=expand(
            "<results>/runs/{fold}/seed_{seed}/region_{region}/samples.nc",
            region=plan.region_names or plan.regions,
            allow_missing=True,
        ),
    output:
        matrix="<results>/validation/{fold}/seed_{seed}/validation_matrix.csv",
    log:
        "<logs>/count_validation/{fold}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/count_validation/{fold}/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: plan.config.classification.compute_threads
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0 if plan.config.classification.device == "cpu" else 1,
    params:
        settings=settings("count_validation"),
    message:
        "Counting the validation samples of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/count_validation.py"


rule fuse_maps:
    input:
        maps=expand(
            "<results>/maps/{fold}/seed_{seed}/classification.tif",
            seed=plan.config.split.seeds,
            allow_missing=True,
        ),
        probabilities=lambda wildcards: (
            expand(
                "<results>/maps/{fold}/seed_{seed}/probabilities.tif",
                seed=plan.config.split.seeds,
                allow_missing=True,
            )
            if wildcards.method == "probability"
            else []
        ),
        matrices=lambda wildcards: (
            expand(
                rules.count_validation.output.matrix,
                seed=plan.config.split.seeds,
                allow_missing=True,
            )
            if wildcards.method == "dempster_shafer"
            else []
        ),
    output:
        fused="<results>/maps/{fold}/fused/{method}.tif",
        categories="<results>/maps/{fold}/fused/{method}.tif.aux.xml",
        ties="<results>/maps/{fold}/fused/{method}_ties.csv",
    log:
        "<logs>/fuse_maps/{fold}/{method}.log",
    benchmark:
        "<benchmarks>/fuse_maps/{fold}/{method}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("fuse_maps"),
    message:
        "Fusing the maps of {wildcards.fold} by {wildcards.method}"
    script:
        "../workflow_scripts/fuse_maps.py"


rule score_fused:
    input:
        fused=expand(
            rules.fuse_maps.output.fused,
            method=plan.config.fusion.methods,
            allow_missing=True,
        ),
        maps=rules.fuse_maps.input.maps,
        roles=expand(
            rules.select_samples.output.roles,
            seed=plan.config.split.seeds,
            allow_missing=True,
        ),
        index="<results>/pools/index.parquet",
    output:
        fused="<results>/validation/{fold}/fused.csv",
    log:
        "<logs>/score_fused/{fold}.log",
    benchmark:
        "<benchmarks>/score_fused/{fold}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("score_fused"),
    message:
        "Scoring the fused maps of {wildcards.fold}"
    script:
        "../workflow_scripts/score_fused.py"
