# From the user's polygons to clean ones.
from tilefold.plan.reference import reference_inputs


rule clean_ground_truth:
    input:
        **reference_inputs(plan.config),
    output:
        reference="<results>/ground_truth/reference.gpkg",
        rejected="<results>/ground_truth/rejected.gpkg",
        table=report(
            "<results>/ground_truth/cleaning.csv",
            category="Reference data",
            caption="../docs/captions/cleaning.rst",
        ),
    log:
        "<logs>/clean_ground_truth.log",
    benchmark:
        "<benchmarks>/clean_ground_truth.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("clean_ground_truth"),
    message:
        "Cleaning the reference polygons"
    script:
        "../workflow_scripts/clean_ground_truth.py"
