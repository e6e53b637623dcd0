# What lies beside the maps: a QGIS style, a STAC item, GDAL's names of the classes.


rule describe_map:
    input:
        maps=expand(
            rules.mosaic_tiles.output.mosaic,
            product=plan.map_products,
            allow_missing=True,
        ),
    output:
        style="<results>/maps/{fold}/seed_{seed}/classification.qml",
        item="<results>/maps/{fold}/seed_{seed}/item.json",
        categories="<results>/maps/{fold}/seed_{seed}/classification.tif.aux.xml",
    log:
        "<logs>/describe_map/{fold}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/describe_map/{fold}/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        settings=settings("describe_map"),
    message:
        "Describing the maps of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/describe_map.py"
