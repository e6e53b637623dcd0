# From chunks to tiles, from tiles to one map.


rule merge_chunks:
    input:
        chunks=lambda wildcards: expand(
            "<results>/runs/{fold}/seed_{seed}/chunks/{tile}/{chunk}_{product}.tif",
            chunk=range(tile_chunks(plan, wildcards.tile)),
            allow_missing=True,
        ),
    output:
        merged="<results>/maps/{fold}/seed_{seed}/tiles/{tile}_{product}.tif",
    log:
        "<logs>/merge_chunks/{fold}/seed_{seed}/{tile}_{product}.log",
    benchmark:
        "<benchmarks>/merge_chunks/{fold}/seed_{seed}/{tile}_{product}.tsv"
    wildcard_constraints:
        product="|".join(plan.tile_products),
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        settings=settings("merge_chunks"),
    message:
        "Merging the {wildcards.product} of {wildcards.tile} ({wildcards.fold}, seed {wildcards.seed})"
    script:
        "../workflow_scripts/merge_chunks.py"


rule mosaic_tiles:
    input:
        tiles=lambda wildcards: expand(
            rules.merge_chunks.output.merged,
            tile=plan.run(wildcards.fold, wildcards.seed).map_tiles,
            allow_missing=True,
        ),
        probabilities=lambda wildcards: (
            expand(
                "<results>/maps/{fold}/seed_{seed}/tiles/{tile}_probabilities.tif",
                tile=plan.run(wildcards.fold, wildcards.seed).map_tiles,
                allow_missing=True,
            )
            if blended_codes(plan, wildcards.product)
            else []
        ),
    output:
        mosaic="<results>/maps/{fold}/seed_{seed}/{product}.tif",
    log:
        "<logs>/mosaic_tiles/{fold}/seed_{seed}/{product}.log",
    benchmark:
        "<benchmarks>/mosaic_tiles/{fold}/seed_{seed}/{product}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("mosaic_tiles"),
    message:
        "Mosaicking the {wildcards.product} of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/mosaic_tiles.py"
