# Roles of polygons for each seed; blocks that folds hold out.


rule split_polygons:
    input:
        reference="<results>/ground_truth/reference.gpkg",
        regions=expand(
            rules.burn_regions.output.raster,
            tile=plan.train if plan.region_names else [],
        ),
    output:
        split="<results>/split/seed_{seed}.parquet",
    log:
        "<logs>/split_polygons/seed_{seed}.log",
    benchmark:
        "<benchmarks>/split_polygons/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("split_polygons"),
    message:
        "Splitting the polygons with seed {wildcards.seed}"
    script:
        "../workflow_scripts/split_polygons.py"


rule assign_blocks:
    input:
        reference=rules.clean_ground_truth.output.reference,
    output:
        blocks="<results>/folds/blocks.gpkg",
        balance="<results>/folds/blocks.csv",
    log:
        "<logs>/assign_blocks.log",
    benchmark:
        "<benchmarks>/assign_blocks.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("assign_blocks"),
    message:
        "Assigning blocks to folds"
    script:
        "../workflow_scripts/assign_blocks.py"
