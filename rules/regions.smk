# From polygons of regions to a raster of them for each tile; asked for only where regions are given.


rule prepare_regions:
    input:
        source=plan.config.regions.path or [],
    output:
        regions="<results>/regions/regions.gpkg",
        neighbours="<results>/regions/neighbours.csv",
    log:
        "<logs>/prepare_regions.log",
    benchmark:
        "<benchmarks>/prepare_regions.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("prepare_regions"),
    message:
        "Preparing the regions"
    script:
        "../workflow_scripts/prepare_regions.py"


rule burn_regions:
    input:
        regions=rules.prepare_regions.output.regions,
    output:
        raster="<results>/regions/{tile}.tif",
    log:
        "<logs>/burn_regions/{tile}.log",
    benchmark:
        "<benchmarks>/burn_regions/{tile}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        settings=settings("burn_regions"),
    message:
        "Burning the regions of tile {wildcards.tile}"
    script:
        "../workflow_scripts/burn_regions.py"


rule fill_regions:
    input:
        burnt=rules.burn_regions.output.raster,
        regions=rules.prepare_regions.output.regions,
    output:
        raster="<results>/regions/{tile}_filled.tif",
    log:
        "<logs>/fill_regions/{tile}.log",
    benchmark:
        "<benchmarks>/fill_regions/{tile}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("fill_regions"),
    message:
        "Finding the nearest region of pixels outside all regions in tile {wildcards.tile}"
    script:
        "../workflow_scripts/fill_regions.py"


rule weigh_regions:
    input:
        regions=rules.prepare_regions.output.regions,
    output:
        raster="<results>/regions/{tile}_weights.tif",
    log:
        "<logs>/weigh_regions/{tile}.log",
    benchmark:
        "<benchmarks>/weigh_regions/{tile}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        settings=settings("weigh_regions"),
    message:
        "Weighing the regions at their borders in tile {wildcards.tile}"
    script:
        "../workflow_scripts/weigh_regions.py"


rule regions:
    input:
        expand(region_rasters, tile=plan.tiles),
        region_neighbours,
