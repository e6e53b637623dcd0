# How dissimilar the map's pixels are from the samples, and where the map may be applied.


rule measure_samples:
    input:
        model="<results>/runs/all/seed_{seed}/region_all/model.safetensors",
        samples="<results>/runs/all/seed_{seed}/region_all/samples.nc",
        roles="<results>/runs/all/seed_{seed}/roles.parquet",
        predicted=expand(
            "<results>/runs/{fold}/seed_{seed}/predicted.parquet",
            fold=plan.folds,
            allow_missing=True,
        ),
        pools=expand("<results>/pools/{tile}.nc", tile=plan.train),
        blocks=fold_blocks,
    output:
        space="<results>/applicability/seed_{seed}/space.nc",
        summary="<results>/applicability/seed_{seed}/samples.csv",
        importance="<results>/applicability/seed_{seed}/importance.csv",
        errors="<results>/applicability/seed_{seed}/errors.csv",
    log:
        "<logs>/measure_samples/seed_{seed}.log",
    benchmark:
        "<benchmarks>/measure_samples/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: plan.config.classification.compute_threads
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
        gpu=0 if plan.config.classification.device == "cpu" else 1,
    params:
        settings=settings("measure_samples"),
    message:
        "Measuring the samples of all, seed {wildcards.seed}"
    script:
        "../workflow_scripts/measure_samples.py"


rule measure_dissimilarity:
    input:
        space=rules.measure_samples.output.space,
        series=rules.classify_chunk.input.series,
        clear_dates=rules.classify_chunk.input.clear_dates,
        static=rules.classify_chunk.input.static,
        external=rules.classify_chunk.input.external,
    output:
        dissimilarity="<results>/maps/all/seed_{seed}/tiles/{tile}_dissimilarity.tif",
    log:
        "<logs>/measure_dissimilarity/seed_{seed}/{tile}.log",
    benchmark:
        "<benchmarks>/measure_dissimilarity/seed_{seed}/{tile}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: plan.config.classification.compute_threads
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 240 * attempt,
    params:
        settings=settings("measure_dissimilarity"),
    message:
        "Measuring the dissimilarity of {wildcards.tile} from the samples, seed {wildcards.seed}"
    script:
        "../workflow_scripts/measure_dissimilarity.py"


rule mask_applicability:
    input:
        space=rules.measure_samples.output.space,
        dissimilarity="<results>/maps/all/seed_{seed}/dissimilarity.tif",
        classification="<results>/maps/all/seed_{seed}/classification.tif",
    output:
        applicable="<results>/maps/all/seed_{seed}/applicable.tif",
        classes="<results>/applicability/seed_{seed}/classes.csv",
    log:
        "<logs>/mask_applicability/seed_{seed}.log",
    benchmark:
        "<benchmarks>/mask_applicability/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("mask_applicability"),
    message:
        "Masking the area of applicability of all, seed {wildcards.seed}"
    script:
        "../workflow_scripts/mask_applicability.py"
