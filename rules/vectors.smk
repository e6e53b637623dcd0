# The map as polygons.


rule polygonise_tile:
    input:
        classification="<results>/maps/{fold}/seed_{seed}/classification.tif",
        confidence="<results>/maps/{fold}/seed_{seed}/confidence.tif",
    output:
        polygons=temp("<results>/runs/{fold}/seed_{seed}/polygons/{tile}.parquet"),
        border=temp("<results>/runs/{fold}/seed_{seed}/polygons/{tile}_border.parquet"),
    log:
        "<logs>/polygonise_tile/{fold}/seed_{seed}/{tile}.log",
    benchmark:
        "<benchmarks>/polygonise_tile/{fold}/seed_{seed}/{tile}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("polygonise_tile"),
    message:
        "Polygonising {wildcards.tile} of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/polygonise_tile.py"


rule stitch_polygons:
    input:
        polygons=lambda wildcards: expand(
            rules.polygonise_tile.output.polygons,
            tile=plan.run(wildcards.fold, wildcards.seed).map_tiles,
            allow_missing=True,
        ),
        borders=lambda wildcards: expand(
            rules.polygonise_tile.output.border,
            tile=plan.run(wildcards.fold, wildcards.seed).map_tiles,
            allow_missing=True,
        ),
    output:
        vector=f"<results>/maps/{{fold}}/seed_{{seed}}/classification.{plan.config.maps.vector}",
    log:
        "<logs>/stitch_polygons/{fold}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/stitch_polygons/{fold}/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("stitch_polygons"),
    message:
        "Stitching the polygons of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/stitch_polygons.py"
