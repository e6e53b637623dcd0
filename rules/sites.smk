# Windows that every run classifies, for the report.


site_rasters = [
    f"<results>/sites/{site}/{run.fold}/seed_{run.seed}.tif"
    for site in plan.sites
    for run in plan.runs
]
site_table = ["<results>/summary/sites.csv"] if plan.sites else []


rule classify_site:
    input:
        models=rules.classify_chunk.input.models,
        series=of_site_tile(rules.preprocess.output.series),
        clear_dates=of_site_tile(rules.preprocess.output.clear_dates),
        static=lambda wildcards: [
            feature.raster(plan.sites[wildcards.site]["tile"])
            for feature in plan.config.user_features.values()
        ],
        external=of_site_tile(
            [rules.compute_external_features.output.features] if plan.external else []
        ),
        regions=of_site_tile(region_rasters),
        neighbours=region_neighbours,
        precision=precisions,
    output:
        labels="<results>/sites/{site}/{fold}/seed_{seed}.tif",
    log:
        "<logs>/classify_site/{site}/{fold}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/classify_site/{site}/{fold}/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: plan.config.classification.compute_threads
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0 if plan.config.classification.device == "cpu" else 1,
    params:
        settings=settings("classify_site"),
    message:
        "Classifying the site {wildcards.site} with {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/classify_site.py"


rule summarise_sites:
    input:
        labels=site_rasters,
    output:
        shares="<results>/summary/sites.csv",
    log:
        "<logs>/summarise_sites.log",
    benchmark:
        "<benchmarks>/summarise_sites.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        settings=settings("summarise_sites"),
    message:
        "Summarising the sites of all runs"
    script:
        "../workflow_scripts/summarise_sites.py"
