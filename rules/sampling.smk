# The reference pixels that each run is trained on, and their database.


rule select_samples:
    input:
        split="<results>/split/seed_{seed}.parquet",
        indexes=lambda wildcards: expand(
            "<results>/pools/{tile}_index.parquet",
            tile=plan.run(wildcards.fold, wildcards.seed).training_tiles,
        ),
        # The run `all` is selected whatever the blocks.
        blocks=lambda wildcards: fold_blocks if wildcards.fold != "all" else [],
        regions=lambda wildcards: expand(
            "<results>/regions/{tile}.tif",
            tile=(
                plan.run(wildcards.fold, wildcards.seed).training_tiles
                if plan.region_names
                else []
            ),
        ),
    output:
        selection="<results>/runs/{fold}/seed_{seed}/selection.parquet",
        rates="<results>/runs/{fold}/seed_{seed}/rates.csv",
        samples="<results>/runs/{fold}/seed_{seed}/samples.csv",
        roles="<results>/runs/{fold}/seed_{seed}/roles.parquet",
        barred="<results>/runs/{fold}/seed_{seed}/barred.csv",
    log:
        "<logs>/select_samples/{fold}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/select_samples/{fold}/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("select_samples"),
    message:
        "Selecting the samples of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/select_samples.py"


rule assemble_samples:
    input:
        pools=lambda wildcards: expand(
            "<results>/pools/{tile}.nc",
            tile=plan.run(wildcards.fold, wildcards.seed).training_tiles,
        ),
        selection="<results>/runs/{fold}/seed_{seed}/selection.parquet",
    output:
        samples="<results>/runs/{fold}/seed_{seed}/region_{region}/samples.nc",
        statistics="<results>/runs/{fold}/seed_{seed}/region_{region}/statistics.json",
    log:
        "<logs>/assemble_samples/{fold}/seed_{seed}/region_{region}.log",
    benchmark:
        "<benchmarks>/assemble_samples/{fold}/seed_{seed}/region_{region}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("assemble_samples"),
    message:
        "Assembling the samples of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/assemble_samples.py"


rule samples:
    input:
        [
            f"<results>/runs/{run.fold}/seed_{run.seed}/region_{region}/samples.nc"
            for run in plan.runs
            for region in plan.regions
        ],
