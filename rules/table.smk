# From a table of samples to pools and roles; in the place of all that reads images.


rule import_samples:
    input:
        source=plan.config.reference.path,
    output:
        pools=expand("<results>/pools/{tile}.nc", tile=plan.tiles),
        indexes=expand("<results>/pools/{tile}_index.parquet", tile=plan.tiles),
        polygons="<results>/ground_truth/polygons.parquet",
        rejected="<results>/ground_truth/rejected.csv",
        table=report(
            "<results>/ground_truth/cleaning.csv",
            category="Reference data",
            caption="../docs/captions/cleaning.rst",
        ),
    log:
        "<logs>/import_samples.log",
    benchmark:
        "<benchmarks>/import_samples.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        settings=settings("import_samples"),
    message:
        "Importing the table of samples"
    script:
        "../workflow_scripts/import_samples.py"


rule split_samples:
    input:
        polygons=rules.import_samples.output.polygons,
    output:
        split="<results>/split/seed_{seed}.parquet",
    log:
        "<logs>/split_samples/seed_{seed}.log",
    benchmark:
        "<benchmarks>/split_samples/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("split_samples"),
    message:
        "Splitting the samples with seed {wildcards.seed}"
    script:
        "../workflow_scripts/split_samples.py"
